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
 * Draws a sheet of samples: a row an image, with the input and then, for each field of every pixel or of coordinates,
 * the truth beside the prediction; where no sample has a truth, the prediction alone. What else is known of the whole
 * image stands below its row, in words.
 *
 * <p>Classes have a legend below; depth and other values are shown in viridis with one scale for truth and prediction
 * of a row, given under the row; directions with x as red (right is bright), y as green (down is bright), towards the
 * camera as blue; displacements by hue and saturation; points as marks on the paled image. Unlabelled pixels are grey.
 * For one thread, and refuses others by name.
 */
public final class Pictures {
    private static final int GAP = Layout.GAP;

    private final ThreadConfinement confinement = new ThreadConfinement("the sheet of pictures");
    private final Sample.Kind kind;
    private final List<Drawing> drawings;
    private final Layout layout;
    private final List<Sample> samples = new ArrayList<>();

    /**
     * A sheet of images of a size.
     *
     * @param height        rows of an image
     * @param width         columns of an image
     * @param channels      of an image; 3 or more: the first three are red, green and blue; fewer: the first is grey
     * @param normalisation what the images were made with
     * @param fields        what was predicted, in the order to show it
     */
    public Pictures(int height, int width, int channels, Normalisation normalisation, List<Field> fields) {
        this(new Sample.Kind(height, width, channels, normalisation, List.copyOf(fields)));
    }

    /**
     * A sheet of samples of a data set.
     *
     * @param data   whose samples are shown
     * @param fields what was predicted, in the order to show it
     */
    public Pictures(DataSet data, List<Field> fields) {
        this(Sample.Kind.of(data, List.copyOf(fields)));
    }

    private Pictures(Sample.Kind kind) {
        this.kind = kind;
        this.drawings = kind.drawings();
        this.layout = Layout.of(kind.height(), kind.width());
    }

    /**
     * {@return whether samples of a data set are images, which can be drawn, and no rows of a table}
     *
     * @param data any
     */
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
     * @param file is replaced if it is there
     * @throws UserException                if the file cannot be written; names it and the cause
     * @throws java.io.UncheckedIOException if the disk is full or fails
     * @throws IllegalStateException        if no row was added
     */
    public void write(Path file) {
        confinement.require();
        AtomicFile.writeBytes(file, Png.of(draw()));
    }

    /**
     * The first samples as a strip shows them.
     *
     * @param most how many
     * @return them
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
        int rowHeight = layout.panelHeight() + GAP + (scaled() ? layout.line() : 0)
                + samples.getFirst().words().size() * layout.line();
        int total = layout.left(columns());
        int top = GAP + 2 * layout.line();
        int bottom = top + samples.size() * rowHeight;
        Legends legends = new Legends(drawings, layout.letters(), total);
        BufferedImage sheet = new BufferedImage(total, bottom + legends.height() + GAP,
                BufferedImage.TYPE_INT_RGB);
        Lettering.fill(sheet, 0, 0, sheet.getWidth(), sheet.getHeight(), Colours.BACKGROUND);
        headings(sheet);
        for (int row = 0; row < samples.size(); row++) {
            row(sheet, samples.get(row), top + row * rowHeight);
        }
        legends.draw(sheet, bottom);
        return sheet;
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

    private void headings(BufferedImage sheet) {
        layout.write(sheet, "input", layout.left(0), GAP + layout.line());
        for (int drawing = 0; drawing < drawings.size(); drawing++) {
            int column = column(drawing);
            layout.write(sheet, drawings.get(drawing).field.name(), layout.left(column), GAP);
            if (hasTruth(drawing)) {
                layout.write(sheet, "truth", layout.left(column++), GAP + layout.line());
            }
            layout.write(sheet, "prediction", layout.left(column), GAP + layout.line());
        }
    }

    private void row(BufferedImage sheet, Sample sample, int y) {
        layout.blit(sheet, sample.photograph(), layout.left(0), y);
        for (int drawing = 0; drawing < drawings.size(); drawing++) {
            Sample.View view = sample.views().get(drawing);
            int column = column(drawing);
            int x = layout.left(column);
            if (hasTruth(drawing)) {
                int at = layout.left(column++);
                view.truth().ifPresent(truth -> layout.blit(sheet, truth, at, y));
            }
            layout.blit(sheet, view.prediction(), layout.left(column), y);
            int room = layout.left(column) + layout.panelWidth() - x;
            DoubleToIntFunction colours = drawings.get(drawing)::scaleColour;
            int below = y + layout.panelHeight() + 2;
            view.scale().ifPresent(scale -> Legend.scale(sheet, scale, colours, x, below, room, layout.letters()));
        }
        int below = y + layout.panelHeight() + (scaled() ? layout.line() : 0) + 2;
        for (int k = 0; k < sample.words().size(); k++) {
            layout.write(sheet, sample.words().get(k), layout.left(0), below + k * layout.line());
        }
    }
}
