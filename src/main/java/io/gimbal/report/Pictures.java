package io.gimbal.report;

import io.gimbal.config.UserException;
import io.gimbal.data.Field;
import io.gimbal.device.ThreadConfinement;
import io.gimbal.storage.AtomicFile;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * Draws a sheet of samples: a row an image, with the input and then, for each task, the truth beside the prediction.
 *
 * <p>Classes have a legend below; values of one channel (depth) are shown in viridis with one scale for truth and
 * prediction of a row, given under the row; three channels (normals) are directions: x as red (right is bright), y as
 * green (down is bright), towards the camera as blue. Unlabelled pixels are grey. For one thread, and refuses others by
 * name.
 */
public final class Pictures {
    private final ThreadConfinement confinement = new ThreadConfinement("the sheet of pictures");
    private static final int GAP = 6;
    private static final int LEGEND_BOX = 14;

    private final int height;
    private final int width;
    private final int zoom;
    private final int letters;
    private final List<Field> tasks;
    private final List<String> classNames;
    private final List<Row> rows = new ArrayList<>();

    /** One image, all its panels as colours, and the scales of its one-channel tasks. */
    private record Row(List<int[]> panels, List<double[]> scales) { }

    /**
     * @param height     rows of the images
     * @param width      columns of the images
     * @param tasks      what was predicted, in the order to show it
     * @param classNames names for the legend by class number; may be empty, then numbers are shown
     */
    public Pictures(int height, int width, List<Field> tasks, List<String> classNames) {
        this.height = height;
        this.width = width;
        this.tasks = List.copyOf(tasks);
        this.classNames = List.copyOf(classNames);
        this.zoom = Math.max(1, Math.round(208f / width));
        this.letters = width * zoom >= 150 ? 2 : 1;
    }

    /**
     * Adds a row. Buffers hold one sample each, H, W, C from index 0; they are read now and not kept.
     *
     * @param image       as {@link io.gimbal.data.DataSet} gives it
     * @param truths      the labels by field name, native byte order
     * @param predictions the network's raw outputs by field name: logits for classes
     * @throws IllegalArgumentException if a buffer is missing or has another size than one sample
     */
    public void add(FloatBuffer image, Map<String, ByteBuffer> truths, Map<String, FloatBuffer> predictions) {
        confinement.require();
        List<int[]> panels = new ArrayList<>();
        List<double[]> scales = new ArrayList<>();
        requireSample("the image", image, 3);
        panels.add(panel(pixel -> photograph(image, pixel)));
        for (Field field : tasks) {
            ByteBuffer truth = truths.get(field.name());
            FloatBuffer prediction = predictions.get(field.name());
            requireSample("the truth of '" + field.name() + "'", truth, field.bytesPerPlace());
            requireSample("the prediction of '" + field.name() + "'", prediction,
                    field.kind() == Field.Kind.CLASSES ? field.classes() : field.channels());
            double[] scale = null;
            if (field.kind() == Field.Kind.CLASSES) {
                panels.add(panel(pixel -> classColour(field, truth.getInt(4 * pixel))));
                panels.add(panel(pixel -> Colours.ofClass(largest(prediction, pixel * field.classes(),
                        field.classes()))));
            } else if (field.channels() == 3) {
                panels.add(panel(pixel -> unlabelled(field, truth, pixel) ? Colours.UNLABELLED
                        : Colours.ofDirection(truth.getFloat(12 * pixel), truth.getFloat(12 * pixel + 4),
                                truth.getFloat(12 * pixel + 8))));
                panels.add(panel(pixel -> Colours.ofDirection(prediction.get(3 * pixel), prediction.get(3 * pixel + 1),
                        prediction.get(3 * pixel + 2))));
            } else {
                double[] range = range(field, truth);
                int step = field.channels();
                panels.add(panel(pixel -> unlabelled(field, truth, pixel) ? Colours.UNLABELLED
                        : Colours.ofPlace((truth.getFloat(4 * step * pixel) - range[0]) / (range[1] - range[0]))));
                panels.add(panel(pixel -> Colours.ofPlace((prediction.get(step * pixel) - range[0]) / (range[1]
                        - range[0]))));
                scale = range;
            }
            scales.add(scale);
        }
        rows.add(new Row(panels, scales));
    }

