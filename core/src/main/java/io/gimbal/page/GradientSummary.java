package io.gimbal.page;

import io.gimbal.config.UserException;
import io.gimbal.shaded.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How the tasks' gradients lay to each other, as far as a log tells: the course of each cosine, or, of many, of the
 * least, their mean and the largest; that of the condition number; and each cosine's mean over an epoch, the last whole
 * one. Not thread-safe.
 */
final class GradientSummary {
    /** Of more pairs a plot would show no line. */
    static final int MOST_COURSES = 10;
    private static final int MOST_PAIRS = 32 * 31 / 2;

    private final int buckets;
    private final Series condition;
    private final List<String> pairs = new ArrayList<>();
    private List<Series> courses = List.of();
    private Epoch epoch;
    private Epoch before;

    GradientSummary(int buckets) {
        this.buckets = buckets;
        condition = new Series(buckets);
    }

    /** Sums over an epoch's steps so far. */
    private static final class Epoch {
        private final long number;
        private final long from;
        private final double[] sum;
        private final long[] count;
        private long to;

        Epoch(long number, long from, int pairs) {
            this.number = number;
            this.from = from;
            sum = new double[pairs];
            count = new long[pairs];
        }

        void add(long step, double[] cosines) {
            to = step;
            for (int pair = 0; pair < cosines.length; pair++) {
                if (Double.isFinite(cosines[pair])) {
                    sum[pair] += cosines[pair];
                    count[pair]++;
                }
            }
        }

        double mean(int pair) {
            return sum[pair] / count[pair];
        }
    }

    /** Whether the log has a diagnosis of any step. */
    boolean any() {
        return epoch != null;
    }

    /**
     * Takes a step's cosines in.
     *
     * @param names of the pairs, the same in each step
     * @param epochNumber that the step belongs to
     */
    void add(int bucket, long step, long epochNumber, List<String> names, double[] cosines) {
        if (!any()) {
            begin(names);
        }
        if (!pairs.equals(names)) {
            throw new UserException("has other cosines than the first step that has any.");
        }
        if (epoch == null || epoch.number != epochNumber) {
            before = epoch;
            epoch = new Epoch(epochNumber, step, pairs.size());
        }
        epoch.add(step, cosines);
        double[] shown = pairs.size() <= MOST_COURSES ? cosines : spread(cosines);
        for (int course = 0; course < shown.length; course++) {
            courses.get(course).add(bucket, shown[course]);
        }
    }

    private void begin(List<String> names) {
        if (names.size() > MOST_PAIRS) {
            throw new UserException("has " + names.size() + " cosines, more than two of 32 tasks can make.");
        }
        pairs.addAll(names);
        courses = courseNames().stream().map(name -> new Series(buckets)).toList();
    }

    private static double[] spread(double[] cosines) {
        double[] finite = Arrays.stream(cosines).filter(Double::isFinite).toArray();
        return new double[] {Arrays.stream(finite).min().orElse(Double.NaN),
            Arrays.stream(finite).average().orElse(Double.NaN), Arrays.stream(finite).max().orElse(Double.NaN)};
    }

    void addCondition(int bucket, double value) {
        condition.add(bucket, value);
    }

    /** Makes one bucket of two neighbours each. */
    void halve() {
        condition.halve();
        courses.forEach(Series::halve);
    }

    /** What the courses are of. */
    List<String> courseNames() {
        return pairs.size() <= MOST_COURSES ? pairs : List.of("least", "mean", "largest");
    }

    /** The last whole epoch; the one under way where there is none before it. */
    private Epoch last() {
        return before == null || epoch.to - epoch.from >= before.to - before.from ? epoch : before;
    }

    /** The mean cosines by pairs, and over which steps. */
    double[] means() {
        double[] means = new double[pairs.size()];
        Arrays.setAll(means, last()::mean);
        return means;
    }

    String over() {
        return "the steps " + last().from + " to " + last().to;
    }

    List<GradientPicture.Line> cosineLines(int filled) {
        return GradientPicture.lines(courseNames(), courses, filled);
    }

    GradientPicture.Line conditionLine(int filled) {
        return new GradientPicture.Line("condition number", condition.means(filled));
    }

    /** Writes all of it as an object, or null where the log has nothing of it. */
    void write(JsonGenerator json, int filled, boolean single) throws IOException {
        if (!any()) {
            json.writeNull();
            return;
        }
        json.writeStartObject();
        json.writeNumberField("from", last().from);
        json.writeNumberField("to", last().to);
        json.writeArrayFieldStart("mean");
        for (int pair = 0; pair < pairs.size(); pair++) {
            PageNumbers.write(json, last().mean(pair));
        }
        json.writeEndArray();
        json.writeArrayFieldStart("names");
        for (String name : courseNames()) {
            json.writeString(name);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("cosine");
        for (Series course : courses) {
            course.write(json, filled, single);
        }
        json.writeEndArray();
        json.writeFieldName("condition");
        condition.write(json, filled, single);
        json.writeEndObject();
    }
}
