package io.gimbal.drawing;

import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.data.Field;
import io.gimbal.data.Normalisation;
import io.gimbal.device.ThreadConfinement;
import io.gimbal.storage.AtomicFile;
import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleToIntFunction;

/**
 * Draws a sheet of samples: a row an image, with the input and then, for each field of every pixel, the truth beside
 * the prediction; where no sample has a truth, the prediction alone. What is known of the whole image stands below
 * its row, in words.
 *
 * <p>Classes have a legend below; depth and other values are shown in viridis with one scale for truth and prediction
 * of a row, given under the row; directions with x as red (right is bright), y as green (down is bright), towards the
 * camera as blue; displacements by hue and saturation; points as marks on the paled image. Unlabelled pixels are grey.
 * For one thread, and refuses others by name.
 */
public final class Pictures {
    private static final int GAP = 6;
    /** What a panel is magnified to, about. */
    private static final float PANEL_WIDTH = 208;
    private static final int WIDTH_OF_LARGE_LETTERS = 150;

    private final ThreadConfinement confinement = new ThreadConfinement("the sheet of pictures");
    private final Sample.Kind kind;
    private final List<Drawing> drawings;
    private final int zoom;
    private final int letters;
    private final List<Sample> samples = new ArrayList<>();

    /**
     * A sheet of images of a size.
     *
     * @param channels      of an image; 3 or more: the first three are red, green and blue; fewer: the first is grey
     * @param normalisation what the images were made with
     * @param fields        what was predicted, in the order to show it
     */
    public Pictures(int height, int width, int channels, Normalisation normalisation, List<Field> fields) {
        this(new Sample.Kind(height, width, channels, normalisation, List.copyOf(fields)));
    }

    /** A sheet of samples of a data set. */
    public Pictures(DataSet data, List<Field> fields) {
        this(Sample.Kind.of(data, List.copyOf(fields)));
    }

    private Pictures(Sample.Kind kind) {
        this.kind = kind;
        this.drawings = kind.drawings();
        this.zoom = Math.max(1, Math.round(PANEL_WIDTH / kind.width()));
        this.letters = kind.width() * zoom >= WIDTH_OF_LARGE_LETTERS ? 2 : 1;
    }

    /** Whether samples of a data set are images, which can be drawn, and no rows of a table. */
    public static boolean canShow(DataSet data) {
        return data.height() > 1 || data.width() > 1;
    }

    /**
     * Adds a row. Buffers hold one sample each, H, W, C from index 0; they are read now and not kept.
     *
     * @param image       as {@link io.gimbal.data.DataSet} gives it
     * @param truths      the labels by field name, native byte order; those that are not known are left out
     * @param predictions the network's raw outputs by field name: logits for classes
     * @throws IllegalArgumentException if a buffer has another size than one sample, or a prediction is missing
     */
    public void add(FloatBuffer image, Map<String, ByteBuffer> truths, Map<String, FloatBuffer> predictions) {
        confinement.require();
        samples.add(Sample.of(kind, image, truths, predictions));
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
        AtomicFile.writeBytes(file, Png.of(draw()));
    }

    /**
     * The first samples as a strip shows them.
     *
     * @throws IllegalStateException if no row was added
     */
    public Strip strip(int most) {
        confinement.require();
        requireSamples();
        return new Strip(kind, samples.subList(0, Math.min(most, samples.size())));
    }

    private void requireSamples() {
        if (samples.isEmpty()) {
            throw new IllegalStateException("no pictures to draw");
        }
    }

    BufferedImage draw() {
        requireSamples();
        int rowHeight = panelHeight() + GAP + (scaled() ? line() : 0) + samples.getFirst().words().size() * line();
        int total = GAP + columns() * (panelWidth() + GAP);
        int top = GAP + 2 * line();
        int bottom = top + samples.size() * rowHeight;
        BufferedImage sheet = new BufferedImage(total, bottom + legends(null, 0, total) + GAP,
                BufferedImage.TYPE_INT_RGB);
        Lettering.fill(sheet, 0, 0, sheet.getWidth(), sheet.getHeight(), Colours.BACKGROUND);
        headings(sheet);
        for (int row = 0; row < samples.size(); row++) {
            row(sheet, samples.get(row), top + row * rowHeight);
        }
        legends(sheet, bottom, total);
        return sheet;
    }

