package io.gimbal.proof.page;

import io.gimbal.shaded.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** Draws a training's losses, each over its first value, and its weights. */
public final class Curves {
    private static final int WIDTH = 760;
    private static final int HEIGHT = 260;
    private static final int LEFT = 60;
    private static final int TOP = 30;
    private static final int PLOT_WIDTH = 560;
    private static final int PLOT_HEIGHT = 190;
    private static final int MOST_POINTS = 280;
    /** Told apart by the colour-blind too (Okabe and Ito). */
    private static final List<String> COLOURS = List.of("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00",
            "#56b4e9", "#000000");

    private Curves() {}

    /** A curve of a plot: its name, and a value a point. */
    public record Line(String name, double[] values) {}

    /** Draws the log of a training into a file. */
    public static void draw(List<JsonNode> log, String rule, Path file) {
        List<Line> losses = new ArrayList<>();
        List<Line> weights = new ArrayList<>();
        log.getFirst().path("loss").properties().forEach(task -> {
            double first = log.getFirst().path("loss").path(task.getKey()).asDouble();
            losses.add(line(log, task.getKey(), step -> step.path("loss").path(task.getKey()).asDouble() / first));
            weights.add(line(log, task.getKey(), step -> step.path("weight").path(task.getKey()).asDouble()));
        });
        StringBuilder svg = Svg.start(WIDTH, 2 * HEIGHT);
        plot(svg, "losses over their first, " + rule, losses, log.size(), 0);
        plot(svg, "weights, " + rule, weights, log.size(), HEIGHT);
        Svg.write(svg, file);
    }

    /** Means over stretches of the log, as many as can be told apart. */
    private static Line line(List<JsonNode> log, String name, ToDoubleFunction<JsonNode> value) {
        int points = Math.min(MOST_POINTS, log.size());
        double[] values = new double[points];
        for (int point = 0; point < points; point++) {
            values[point] = log.subList((int) ((long) point * log.size() / points),
                    (int) ((long) (point + 1) * log.size() / points)).stream().mapToDouble(value).average()
                    .orElse(Double.NaN);
        }
        return new Line(name, values);
    }

    private static void plot(StringBuilder svg, String title, List<Line> lines, int steps, int above) {
        double most = lines.stream().flatMapToDouble(line -> java.util.Arrays.stream(line.values))
                .filter(Double::isFinite).max().orElse(1);
        double scale = most > 0 ? most : 1;
        int bottom = above + TOP + PLOT_HEIGHT;
        text(svg, LEFT, above + TOP - 10, "start", title);
        svg.append(String.format(Locale.ROOT, "<path d=\"M%d %dV%dH%d\" fill=\"none\" stroke=\"#444\"/>%n", LEFT,
                above + TOP, bottom, LEFT + PLOT_WIDTH));
        text(svg, LEFT - 6, above + TOP + 4, "end", String.format(Locale.ROOT, "%.2f", scale));
        text(svg, LEFT - 6, bottom + 4, "end", "0");
        text(svg, LEFT + PLOT_WIDTH, bottom + 16, "end", steps + " steps");
        for (int i = 0; i < lines.size(); i++) {
            Line line = lines.get(i);
            String colour = COLOURS.get(i % COLOURS.size());
            StringBuilder points = new StringBuilder();
            for (int k = 0; k < line.values.length; k++) {
                if (Double.isFinite(line.values[k])) {
                    points.append(String.format(Locale.ROOT, "%.1f,%.1f ", LEFT + (k + 0.5) * PLOT_WIDTH
                            / line.values.length, bottom - PLOT_HEIGHT * line.values[k] / scale));
                }
            }
            svg.append("<polyline fill=\"none\" stroke-width=\"1.5\" stroke=\"").append(colour).append("\" points=\"")
                    .append(points.toString().strip()).append("\"/>\n");
            svg.append(String.format(Locale.ROOT, "<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"3\" fill=\"%s\"/>%n",
                    LEFT + PLOT_WIDTH + 14, above + TOP + 16 * i + 2, colour));
            text(svg, LEFT + PLOT_WIDTH + 32, above + TOP + 16 * i + 8, "start", line.name);
        }
    }

    private static void text(StringBuilder svg, int x, int y, String anchor, String text) {
        svg.append(String.format(Locale.ROOT, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>%n", x, y, anchor,
                Svg.escaped(text)));
    }
}