    private void requireSample(String what, Buffer buffer, int perPixel) {
        long due = (long) perPixel * height * width;
        if (buffer == null || buffer.limit() != due) {
            throw new IllegalArgumentException(what + (buffer == null ? " is missing" : " has " + buffer.limit()
                    + " places") + "; one sample of " + width + " x " + height + " pixels has " + due);
        }
    }

    /**
     * Writes the sheet as a PNG, whole or not at all.
     *
     * @throws UserException                  if the file cannot be written; names it and the cause
     * @throws java.io.UncheckedIOException   if the disk is full or fails
     * @throws IllegalStateException          if no row was added
     */
    public void write(Path file) {
        confinement.require();
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(png)) {
            ImageIO.write(draw(), "png", stream);
        } catch (IOException exception) {
            throw new IllegalStateException("a picture cannot be written to memory", exception);
        }
        AtomicFile.writeBytes(file, png.toByteArray());
    }

    BufferedImage draw() {
        if (rows.isEmpty()) {
            throw new IllegalStateException("no pictures to draw");
        }
        int panelWidth = width * zoom;
        int panelHeight = height * zoom;
        int line = (Lettering.HEIGHT + 4) * letters;
        boolean scaled = rows.getFirst().scales().stream().anyMatch(scale -> scale != null);
        int rowHeight = panelHeight + GAP + (scaled ? line : 0);
        int columns = rows.getFirst().panels().size();
        int total = GAP + columns * (panelWidth + GAP);
        int top = GAP + 2 * line;
        int bottom = top + rows.size() * rowHeight;
        BufferedImage sheet = new BufferedImage(total, bottom + legend(null, 0, total) + GAP,
                BufferedImage.TYPE_INT_RGB);
        Lettering.fill(sheet, 0, 0, sheet.getWidth(), sheet.getHeight(), Colours.BACKGROUND);
        headings(sheet, panelWidth, line);
        for (int r = 0; r < rows.size(); r++) {
            Row row = rows.get(r);
            int y = top + r * rowHeight;
            for (int c = 0; c < columns; c++) {
                blit(sheet, row.panels().get(c), left(c, panelWidth), y);
            }
            for (int task = 0; task < tasks.size(); task++) {
                if (row.scales().get(task) != null) {
                    scale(sheet, tasks.get(task), row.scales().get(task), left(1 + 2 * task, panelWidth), y
                            + panelHeight + 2, 2 * panelWidth + GAP);
                }
            }
        }
        legend(sheet, bottom, total);
        return sheet;
    }

    private void headings(BufferedImage sheet, int panelWidth, int line) {
        Lettering.draw(sheet, "input", left(0, panelWidth), GAP + line, letters, Colours.INK);
        for (int task = 0; task < tasks.size(); task++) {
            int x = left(1 + 2 * task, panelWidth);
            Lettering.draw(sheet, tasks.get(task).name(), x, GAP, letters, Colours.INK);
            Lettering.draw(sheet, "truth", x, GAP + line, letters, Colours.INK);
            Lettering.draw(sheet, "prediction", left(2 + 2 * task, panelWidth), GAP + line, letters, Colours.INK);
        }
    }

    private static int left(int column, int panelWidth) {
        return GAP + column * (panelWidth + GAP);
    }

    private void blit(BufferedImage sheet, int[] panel, int x, int y) {
        for (int row = 0; row < height * zoom; row++) {
            for (int column = 0; column < width * zoom; column++) {
                sheet.setRGB(x + column, y + row, panel[row / zoom * width + column / zoom]);
            }
        }
    }

    /** A bar of the colours between its two ends' values. */
    private void scale(BufferedImage sheet, Field field, double[] range, int x, int y, int room) {
        String unit = field.name().equals("depth") ? " m" : "";
        String low = String.format(Locale.ROOT, "%.2f%s", range[0], unit);
        String high = String.format(Locale.ROOT, "%.2f%s", range[1], unit);
        int from = x + Lettering.width(low, letters) + 2 * GAP;
        int to = x + room - Lettering.width(high, letters) - 2 * GAP;
        Lettering.draw(sheet, low, x, y, letters, Colours.INK);
        Lettering.draw(sheet, high, to + 2 * GAP, y, letters, Colours.INK);
        for (int column = from; column < to; column++) {
            Lettering.fill(sheet, column, y, 1, 7 * letters, Colours.ofPlace((column - from) / (double) (to - from)));
        }
    }

    /** Draws the legend, or only measures it where there is no sheet; returns its height. */
    private int legend(BufferedImage sheet, int top, int total) {
        int classes = tasks.stream().filter(field ->
                field.kind() == Field.Kind.CLASSES).mapToInt(Field::classes).max().orElse(0);
        int line = LEGEND_BOX + 6;
        int x = GAP;
        int y = GAP;
        for (int number = 0; number <= classes; number++) {
            boolean unlabelled = number == classes;
            String name = unlabelled ? "unlabelled" : number < classNames.size() ? classNames.get(number)
                    : Integer.toString(number);
            int needed = LEGEND_BOX + 4 + Lettering.width(name, letters) + 3 * GAP;
            if (x + needed > total && x > GAP) {
                x = GAP;
                y += line;
            }
            if (sheet != null) {
                Lettering.fill(sheet, x, top + y, LEGEND_BOX, LEGEND_BOX, Colours.INK);
                Lettering.fill(sheet, x + 1, top + y + 1, LEGEND_BOX - 2, LEGEND_BOX - 2,
                        unlabelled ? Colours.UNLABELLED : Colours.ofClass(number));
                Lettering.draw(sheet, name, x + LEGEND_BOX + 4, top + y + (LEGEND_BOX - 7 * letters) / 2, letters,
                        Colours.INK);
            }
            x += needed;
        }
        return y + line;
    }

    private int[] panel(IntUnaryOperator colour) {
        int[] panel = new int[height * width];
        java.util.Arrays.setAll(panel, colour);
        return panel;
    }

    private static int photograph(FloatBuffer image, int pixel) {
        int colour = 0;
        for (int c = 0; c < 3; c++) {
            float value = (image.get(3 * pixel + c) / 4 + 0.5f) * 255;
            colour = colour << 8 | Math.clamp(Math.round(value), 0, 255);
        }
        return colour;
    }

    private static int classColour(Field field, int number) {
        return number == (int) field.ignore() || number < 0 || number >= field.classes() ? Colours.UNLABELLED
                : Colours.ofClass(number);
    }

    private static int largest(FloatBuffer values, int from, int count) {
        int best = 0;
        for (int i = 1; i < count; i++) {
            if (values.get(from + i) > values.get(from + best)) {
                best = i;
            }
        }
        return best;
    }

    private static boolean unlabelled(Field field, ByteBuffer truth, int pixel) {
        for (int c = 0; c < field.channels(); c++) {
            if (truth.getFloat(4 * (pixel * field.channels() + c)) != field.ignore()) {
                return false;
            }
        }
        return true;
    }

    /** The least and the largest labelled value of the first channel; they are never equal. */
    private double[] range(Field field, ByteBuffer truth) {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (int pixel = 0; pixel < height * width; pixel++) {
            float value = truth.getFloat(4 * pixel * field.channels());
            if (!unlabelled(field, truth, pixel) && Float.isFinite(value)) {
                low = Math.min(low, value);
                high = Math.max(high, value);
            }
        }
        if (low > high) {
            return new double[] {0, 1};
        }
        return low == high ? new double[] {low, low + 1} : new double[] {low, high};
    }
}
