package io.gimbal.drawing;

import io.gimbal.data.Field;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.DoubleToIntFunction;

/**
 * One photo and what is predicted of it, to be looked at: panels of the photo's size side by side, in the order in
 * which they are added behind the photo itself, each with its name above and what explains it below; at the bottom what
 * is known of the whole image, in words. Not thread-safe.
 */
public final class Overlay {
    private static final int GAP = 10;
    private static final int LETTERS = 2;
    private static final int LINE = (Lettering.HEIGHT + 4) * LETTERS;
    private static final int ROUND = 8;
    private static final int LEAST_PANEL = 160;
    /** Of the photo's longer side, the radius of a mark. */
    private static final int MARKS_A_SIDE = 100;
    private static final int MOST_ENTRIES = 24;

    private final int[] photo;
    private final int height;
    private final int width;
    private final List<Panel> panels = new ArrayList<>();
    private final List<String> words = new ArrayList<>();

    /** What stands below a panel. */
    private record Panel(String title, int[] pixels, List<Drawing.Entry> entries, Optional<Scale> scale,
            DoubleToIntFunction colours, String key) {}

    /**
     * A place on the photo.
     *
     * @param number of its colour
     * @param x      the column, where the middle of the first one is 0
     * @param y      the row likewise
     */
    public record Mark(int number, double x, double y) {}

    /**
     * Begins without anything drawn.
     *
     * @param photo  0xRRGGBB a pixel; it is kept
     * @param height rows of the photo
     * @param width  columns of the photo
     */
    public Overlay(int[] photo, int height, int width) {
        if (photo.length != height * width) {
            throw new IllegalArgumentException(photo.length + " pixels, where " + width + " x " + height + " are due");
        }
        this.photo = photo;
        this.height = height;
        this.width = width;
        panels.add(new Panel("photo", photo, List.of(), Optional.empty(), place -> 0, ""));
    }

    /**
     * Adds the photo half covered by classes, with lines between them, and the names of those that are there.
     *
     * @param field   names the classes
     * @param numbers a class number a pixel; negative where nothing is predicted
     * @return this overlay
     */
    public Overlay classes(Field field, short[] numbers) {
        int[] pixels = new int[photo.length];
        int[] counts = new int[field.classes()];
        for (int i = 0; i < pixels.length; i++) {
            if (numbers[i] < 0) {
                pixels[i] = Colours.paled(photo[i]);
                continue;
            }
            counts[numbers[i]]++;
            pixels[i] = isEdge(numbers, i) ? Colours.INK : mixed(photo[i], Colours.ofClass(numbers[i]));
        }
        panels.add(new Panel(field.name(), pixels, largest(field, counts), Optional.empty(), place -> 0, ""));
        return this;
    }

    private boolean isEdge(short[] numbers, int at) {
        boolean right = at % width + 1 < width && numbers[at + 1] != numbers[at];
        boolean below = at / width + 1 < height && numbers[at + width] != numbers[at];
        return right || below;
    }

    /** A half of each. */
    private static int mixed(int one, int other) {
        return (one >> 1 & 0x7F7F7F) + (other >> 1 & 0x7F7F7F);
    }

    private static List<Drawing.Entry> largest(Field field, int[] counts) {
        long all = Math.max(1, Arrays.stream(counts).sum());
        List<Integer> there = new ArrayList<>();
        for (int number = 0; number < counts.length; number++) {
            if (counts[number] > 0) {
                there.add(number);
            }
        }
        there.sort(Comparator.comparing(number -> -counts[number]));
        return there.stream().limit(MOST_ENTRIES).map(number -> new Drawing.Entry(String.format(Locale.ROOT,
                "%s %.0f%%", field.nameOf(number), 100.0 * counts[number] / all), Colours.ofClass(number))).toList();
    }

    /**
     * Adds values of pixels in {@linkplain Palette#colours colours}.
     *
     * @param field  no classes and no points
     * @param values of all of the field's channels, a pixel's side by side
     * @return this overlay
     */
    public Overlay values(Field field, float[] values) {
        Drawing drawing = Drawing.of(field, width);
        panels.add(new Panel(field.name(), Palette.colours(field, values), List.of(), Palette.scale(field, values),
                drawing::scaleColour, drawing.key()));
        return this;
    }

    /**
     * Adds the photo with marks on it, and the names of those that are there.
     *
     * @param field names the points
     * @param marks where they are, in the photo's pixels
     * @return this overlay
     */
    public Overlay marks(Field field, List<Mark> marks) {
        int[] pixels = photo.clone();
        marks.forEach(mark -> draw(pixels, mark));
        panels.add(new Panel(field.name(), pixels, marks.stream().limit(MOST_ENTRIES).map(mark -> new Drawing.Entry(
                field.nameOf(mark.number()), Colours.ofClass(mark.number()))).toList(), Optional.empty(), place -> 0,
                marks.isEmpty() ? "none" : ""));
        return this;
    }

