package io.gimbal.page;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * How a run's gradients lie to each other as one picture, SVG: the mean cosines of an epoch as a matrix with numbers,
 * and over the steps the cosines, their matrix's condition number and the gradients' norms, these two on log scales.
 * Colours are the report's, light or dark as the reader's system is, and each line has a dash of its own, too.
 */
final class GradientPicture {
    private static final int WIDTH = 960;
    private static final int LEFT = 170;
    private static final int RIGHT = 24;
    private static final int INSIDE = WIDTH - LEFT - RIGHT;
    private static final int PLOT = 180;
    private static final int LARGEST_CELL = 64;
    private static final int LONGEST_NAME = 24;
    private static final int IN_A_ROW = 3;
    private static final int LETTER = 8;
    private static final double NARROW = 100;
    private static final int COLOURS = 8;
    private static final double STRONGEST = 0.7;
    private static final String[] DASHES = {"", "7 4", "2 3", "10 3 2 3", "5 2", "12 4", "2 5", "8 3 2 3 2 3"};
    private static final Pattern COLOUR = Pattern.compile("--(\\w+): (#\\w+);");

    private final StringBuilder body = new StringBuilder();
    private final Log log;
    private int y;

    private GradientPicture(Log log) {
        this.log = log;
    }

    /**
     * What the picture is of.
     *
     * @param means    of the cosines, by pairs of tasks
     * @param over     of which steps the means are, as a text
     * @param norms    by task
     * @param width    steps of a bucket
     * @param styles   the report's style sheet, whose colours are taken
     */
    record Log(String title, List<String> tasks, double[] means, String over, List<Line> cosines, Line condition,
            List<Line> norms, long width, String styles) {}

    /** A figure by bucket of equally many steps; NaN where there is none. */
    record Line(String name, double[] values) {}

    static String of(Log log) {
        return new GradientPicture(log).draw();
    }

    private String draw() {
        y = 30;
        text(20, y, "title", "", "How the gradients lie to each other: " + log.title);
        if (log.tasks.size() > 1) {
            matrix();
            plot("Cosine", log.cosines, new Axis(-1, 1, List.of(-1.0, -0.5, 0.0, 0.5, 1.0), value -> value));
        }
        logPlot("Condition number of the cosines' matrix", List.of(log.condition));
        logPlot("Gradient norm", log.norms);
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + WIDTH + " " + y + "\" width=\"" + WIDTH
                + "\" height=\"" + y + "\" font-family=\"system-ui, sans-serif\" font-size=\"13\">\n<title>"
                + escaped(log.title) + "</title>\n<style>" + style() + "</style>\n<rect class=\"back\" width=\"100%\""
                + " height=\"100%\"/>\n" + body + "</svg>\n";
    }

    private String style() {
        int dark = log.styles.indexOf("prefers-color-scheme: dark");
        int end = log.styles.indexOf("* {");
        return classes(log.styles.substring(0, dark)) + "@media (prefers-color-scheme: dark){"
                + classes(log.styles.substring(dark, end)) + "}";
    }

    private static String classes(String styles) {
        Map<String, String> colours = new LinkedHashMap<>();
        for (Matcher found = COLOUR.matcher(styles); found.find();) {
            colours.put(found.group(1), found.group(2));
        }
        StringBuilder css = new StringBuilder("text{fill:" + colours.get("ink") + "}.soft{fill:" + colours.get("soft")
                + "}.back{fill:" + colours.get("card") + "}.grid{stroke:" + colours.get("grid") + "}.agree{fill:"
                + colours.get("c0") + "}.conflict{fill:" + colours.get("c1") + "}.title{font-size:18px}");
        for (int k = 0; k < COLOURS; k++) {
            css.append(".c").append(k).append("{stroke:").append(colours.get("c" + k)).append('}');
        }
        return css.toString();
    }

