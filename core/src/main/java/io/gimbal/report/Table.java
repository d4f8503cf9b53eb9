package io.gimbal.report;

import io.gimbal.metric.Score;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A table in plain text, drawn with box characters. The first column is set left; every other one right if all its
 * cells are numbers (with or without unit), else left. Not thread-safe.
 */
public final class Table {
    private static final int DECIMALS = 3;
    private static final int MOST_DECIMALS = 12;
    /** Numbers from here on have two digits that are not zeros within three. */
    private static final double SMALL = 0.01;

    private final List<String> headings;
    private final List<List<String>> rows = new ArrayList<>();

    /**
     * Begins without a row.
     *
     * @param headings one a column
     */
    public Table(String... headings) {
        this.headings = List.of(headings);
    }

    /**
     * Results at the end of a training: each task's figures beside the best constant prediction's.
     *
     * @param scores by task, in the order to show them
     * @return the table
     */
    public static Table ofScores(Map<String, List<Score>> scores) {
        Table table = new Table("task", "metric", "value", "best constant", "better by");
        scores.forEach((task, list) -> {
            String name = task;
            for (Score score : list) {
                table.row(name, score.name(), figure(score.value(), score.unit()),
                        figure(score.constant(), score.unit()),
                        betterBy(score));
                name = "";
            }
        });
        return table;
    }

    /** In points where the figure is a share: a share of a constant near zero says nothing. */
    private static String betterBy(Score score) {
        if (!Double.isFinite(score.value()) || !Double.isFinite(score.constant())) {
            return "-";
        }
        if (score.unit().equals("%")) {
            double points = score.higherIsBetter() ? score.value() - score.constant() : score.constant()
                    - score.value();
            return String.format(Locale.ROOT, "%+.1f points", points);
        }
        return Double.isFinite(score.betterBy()) ? String.format(Locale.ROOT, "%+.1f %%", 100 * score.betterBy()) : "-";
    }

    /**
     * A figure with its unit: one digit after the point for % and degrees, three for others, and as many more as a
     * small one needs for {@linkplain #decimals three digits}.
     *
     * @param value not a number becomes a dash
     * @param unit  such as "%", "m" or ""
     * @return a text
     */
    public static String figure(double value, String unit) {
        boolean coarse = unit.equals("%") || unit.equals("deg");
        String format = "%." + (coarse ? 1 : decimals(value)) + "f";
        String text = Double.isNaN(value) ? "-" : String.format(Locale.ROOT, format, value);
        return unit.isEmpty() ? text : text + " " + unit;
    }

    /**
     * How many digits behind the point a plain number is shown with: three, or so many that three of them are not
     * leading zeros, but at most twelve.
     *
     * @param value the number
     * @return 3 to 12
     */
    public static int decimals(double value) {
        double size = Math.abs(value);
        return size > 0 && size < SMALL ? (int) Math.min(MOST_DECIMALS, 2 - Math.floor(Math.log10(size))) : DECIMALS;
    }

    /**
     * Adds a row.
     *
     * @param cells as many as there are headings
     * @return this
     */
    public Table row(String... cells) {
        if (cells.length != headings.size()) {
            throw new IllegalArgumentException(cells.length + " cells in a table of " + headings.size() + " columns");
        }
        rows.add(List.of(cells));
        return this;
    }

    @Override
    public String toString() {
        int[] widths = new int[headings.size()];
        boolean[] right = new boolean[headings.size()];
        for (int column = 0; column < widths.length; column++) {
            widths[column] = Columns.of(headings.get(column));
            right[column] = column > 0 && !rows.isEmpty();
            for (List<String> row : rows) {
                widths[column] = Math.max(widths[column], Columns.of(row.get(column)));
                right[column] &= row.get(column).matches("[+-]?\\d.*|-.*|");
            }
        }
        StringBuilder text = new StringBuilder();
        rule(text, widths, "┌", "┬", "┐");
        line(text, headings, widths, right);
        rule(text, widths, "├", "┼", "┤");
        for (List<String> row : rows) {
            line(text, row, widths, right);
        }
        rule(text, widths, "└", "┴", "┘");
        return text.toString();
    }

    private static void rule(StringBuilder text, int[] widths, String left, String between, String right) {
        for (int column = 0; column < widths.length; column++) {
            text.append(column == 0 ? left : between).append("─".repeat(widths[column] + 2));
        }
        text.append(right).append('\n');
    }

    private static void line(StringBuilder text, List<String> cells, int[] widths, boolean[] right) {
        for (int column = 0; column < widths.length; column++) {
            String cell = cells.get(column);
            String space = " ".repeat(widths[column] - Columns.of(cell));
            text.append("│ ").append(right[column] ? space + cell : cell + space).append(' ');
        }
        text.append("│\n");
    }
}