    private void draw(int[] pixels, Mark mark) {
        double radius = Math.max(3, Math.max(height, width) / (double) MARKS_A_SIDE);
        double rim = radius + Math.max(1, radius / 4);
        int bottom = (int) Math.min(height - 1, mark.y() + rim);
        int right = (int) Math.min(width - 1, mark.x() + rim);
        for (int y = (int) Math.max(0, mark.y() - rim); y <= bottom; y++) {
            for (int x = (int) Math.max(0, mark.x() - rim); x <= right; x++) {
                double away = Math.hypot(x - mark.x(), y - mark.y());
                if (away <= rim) {
                    pixels[y * width + x] = away <= radius ? Colours.ofClass(mark.number()) : Colours.INK;
                }
            }
        }
    }

    /**
     * Adds a sentence.
     *
     * @param sentence short
     * @return this overlay
     */
    public Overlay words(String sentence) {
        words.add(sentence);
        return this;
    }

    /** {@return what was drawn, as a PNG} */
    public byte[] png() {
        int columns = (int) Math.ceil(Math.sqrt(panels.size()));
        int cell = Math.max(width, LEAST_PANEL);
        int[] heights = new int[(panels.size() + columns - 1) / columns];
        for (int i = 0; i < panels.size(); i++) {
            heights[i / columns] = Math.max(heights[i / columns], LINE + height + below(null, panels.get(i), 0, 0, cell)
                    + GAP);
        }
        int total = GAP + columns * (cell + GAP);
        total = Math.max(total, words.stream().mapToInt(text -> Lettering.width(text, LETTERS)).max().orElse(0)
                + 2 * GAP);
        BufferedImage sheet = new BufferedImage(total, GAP + Arrays.stream(heights).sum() + words.size() * LINE,
                BufferedImage.TYPE_INT_RGB);
        Lettering.fill(sheet, 0, 0, sheet.getWidth(), sheet.getHeight(), Colours.BACKGROUND);
        int y = GAP;
        for (int i = 0; i < panels.size(); i++) {
            int x = GAP + i % columns * (cell + GAP);
            Lettering.draw(sheet, panels.get(i).title(), x, y, LETTERS, Colours.INK);
            for (int row = 0; row < height; row++) {
                System.arraycopy(panels.get(i).pixels(), row * width, Png.pixels(sheet), (y + LINE + row)
                        * sheet.getWidth() + x, width);
            }
            below(sheet, panels.get(i), x, y + LINE + height, cell);
            y += i % columns == columns - 1 || i == panels.size() - 1 ? heights[i / columns] : 0;
        }
        for (int i = 0; i < words.size(); i++) {
            Lettering.draw(sheet, words.get(i), GAP, y + i * LINE, LETTERS, Colours.INK);
        }
        return Png.of(sheet);
    }

    /** Draws what explains a panel, or only measures it where there is no sheet: its height. */
    private static int below(BufferedImage sheet, Panel panel, int left, int top, int room) {
        int y = ROUND;
        if (panel.scale().isPresent()) {
            if (sheet != null) {
                Legend.scale(sheet, panel.scale().get(), panel.colours(), left, top + y, room, LETTERS);
            }
            y += LINE;
        }
        if (!panel.key().isEmpty()) {
            y += sentence(sheet, panel.key(), left, top + y, room);
        }
        int x = 0;
        for (Drawing.Entry entry : panel.entries()) {
            int needed = Legend.width(entry, LETTERS);
            if (x > 0 && x + needed > room) {
                x = 0;
                y += LINE;
            }
            if (sheet != null) {
                Legend.entry(sheet, entry, left + x, top + y, LETTERS);
            }
            x += needed;
        }
        return y + (panel.entries().isEmpty() ? 0 : LINE);
    }

    /** Draws a sentence on as many lines as it needs: their height. */
    private static int sentence(BufferedImage sheet, String sentence, int left, int top, int room) {
        int y = 0;
        StringBuilder line = new StringBuilder();
        for (String word : (sentence + " \n").split(" ")) {
            boolean full = !line.isEmpty() && Lettering.width(line + " " + word, LETTERS) > room;
            if (full || word.equals("\n")) {
                if (sheet != null) {
                    Lettering.draw(sheet, line.toString(), left, top + y, LETTERS, Colours.INK);
                }
                y += LINE;
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        return y;
    }
}
