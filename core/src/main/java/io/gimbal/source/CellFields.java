package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.config.Names;
import io.gimbal.data.Field;
import io.gimbal.data.Layer;
import io.gimbal.data.Meaning;
import io.gimbal.data.Normalisation;
import io.gimbal.data.Plane;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** Fields of images as a whole, which stand in columns of the list. */
final class CellFields {
    static final List<String> VALUE_KEYS = List.of("column", "columns", "ignore");
    static final List<String> CLASS_KEYS = List.of("column", "classes", "ignore");
    static final List<String> LABEL_KEYS = List.of("column", "classes", "separator", "ignore");

    private static final float DEFAULT_IGNORE = -1;

    private static final Normalisation AS_THEY_ARE = new Normalisation(List.of(0f), List.of(1f));

    private CellFields() {}

    /** Numbers: a channel a column. */
    static FolderField.Cell values(String name, Config spec, List<String> columns) {
        return values(name, spec, columns, DEFAULT_IGNORE, AS_THEY_ARE::spread);
    }

    /**
     * The same, normalised.
     *
     * @param fallback       stands for no label where the configuration does not say what does
     * @param normalisations by how many columns there are
     */
    static FolderField.Cell values(String name, Config spec, List<String> columns, float fallback,
            IntFunction<Normalisation> normalisations) {
        List<String> read = valueColumns(spec, columns);
        float ignore = (float) spec.number("ignore", fallback);
        Field field = spec.placed(() -> new Field(name, read.size(), Field.Kind.VALUES, 0, ignore).ofTheWholeImage()
                .named(read));
        Normalisation normalisation = normalisations.apply(read.size());
        return new FolderField.Cell(new Layer(field, Meaning.STORED), example -> values(field, example,
                normalisation));
    }

    /** The columns in which numbers stand. */
    static List<String> valueColumns(Config spec, List<String> columns) {
        if (spec.has("column") == spec.has("columns")) {
            throw spec.error("needs 'column', or for several numbers 'columns'");
        }
        List<String> read = spec.textOrTexts(spec.has("column") ? "column" : "columns");
        read.forEach(column -> requireColumn(spec, column, columns));
        return read;
    }

    private static Optional<Plane> values(Field field, Example example, Normalisation normalisation) {
        float[] values = new float[field.channels()];
        boolean told = false;
        for (int c = 0; c < values.length; c++) {
            String column = field.names().get(c);
            String cell = example.cell(column);
            if (cell.isEmpty()) {
                return Optional.empty();
            }
            values[c] = normalisation.of(c, Cells.number(cell, example.place() + ", column " + Names.quote(column)), 1);
            told |= values[c] != field.ignore();
        }
        if (!told) {
            throw example.error(field.names().getFirst(), values[0] + " stands for images without a label of the field "
                    + field.name() + "; take another 'ignore', or leave the cell empty.");
        }
        return Optional.of(new Plane.Floats(values, values.length));
    }

    /**
     * One class an image.
     *
     * @param cells what stands in a column of the data to learn from, from which classes follow where none are given
     */
    static FolderField.Cell classes(String name, Config spec, List<String> columns, Cellar cells) {
        String column = spec.text("column");
        requireColumn(spec, column, columns);
        List<String> classes = classNames(spec, () -> cells.of(column));
        int ignore = spec.integer("ignore", ClassDecoder.DEFAULT_IGNORE);
        if (ignore >= 0 && ignore < classes.size()) {
            throw spec.error("ignore", "is " + ignore + ", which is one of the " + classes.size() + " classes");
        }
        Field field = spec.placed(() -> Field.ofClasses(name, classes.size(), ignore).ofTheWholeImage()
                .named(classes));
        return new FolderField.Cell(new Layer(field, Meaning.STORED), example -> {
            String cell = example.cell(column);
            return cell.isEmpty() ? Optional.empty()
                    : Optional.of(new Plane.Floats(new float[] {number(classes, cell, example, column)}, 1));
        });
    }

    /** Several classes an image: a channel each, 1 where the image has it. */
    static FolderField.Cell labels(String name, Config spec, List<String> columns, Cellar cells) {
        String column = spec.text("column");
        requireColumn(spec, column, columns);
        String separator = spec.text("separator", ";");
        if (separator.isBlank()) {
            throw spec.error("separator", "is blank; it stands between the labels of a cell");
        }
        List<String> classes = classNames(spec, () -> cells.of(column).stream().flatMap(cell ->
                split(cell, separator).stream()).toList());
        float ignore = (float) spec.number("ignore", DEFAULT_IGNORE);
        Field field = spec.placed(() -> new Field(name, classes.size(), Field.Kind.VALUES, 0, ignore).ofTheWholeImage()
                .named(classes));
        return new FolderField.Cell(new Layer(field, Meaning.STORED), example -> {
            String cell = example.cell(column);
            if (cell.isEmpty()) {
                return Optional.empty();
            }
            float[] has = new float[classes.size()];
            split(cell, separator).forEach(label -> has[number(classes, label, example, column)] = 1);
            return Optional.of(new Plane.Floats(has, has.length));
        });
    }

    /** Gives what stands in a column of the data to learn from. */
    interface Cellar {
        List<String> of(String column);
    }

    private static List<String> split(String cell, String separator) {
        return Arrays.stream(cell.split(java.util.regex.Pattern.quote(separator))).map(String::strip)
                .filter(label -> !label.isEmpty()).toList();
    }

    /** Those under 'classes', by name or as a number of them; else what stands in the cells, in order. */
    private static List<String> classNames(Config spec, Supplier<List<String>> cells) {
        if (!spec.has("classes")) {
            List<String> found = new ArrayList<>(new TreeSet<>(cells.get().stream().filter(cell -> !cell.isEmpty())
                    .toList()));
            if (found.isEmpty()) {
                throw spec.error("column", "has no labels from which classes could follow; name them in 'classes'");
            }
            return found;
        }
        Config classes = spec.find("classes").orElseThrow();
        if (!classes.isList()) {
            return IntStream.range(0, classes.integerIn(1, 1 << 16)).mapToObj(Integer::toString).toList();
        }
        List<String> names = spec.texts("classes");
        if (names.isEmpty() || names.stream().distinct().count() != names.size()) {
            throw spec.error("classes", "is empty, or has a name twice");
        }
        return names;
    }

    private static int number(List<String> classes, String label, Example example, String column) {
        int number = classes.indexOf(label);
        if (number < 0) {
            throw example.error(column, Names.quote(label) + " is no class." + Names.hint(label, classes) + " Classes: "
                    + Names.list(classes) + ".");
        }
        return number;
    }

    private static void requireColumn(Config spec, String column, List<String> columns) {
        if (columns.isEmpty()) {
            throw spec.error("is in the column " + Names.quote(column) + ", but the list is a text of names; a CSV, "
                    + "whose first row names its columns, has them");
        }
        if (!columns.contains(column)) {
            throw spec.error("is in the column " + Names.quote(column) + ", which the list does not have."
                    + Names.hint(column, columns) + " Its columns: " + Names.list(columns));
        }
    }
}
