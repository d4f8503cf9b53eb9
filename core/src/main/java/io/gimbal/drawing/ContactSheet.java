package io.gimbal.drawing;

import io.gimbal.data.DataSet;
import io.gimbal.data.Field;
import io.gimbal.storage.AtomicFile;
import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Draws examples as they are before a training: a row an example, under a caption, with its image and the labels of
 * each field beside it, drawn as {@link Pictures} draws truths. What is known of the whole image stands below its row,
 * in words. For one thread.
 */
public final class ContactSheet {
    private static final int GAP = Layout.GAP;
    private static final int FAINT_INK = 0x707070;
    private static final int BETWEEN_ROWS = 10;

    private final Sample.Kind kind;
    private final List<Drawing> drawings;
    private final Layout layout;
    private final List<Row> rows = new ArrayList<>();

    /** A row, drawn. */
    private record Row(String caption, int[] photograph, List<Panel> panels, List<String> words) { }

    /** The labels of a field, and what their colours are measured by. */
    private record Panel(int[] colours, Optional<Scale> scale) { }

    /**
     * A sheet of a data set's examples, with these of its fields.
     *
     * @param data   whose examples are shown
     * @param fields of the set's, in the order in which they are shown
     */
    public ContactSheet(DataSet data, List<Field> fields) {
        kind = Sample.Kind.of(data, List.copyOf(fields));
        drawings = kind.drawings();
        layout = Layout.of(kind.height(), kind.width());
    }

    /**
     * Adds a row. Buffers hold one sample each, H, W, C from index 0; they are read now and not kept.
     *
     * @param caption what stands at the row
     * @param image   as {@link DataSet} gives it
     * @param labels  of each field, by name, in native byte order
     */
    public void add(String caption, FloatBuffer image, Map<String, ByteBuffer> labels) {
        int[] photograph = Sample.photograph(kind, image);
        List<Panel> panels = new ArrayList<>();
        for (Drawing drawing : drawings) {
            ByteBuffer truth = labels.get(drawing.field.name());
            Optional<Scale> scale = drawing.scale(truth, null);
            panels.add(new Panel(drawing.truth(photograph, truth, scale), scale));
        }
        List<String> words = kind.fields().stream().filter(field -> !Drawing.applies(field)).map(field -> field.name()
                + ": " + Words.truth(field, labels.get(field.name()))).toList();
        rows.add(new Row(caption, photograph, panels, words));
    }

    /**
     * Writes the sheet as a PNG, whole or not at all.
     *
     * @param file is replaced if it is there
     * @throws io.gimbal.config.UserException if the file cannot be written; names it and the cause
     * @throws java.io.UncheckedIOException   if the disk is full or fails
     * @throws IllegalStateException          if no row was added
     */
    public void write(Path file) {
        if (rows.isEmpty()) {
            throw new IllegalStateException("no examples to draw");
        }
        AtomicFile.writeBytes(file, Png.of(draw()));
    }

    private BufferedImage draw() {
        int total = Math.max(layout.left(1 + drawings.size()), rows.stream().mapToInt(this::lettersWidth).max()
                .orElseThrow());
        Legends legends = new Legends(drawings, layout.letters(), total);
        int top = 2 * GAP + layout.line();
        int bottom = top + rows.size() * rowHeight();
        BufferedImage sheet = new BufferedImage(total, bottom + legends.height() + GAP, BufferedImage.TYPE_INT_RGB);
        Lettering.fill(sheet, 0, 0, sheet.getWidth(), sheet.getHeight(), Colours.BACKGROUND);
        heading(sheet, "image", 0);
        for (int k = 0; k < drawings.size(); k++) {
            heading(sheet, drawings.get(k).field.name(), k + 1);
        }
        for (int row = 0; row < rows.size(); row++) {
            draw(sheet, rows.get(row), top + row * rowHeight());
        }
        legends.draw(sheet, bottom);
        return sheet;
    }

    private int lettersWidth(Row row) {
        int words = row.words().stream().mapToInt(this::lettersWidth).max().orElse(0);
        return 2 * GAP + Math.max(words, lettersWidth(row.caption()));
    }

    private int lettersWidth(String text) {
        return Lettering.width(text, layout.letters());
    }

    private boolean scaled() {
        return rows.stream().anyMatch(row -> row.panels().stream().anyMatch(panel -> panel.scale().isPresent()));
    }

    private int rowHeight() {
        return layout.panelHeight() + (1 + (scaled() ? 1 : 0) + rows.getFirst().words().size()) * layout.line()
                + BETWEEN_ROWS;
    }

    private void heading(BufferedImage sheet, String text, int column) {
        layout.write(sheet, text, layout.left(column), GAP);
    }

    private void draw(BufferedImage sheet, Row row, int y) {
        Lettering.draw(sheet, row.caption(), layout.left(0), y, layout.letters(), FAINT_INK);
        int panels = y + layout.line();
        int below = panels + layout.panelHeight() + 4;
        layout.blit(sheet, row.photograph(), layout.left(0), panels);
        for (int k = 0; k < drawings.size(); k++) {
            Drawing drawing = drawings.get(k);
            int x = layout.left(k + 1);
            layout.blit(sheet, row.panels().get(k).colours(), x, panels);
            row.panels().get(k).scale().ifPresent(scale -> Legend.scale(sheet, scale,
                    drawing::scaleColour, x, below, layout.panelWidth(), layout.letters()));
        }
        for (int k = 0; k < row.words().size(); k++) {
            layout.write(sheet, row.words().get(k), layout.left(0), below + (k + (scaled() ? 1 : 0)) * layout.line());
        }
    }
}