    private void matrix() {
        int tasks = log.tasks.size();
        double cell = Math.min(LARGEST_CELL, (double) INSIDE / tasks);
        y += 34;
        text(20, y, "", "", "Mean cosine over " + log.over + " (blue: the tasks agree; orange: they conflict)");
        y += 24 + (int) (Math.sqrt(0.5) * LETTER * log.tasks.stream().mapToInt(task -> shortened(task).length()).max()
                .orElseThrow());
        for (int column = 0; column < tasks; column++) {
            double x = LEFT + (column + 0.6) * cell;
            text(x, y - 6, "soft", "transform=\"rotate(-45 " + number(x) + " " + (y - 6) + ")\"",
                    shortened(log.tasks.get(column)));
        }
        for (int row = 0; row < tasks; row++) {
            double top = y + row * cell;
            text(LEFT - 8, top + cell / 2 + 4, "soft", "text-anchor=\"end\"", shortened(log.tasks.get(row)));
            for (int column = 0; column < tasks; column++) {
                cell(LEFT + column * cell, top, cell, row == column ? Double.POSITIVE_INFINITY
                        : mean(Math.min(row, column), Math.max(row, column)));
            }
        }
        y += (int) Math.ceil(tasks * cell) + 10;
    }

    private double mean(int i, int j) {
        return log.means[i * log.tasks.size() - i * (i + 1) / 2 + j - i - 1];
    }

    /** @param cosine infinite: of a task and itself */
    private void cell(double left, double top, double size, double cosine) {
        if (Double.isFinite(cosine)) {
            body.append("<rect class=\"").append(cosine < 0 ? "conflict" : "agree").append("\" x=\"")
                    .append(number(left)).append("\" y=\"").append(number(top)).append("\" width=\"")
                    .append(number(size)).append("\" height=\"").append(number(size)).append("\" fill-opacity=\"")
                    .append(number(STRONGEST * Math.min(1, Math.abs(cosine)))).append("\"/>\n");
        }
        String sign = cosine < 0 ? "−" : "+";
        String shown = Double.isNaN(cosine) ? "–" : Double.isInfinite(cosine) ? "1"
                : sign + String.format(Locale.ROOT, "%.2f", Math.abs(cosine));
        text(left + size / 2, top + size / 2 + 4, "", "text-anchor=\"middle\" font-size=\"" + number(Math.min(13,
                size / 3)) + "\"", shown);
    }

    /** @param place of a value on the axis */
    private record Axis(double low, double high, List<Double> ticks, DoubleUnaryOperator place) {
        double share(double value) {
            double from = place.applyAsDouble(low);
            return (place.applyAsDouble(value) - from) / (place.applyAsDouble(high) - from);
        }
    }

    private void logPlot(String title, List<Line> lines) {
        double[] seen = lines.stream().flatMapToDouble(line -> Arrays.stream(line.values)).filter(value -> value > 0)
                .toArray();
        if (seen.length > 0) {
            double low = Arrays.stream(seen).min().orElseThrow() / 1.15;
            double high = Arrays.stream(seen).max().orElseThrow() * 1.15;
            plot(title, lines, new Axis(low, high, decades(low, high), Math::log));
        }
    }

    /** Powers of ten, or of few of them 1, 2 and 5. */
    private static List<Double> decades(double low, double high) {
        int first = (int) Math.floor(Math.log10(low));
        int last = (int) Math.ceil(Math.log10(high));
        int every = Math.max(1, (last - first) / 8);
        int[] digits = high / low < NARROW ? new int[] {1, 2, 5} : new int[] {1};
        return IntStream.rangeClosed(first, last).filter(power -> (power - first) % every == 0).boxed()
                .flatMap(power -> Arrays.stream(digits).mapToObj(digit -> digit * Math.pow(10, power)))
                .filter(value -> value >= low && value <= high).toList();
    }

