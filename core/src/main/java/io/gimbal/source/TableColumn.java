package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.config.Faults;
import io.gimbal.config.Names;
import io.gimbal.config.Range;
import io.gimbal.shaded.jackson.databind.node.JsonNodeFactory;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** A column of a table that a network takes, and what its training rows told of it. Immutable. */
sealed interface TableColumn {
    /** The key of the categories, and what becomes of an empty cell and of one that is none of them. */
    String CATEGORIES = "categories";
    String MISSING = "missing";
    String UNKNOWN = "unknown";
    /** None of the categories: all values are 0. */
    String NONE = "none";
    /** The mean of the rows that were learned from. */
    String MEAN = "mean";

    /** What was kept of one, which is all that is known of it. */
    static TableColumn read(String name, Config kept) {
        return kept.has(CATEGORIES) ? new Categories(name, Categories.named(kept), allowed(kept, MISSING, NONE),
                allowed(kept, UNKNOWN, NONE)) : Numbers.read(name, allowed(kept, MISSING, MEAN), kept);
    }

    /** Whether that stands for a cell, which is an error otherwise. */
    static boolean allowed(Config spec, String key, String what) {
        return spec.choice(key, List.of("error", what), "error").equals(what);
    }

    /** What it is called in the table. */
    String name();

    /** What each of the values is called that it becomes. */
    List<String> values();

    /** Writes what a row's cell becomes, before the normalisation, from a place on. */
    void read(Example row, float[] target, int from);

    /** The mean of each of its values. */
    default float mean() {
        return 0;
    }

    /** The standard deviation of each of its values. */
    default float deviation() {
        return 1;
    }

    /** What the training rows told of it, to be kept. */
    ObjectNode told();

    /**
     * Numbers, one value.
     *
     * @param filled whether the mean stands for an empty cell
     */
    record Numbers(String name, boolean filled, float mean, float deviation) implements TableColumn {
        /** Steps of float32 that a standard deviation has at least: with fewer the rounding would be most of it. */
        private static final int LEAST_STEPS = 64;

        /**
         * What the training rows tell: the mean and the standard deviation of the population.
         *
         * @param faults takes cells that hold no number; where they are kept, they do not count
         */
        static Numbers of(String name, boolean filled, List<Example> rows, Faults faults) {
            float[] numbers = new float[rows.size()];
            int count = 0;
            double sum = 0;
            for (Example row : rows) {
                Optional<Float> read = row.cell(name).isEmpty() ? Optional.empty()
                        : faults.attempt(() -> number(row, name));
                if (read.isPresent()) {
                    numbers[count++] = read.get();
                    sum += read.get();
                }
            }
            double mean = sum / Math.max(1, count);
            double squares = 0;
            for (int i = 0; i < count; i++) {
                squares += Math.pow(numbers[i] - mean, 2);
            }
            float deviation = (float) Math.sqrt(squares / Math.max(1, count));
            if (count == 0) {
                throw rows.getFirst().error(name, "neither this nor any other row to learn from has a number in this "
                        + "column; take it out of the configuration.");
            }
            if (!(deviation > LEAST_STEPS * Math.ulp((float) mean)) || !Float.isFinite(deviation)) {
                throw rows.getFirst().error(name, "the numbers of this column have mean " + mean + " and standard "
                        + "deviation " + deviation + " in the rows to learn from, which float32 cannot tell apart. "
                        + "Take the column out of the configuration, or subtract from its numbers what they have in "
                        + "common.");
            }
            return new Numbers(name, filled, (float) mean, deviation);
        }

        /** What was kept of it. */
        static Numbers read(String name, boolean filled, Config kept) {
            return new Numbers(name, filled, (float) kept.number(MEAN), (float) kept.number("std", Range.POSITIVE));
        }

        private static float number(Example row, String name) {
            return Cells.number(row.cell(name), row.place() + ", column " + Names.quote(name));
        }

        @Override
        public List<String> values() {
            return List.of(name);
        }

        @Override
        public void read(Example row, float[] target, int from) {
            if (!row.cell(name).isEmpty()) {
                target[from] = number(row, name);
            } else if (filled) {
                target[from] = mean;
            } else {
                throw row.error(name, "is empty, but the network takes a number here. Fill it, take the row out, or "
                        + "let the training rows' mean stand for it: \"" + name + "\": {\"kind\": \"number\", "
                        + "\"missing\": \"mean\"}.");
            }
        }

        @Override
        public ObjectNode told() {
            ObjectNode node = JsonNodeFactory.instance.objectNode().put(MEAN, mean).put("std", deviation);
            return filled ? node.put(MISSING, MEAN) : node;
        }
    }

    /**
     * Categories: a value each, 1 where a row has it and else 0.
     *
     * @param categories in their order
     * @param missing    whether all values are 0 where a cell is empty
     * @param unknown    whether they are so for a category that is none of these
     */
    record Categories(String name, List<String> categories, boolean missing, boolean unknown) implements TableColumn {
        /** Those that a configuration names, or what was kept. */
        static List<String> named(Config spec) {
            List<String> categories = spec.texts(CATEGORIES);
            if (categories.isEmpty() || categories.stream().distinct().count() != categories.size()
                    || categories.contains("")) {
                throw spec.error(CATEGORIES, "is empty, or has an empty name or one twice");
            }
            return categories;
        }

        /** The categories that stand in the training rows, in the order of their letters' numbers in Unicode. */
        static List<String> of(String name, List<Example> rows) {
            TreeSet<String> found = new TreeSet<>();
            rows.forEach(row -> found.add(row.cell(name)));
            found.remove("");
            if (found.isEmpty()) {
                throw rows.getFirst().error(name, "neither this nor any other row to learn from has a category in "
                        + "this column; take it out of the configuration.");
            }
            return new ArrayList<>(found);
        }

        @Override
        public List<String> values() {
            return categories.stream().map(category -> name + "=" + category).toList();
        }

        @Override
        public void read(Example row, float[] target, int from) {
            String cell = row.cell(name);
            int place = categories.indexOf(cell);
            if (place >= 0) {
                target[from + place] = 1;
            } else if (cell.isEmpty() && !missing) {
                throw row.error(name, "is empty, but the network takes a category here. Fill it, take the row out, or "
                        + "let an empty cell be none of the categories: \"" + name + "\": {\"kind\": \"category\", "
                        + "\"missing\": \"none\"}.");
            } else if (!cell.isEmpty() && !unknown) {
                throw row.error(name, Names.quote(cell) + " is no "
                        + "category that the training rows have." + Names.hint(cell, categories) + " Categories: "
                        + Names.list(categories) + ". Mend it, or let such be none of them: \"" + name
                        + "\": {\"kind\": \"category\", \"unknown\": \"none\"}.");
            }
        }

        @Override
        public ObjectNode told() {
            ObjectNode node = JsonNodeFactory.instance.objectNode();
            categories.forEach(node.putArray(CATEGORIES)::add);
            if (missing) {
                node.put(MISSING, NONE);
            }
            return unknown ? node.put(UNKNOWN, NONE) : node;
        }
    }
}
