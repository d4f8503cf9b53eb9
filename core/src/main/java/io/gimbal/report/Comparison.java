package io.gimbal.report;

import io.gimbal.config.Names;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Times beside those that were kept.
 *
 * @param source   where the kept ones come from
 * @param measured what a time is of, in words
 * @param limit    the ratio above which a time counts as slower
 * @param rows     what is in both
 * @param gone     what was kept and is not measured any more
 * @param fresh    what is measured and was not kept
 * @param unsteady what was kept while it was still getting faster
 */
public record Comparison(String source, String measured, double limit, List<Row> rows, List<String> gone,
        List<String> fresh, List<String> unsteady) {
    private static final int MOST_LISTED = 10;

    /**
     * One time, in seconds, then and now.
     *
     * @param name what was timed
     * @param kept then
     * @param now  now
     */
    public record Row(String name, double kept, double now) {
        /** {@return how many times as long it takes now: above 1 where it has become slower} */
        public double ratio() {
            return now / kept;
        }
    }

    /** {@return what takes longer than the limit allows} */
    public List<Row> slower() {
        return rows.stream().filter(row -> row.ratio() > limit).toList();
    }

    /** {@return a table, and what it comes to} */
    public String text() {
        Table table = new Table("time of", "kept", "now", "ratio");
        rows.forEach(row -> table.row(row.name(), Figures.time(row.kept()), Figures.time(row.now()),
                ratio(row.ratio())));
        StringBuilder text = new StringBuilder(table.toString());
        double mean = Math.exp(rows.stream().mapToDouble(row -> Math.log(row.ratio())).average().orElse(Double.NaN));
        line(text, "Each is " + measured + "; kept: " + source + ". A ratio is the time now over the time kept: above "
                + "1 is slower than it was. Their geometric mean is " + ratio(mean) + ".");
        List<Row> slower = slower();
        line(text, slower.isEmpty() ? "Nothing has a ratio above " + limit + "." : slower.size() + " of " + rows.size()
                + " have a ratio above " + limit + ": " + slower.stream().limit(MOST_LISTED).map(row -> row.name()
                + " (" + ratio(row.ratio()) + ")").collect(Collectors.joining(", ")) + more(slower) + ".");
        if (!gone.isEmpty()) {
            line(text, "Kept, but not measured now: " + listed(gone) + ".");
        }
        if (!fresh.isEmpty()) {
            line(text, "Measured now, but not kept: " + listed(fresh) + ".");
        }
        if (!unsteady.isEmpty()) {
            line(text, "Kept while it was still getting faster, so that a slower time now may not show: "
                    + listed(unsteady) + ".");
        }
        return text.toString();
    }

    private static void line(StringBuilder text, String sentence) {
        text.append(sentence).append(System.lineSeparator());
    }

    /** Some of the names, and that there are more. */
    static String listed(Collection<String> names) {
        return Names.list(names.stream().limit(MOST_LISTED).toList()) + more(names);
    }

    private static String more(Collection<?> all) {
        return all.size() > MOST_LISTED ? ", and " + (all.size() - MOST_LISTED) + " more" : "";
    }

    private static String ratio(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }
}