    private void plot(String title, List<Line> lines, Axis axis) {
        y += 40;
        text(20, y, "", "", title);
        y += 12;
        int bottom = y + PLOT;
        for (double tick : axis.ticks) {
            double at = bottom - PLOT * axis.share(tick);
            body.append("<path class=\"grid\" d=\"M").append(LEFT).append(' ').append(number(at)).append('H')
                    .append(WIDTH - RIGHT).append("\"/>\n");
            text(LEFT - 8, at + 4, "soft", "text-anchor=\"end\"", number(tick));
        }
        int buckets = log.condition.values.length;
        double last = Math.max(1, buckets * log.width - 1);
        for (double step = 0, by = stepTicks(last); step <= last; step += by) {
            text(LEFT + INSIDE * step / last, bottom + 18, "soft", "text-anchor=\"middle\"", number(step));
        }
        for (int k = 0; k < lines.size(); k++) {
            line(lines.get(k), k, axis, bottom, last);
        }
        y = bottom + 40;
        if (lines.size() > 1) {
            legend(lines);
        }
    }

    private static double stepTicks(double last) {
        double by = Math.pow(10, Math.floor(Math.log10(Math.max(10, last)) - 1));
        for (double times : new double[] {1, 2, 5, 10, 20}) {
            if (last / (by * times) <= 8) {
                return by * times;
            }
        }
        return last;
    }

    private void line(Line line, int k, Axis axis, int bottom, double last) {
        // A point alone is seen, too: h0, with round ends.
        StringBuilder path = new StringBuilder();
        boolean drawn = false;
        for (int bucket = 0; bucket < line.values.length; bucket++) {
            double share = axis.share(line.values[bucket]);
            if (Double.isFinite(share)) {
                double step = bucket * log.width + (log.width - 1) / 2.0;
                path.append(drawn ? 'L' : 'M').append(number(LEFT + INSIDE * step / last)).append(' ')
                        .append(number(bottom - PLOT * Math.clamp(share, 0, 1))).append(drawn ? "" : "h0");
            }
            drawn = Double.isFinite(share);
        }
        stroke(path.toString(), k);
    }

    private void stroke(String path, int k) {
        String dash = DASHES[(k + 3 * (k / COLOURS)) % DASHES.length];
        body.append("<path class=\"c").append(k % COLOURS).append("\" fill=\"none\" stroke-width=\"2\"")
                .append(" stroke-linecap=\"round\"")
                .append(dash.isEmpty() ? "" : " stroke-dasharray=\"" + dash + "\"").append(" d=\"").append(path)
                .append("\"/>\n");
    }

    private void legend(List<Line> lines) {
        int column = INSIDE / IN_A_ROW;
        for (int k = 0; k < lines.size(); k++) {
            int x = LEFT + k % IN_A_ROW * column;
            int row = y + k / IN_A_ROW * 20;
            stroke("M" + x + " " + (row - 4) + "h30", k);
            text(x + 38, row, "soft", "", shortened(lines.get(k).name));
        }
        y += (lines.size() + IN_A_ROW - 1) / IN_A_ROW * 20;
    }

    private void text(double x, double at, String kind, String more, String text) {
        body.append("<text x=\"").append(number(x)).append("\" y=\"").append(number(at)).append('"')
                .append(kind.isEmpty() ? "" : " class=\"" + kind + "\"").append(more.isEmpty() ? "" : " " + more)
                .append('>').append(escaped(text)).append("</text>\n");
    }

    private static String shortened(String name) {
        int[] points = name.codePoints().toArray();
        return points.length <= LONGEST_NAME ? name : new String(points, 0, LONGEST_NAME - 1) + "…";
    }

    private static String number(double value) {
        double size = Math.abs(value);
        if (size != 0 && (size < 1e-3 || size >= 1e6)) {
            return String.format(Locale.ROOT, "%.0e", value);
        }
        String text = String.format(Locale.ROOT, "%.3f", value);
        return text.replaceFirst("\\.?0+$", "");
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }

    /** Lines of series, by name. */
    static List<Line> lines(List<String> names, List<Series> series, int buckets) {
        List<Line> lines = new ArrayList<>();
        for (int k = 0; k < names.size(); k++) {
            lines.add(new Line(names.get(k), series.get(k).means(buckets)));
        }
        return lines;
    }
}
