package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.config.Faults;
import io.gimbal.config.Names;
import io.gimbal.config.Range;
import io.gimbal.data.Field;
import io.gimbal.data.Layer;
import io.gimbal.data.Meaning;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Fields of points, as heat maps or as coordinates, from a table or a file in COCO's form. */
final class PointFields {
    static final List<String> KEYS = List.of("file", "count", "sigma", "names", "mirror", "ignore");
    static final List<String> COORDINATE_KEYS = List.of("file", "count", "names", "mirror", "ignore", "between");

    private static final float DEFAULT_IGNORE = -1;
    private static final double DEFAULT_SIGMA = 2;
    private static final int MOST_POINTS = 1 << 16;

    private PointFields() {}

    /**
     * Reads them.
     *
     * @param flips  whether samples are mirrored, so that it must be known what points become then
     * @param faults takes rows of a table that cannot be read; where they are kept, these have no points
     */
    static FolderField.Points read(String name, Config spec, Path folder, boolean flips, Faults faults) {
        int count = spec.integerIn("count", 1, MOST_POINTS);
        PointTable table = table(spec, folder, count, faults);
        List<String> names = names(spec, table, count);
        float ignore = (float) spec.number("ignore", DEFAULT_IGNORE);
        double sigma = spec.number("sigma", Range.POSITIVE, DEFAULT_SIGMA);
        List<Integer> mirror = mirror(name, spec, names, count, flips);
        Field field = spec.placed(() -> Field.ofPoints(name, count, ignore).named(names));
        return new FolderField.Points(spec.placed(() -> new Layer(field, Meaning.STORED, sigma, mirror)), table);
    }

    /** Coordinates, likewise; images that have a point at several places have no label where faults are kept. */
    static FolderField.Points coordinates(String name, Config spec, Path folder, boolean flips, Faults faults) {
        int count = spec.integerIn("count", 1, MOST_POINTS);
        PointTable table = table(spec, folder, count, faults).single(faults);
        List<String> names = names(spec, table, count);
        float ignore = (float) spec.number("ignore", DEFAULT_IGNORE);
        if (ignore > 0 && ignore < 1) {
            throw spec.error("ignore", "is " + ignore + ", which is a place in the image; take one that is none, "
                    + "as -1");
        }
        List<Integer> mirror = mirror(name, spec, names, count, flips);
        Field field = spec.placed(() -> Field.ofCoordinates(name, count, ignore).named(names));
        Field measured = spec.has("between") ? between(spec, field, names, count) : field;
        return new FolderField.Points(spec.placed(() -> new Layer(measured, Meaning.STORED, 1, mirror)), table);
    }

    private static Field between(Config spec, Field field, List<String> names, int count) {
        List<Config> both = spec.list("between");
        if (both.size() != 2) {
            throw spec.error("between", "has " + both.size() + " points; the distance that errors are parts of is "
                    + "that of 2, as [0, 1]");
        }
        int one = point(both.getFirst(), names, count);
        int other = point(both.getLast(), names, count);
        if (one == other) {
            throw spec.error("between", "has one point twice; the distance that errors are parts of is that of 2");
        }
        return field.measuredBetween(one, other);
    }

    private static PointTable table(Config spec, Path folder, int count, Faults faults) {
        Path file = folder.resolve(spec.path("file"));
        boolean coco = file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".json");
        return coco ? CocoPoints.read(file, count) : PointCsv.read(file, count, faults);
    }

    private static List<String> names(Config spec, PointTable table, int count) {
        return spec.has("names") ? FieldNames.of(spec, "names", count) : table.names();
    }

    private static List<Integer> mirror(String name, Config spec, List<String> names, int count, boolean flips) {
        if (spec.has("mirror")) {
            return given(spec, names, count);
        }
        List<Integer> mirror = new ArrayList<>();
        for (int point = 0; point < names.size(); point++) {
            int other = names.indexOf(mirrored(names.get(point)));
            mirror.add(other < 0 ? point : other);
        }
        if (mirror.isEmpty() && flips) {
            throw spec.error("has no 'mirror': examples are mirrored (data.flip), and what the points of " + name
                    + " become then is not known. Give pairs, as \"mirror\": [[0, 1]], or [] where every point stays "
                    + "itself; or 'names' with left and right in them; or set data.flip to false");
        }
        return mirror;
    }

    private static String mirrored(String name) {
        if (name.contains("left")) {
            return name.replace("left", "right");
        }
        if (name.contains("right")) {
            return name.replace("right", "left");
        }
        return name.contains("Left") ? name.replace("Left", "Right") : name.replace("Right", "Left");
    }

    private static List<Integer> given(Config spec, List<String> names, int count) {
        List<Integer> mirror = new ArrayList<>();
        for (int point = 0; point < count; point++) {
            mirror.add(point);
        }
        for (Config pair : spec.list("mirror")) {
            List<Config> both = pair.list();
            if (both.size() != 2) {
                throw pair.error("has " + both.size() + " points; a pair has 2, which a mirror exchanges");
            }
            int one = point(both.getFirst(), names, count);
            int other = point(both.getLast(), names, count);
            if (one == other || mirror.get(one) != one || mirror.get(other) != other) {
                throw pair.error("has a point that stands in a pair already; each stands in one at most");
            }
            mirror.set(one, other);
            mirror.set(other, one);
        }
        return mirror;
    }

    private static int point(Config value, List<String> names, int count) {
        if (!value.isText()) {
            return value.integerIn(0, count - 1);
        }
        int point = names.indexOf(value.text());
        if (point < 0) {
            throw value.error("is no point's name." + Names.hint(value.text(), names) + " Names: " + Names.list(names));
        }
        return point;
    }
}