    private int panelWidth() {
        return kind.width() * zoom;
    }

    private int panelHeight() {
        return kind.height() * zoom;
    }

    private int line() {
        return (Lettering.HEIGHT + 4) * letters;
    }

    private boolean scaled() {
        return samples.getFirst().views().stream().anyMatch(view -> view.scale().isPresent());
    }

    private boolean hasTruth(int drawing) {
        return samples.stream().anyMatch(sample -> sample.views().get(drawing).truth().isPresent());
    }

    /** How many panels a row has up to a drawing, and all of them for the number of drawings. */
    private int column(int drawing) {
        int column = 1;
        for (int before = 0; before < drawing; before++) {
            column += hasTruth(before) ? 2 : 1;
        }
        return column;
    }

    private int columns() {
        return column(drawings.size());
    }

    private int left(int column) {
        return GAP + column * (panelWidth() + GAP);
    }

    private void headings(BufferedImage sheet) {
        Lettering.draw(sheet, "input", left(0), GAP + line(), letters, Colours.INK);
        for (int drawing = 0; drawing < drawings.size(); drawing++) {
            int column = column(drawing);
            Lettering.draw(sheet, drawings.get(drawing).field.name(), left(column), GAP, letters, Colours.INK);
            if (hasTruth(drawing)) {
                Lettering.draw(sheet, "truth", left(column++), GAP + line(), letters, Colours.INK);
            }
            Lettering.draw(sheet, "prediction", left(column), GAP + line(), letters, Colours.INK);
        }
    }

    private void row(BufferedImage sheet, Sample sample, int y) {
        blit(sheet, sample.photograph(), left(0), y);
        for (int drawing = 0; drawing < drawings.size(); drawing++) {
            Sample.View view = sample.views().get(drawing);
            int column = column(drawing);
            int x = left(column);
            if (hasTruth(drawing)) {
                int at = left(column++);
                view.truth().ifPresent(truth -> blit(sheet, truth, at, y));
            }
            blit(sheet, view.prediction(), left(column), y);
            int room = left(column) + panelWidth() - x;
            DoubleToIntFunction colours = drawings.get(drawing)::scaleColour;
            view.scale().ifPresent(scale -> Legend.scale(sheet, scale, colours, x, y + panelHeight() + 2, room,
                    letters));
        }
        int below = y + panelHeight() + (scaled() ? line() : 0) + 2;
        for (int k = 0; k < sample.words().size(); k++) {
            Lettering.draw(sheet, sample.words().get(k), left(0), below + k * line(), letters, Colours.INK);
        }
    }

    private void blit(BufferedImage sheet, int[] panel, int x, int y) {
        for (int row = 0; row < panelHeight(); row++) {
            for (int column = 0; column < panelWidth(); column++) {
                sheet.setRGB(x + column, y + row, panel[row / zoom * kind.width() + column / zoom]);
            }
        }
    }

    /** Draws a legend for each drawing that has one, or only measures them where there is no sheet: their height. */
    private int legends(BufferedImage sheet, int top, int total) {
        int y = GAP;
        for (Drawing drawing : drawings) {
            if (!drawing.legend().isEmpty()) {
                y += legend(sheet, drawing, top + y, total);
            }
        }
        return y;
    }

    private int legend(BufferedImage sheet, Drawing drawing, int top, int total) {
        int line = Math.max(Legend.BOX + 6, line());
        int y = 0;
        String title = drawing.field.name() + (drawing.key().isEmpty() ? "" : ", " + drawing.key()) + ":";
        if (sheet != null) {
            Lettering.draw(sheet, title, GAP, top + (Legend.BOX - 7 * letters) / 2, letters, Colours.INK);
        }
        int x = GAP + Lettering.width(title, letters) + 3 * GAP;
        for (Drawing.Entry entry : drawing.legend()) {
            int needed = Legend.width(entry, letters);
            if (x + needed > total && x > GAP) {
                x = GAP;
                y += line;
            }
            if (sheet != null) {
                Legend.entry(sheet, entry, x, top + y, letters);
            }
            x += needed;
        }
        return y + line;
    }
}
