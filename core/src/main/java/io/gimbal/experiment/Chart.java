package io.gimbal.experiment;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Lines with bands, or points with whiskers, over two linear axes: SVG in a page that has the report's styles. */
final class Chart {
    private static final int WIDTH = 480;
    private static final int HEIGHT = 300;
    private static final int LEFT = 58;
    private static final int RIGHT = 14;
    private static final int TOP = 10;
    private static final int BOTTOM = 42;
    private static final int TICKS = 5;
    /** So many colours the report's styles have; each has a dash of its own, too. */
    static final int COLOURS = 8;
    private static final String[] DASHES = {"", "7 4", "2 3", "10 3 2 3", "5 2", "12 4", "2 5", "8 3 2 3 2 3"};

    private final String across;
    private final String up;
    private final List<Mark> marks = new ArrayList<>();
    private double ruleX = Double.NaN;
    private double ruleY = Double.NaN;

    /** @param across what the axes tell, from left to right and upwards */
    Chart(String across, String up) {
        this.across = across;
        this.up = up;
    }

    /** A place with how far it spreads; whiskers or bands of 0 are not drawn. */
    record Place(double x, double y, double spreadX, double spreadY) {}

    private record Mark(String name, int series, List<Place> places, boolean line) {}

    /** Adds a line through places, with a band as high as they spread. */
    Chart line(String name, int series, List<Place> places) {
        marks.add(new Mark(name, series, places, true));
        return this;
    }

    /** Adds a point with whiskers. */
    Chart point(String name, int series, Place place) {
        marks.add(new Mark(name, series, List.of(place), false));
        return this;
    }

    /** Adds a grey line where x, or y, has a value; NaN adds none. */
    Chart rules(double x, double y) {
        ruleX = x;
        ruleY = y;
        return this;
    }

    /** Whether there is anything to draw. */
    boolean isEmpty() {
        return marks.stream().allMatch(mark -> mark.places.isEmpty());
    }

    /** How a series is drawn in the legend. */
    static String key(String name, int series) {
        return "<span class=\"key\"><svg width=\"26\" height=\"10\"><line x1=\"1\" x2=\"25\" y1=\"5\" y2=\"5\" "
                + stroke(series) + "/></svg><span class=\"name\">" + escaped(name) + "</span></span>";
    }

    private static String stroke(int series) {
        return String.format("stroke=\"var(--c%d)\" stroke-width=\"2\" stroke-dasharray=\"%s\" fill=\"none\"",
                series % COLOURS, DASHES[series / COLOURS % DASHES.length]);
    }

    static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }

    /** The picture. */
    String svg() {
        Axis x = Axis.over(places().mapToDouble(place -> place.x - place.spreadX).min().orElse(0),
                places().mapToDouble(place -> place.x + place.spreadX).max().orElse(1), LEFT, WIDTH - RIGHT);
        Axis y = Axis.over(places().mapToDouble(place -> place.y - place.spreadY).min().orElse(0),
                places().mapToDouble(place -> place.y + place.spreadY).max().orElse(1), HEIGHT - BOTTOM, TOP);
        StringBuilder svg = new StringBuilder(String.format("<svg viewBox=\"0 0 %d %d\" width=\"100%%\" role=\"img\" "
                + "font-size=\"12\" aria-label=\"%s over %s\">", WIDTH, HEIGHT, escaped(up), escaped(across)));
        x.ticks().forEach(tick -> svg.append(String.format(Locale.ROOT, "<line x1=\"%1$.1f\" x2=\"%1$.1f\" y1=\"%2$d\" "
                + "y2=\"%3$d\" stroke=\"var(--grid)\"/><text x=\"%1$.1f\" y=\"%4$d\" text-anchor=\"middle\" "
                + "fill=\"var(--soft)\">%5$s</text>", x.place(tick), TOP, HEIGHT - BOTTOM, HEIGHT - BOTTOM + 16,
                x.text(tick))));
        y.ticks().forEach(tick -> svg.append(String.format(Locale.ROOT, "<line x1=\"%1$d\" x2=\"%2$d\" y1=\"%3$.1f\" "
                + "y2=\"%3$.1f\" stroke=\"var(--grid)\"/><text x=\"%4$d\" y=\"%5$.1f\" text-anchor=\"end\" "
                + "fill=\"var(--soft)\">%6$s</text>", LEFT, WIDTH - RIGHT, y.place(tick), LEFT - 6, y.place(tick) + 4,
                y.text(tick))));
        svg.append(String.format("<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" fill=\"var(--soft)\">%s</text>",
                (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, escaped(across)));
        rules(svg, x, y);
        marks.stream().filter(mark -> mark.line).forEach(mark -> band(svg, mark, x, y));
        marks.forEach(mark -> draw(svg, mark, x, y));
        return svg.append("</svg>").toString();
    }

    private Stream<Place> places() {
        Place middle = marks.stream().flatMap(mark -> mark.places.stream()).findFirst().orElse(new Place(0, 0, 0, 0));
        Place ruled = new Place(Double.isNaN(ruleX) ? middle.x : ruleX, Double.isNaN(ruleY) ? middle.y : ruleY, 0, 0);
        return Stream.concat(Stream.of(ruled), marks.stream().flatMap(mark -> mark.places.stream()));
    }

    private void rules(StringBuilder svg, Axis x, Axis y) {
        String line = "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"var(--soft)\" "
                + "stroke-dasharray=\"4 3\"/>";
        if (!Double.isNaN(ruleX)) {
            svg.append(String.format(Locale.ROOT, line, x.place(ruleX), (double) TOP, x.place(ruleX),
                    (double) HEIGHT - BOTTOM));
        }
        if (!Double.isNaN(ruleY)) {
            svg.append(String.format(Locale.ROOT, line, (double) LEFT, y.place(ruleY), (double) WIDTH - RIGHT,
                    y.place(ruleY)));
        }
    }

    private static void band(StringBuilder svg, Mark mark, Axis x, Axis y) {
        StringBuilder points = new StringBuilder();
        mark.places.forEach(place -> points.append(at(x.place(place.x), y.place(place.y + place.spreadY))));
        mark.places.reversed().forEach(place -> points.append(at(x.place(place.x), y.place(place.y
                - place.spreadY))));
        svg.append(String.format("<polygon points=\"%s\" fill=\"var(--c%d)\" fill-opacity=\"var(--band)\"/>", points,
                mark.series % COLOURS));
    }

    private static void draw(StringBuilder svg, Mark mark, Axis x, Axis y) {
        if (mark.line && mark.places.size() > 1) {
            StringBuilder points = new StringBuilder();
            mark.places.forEach(place -> points.append(at(x.place(place.x), y.place(place.y))));
            svg.append(String.format("<polyline points=\"%s\" %s><title>%s</title></polyline>", points, stroke(
                    mark.series), escaped(mark.name)));
            return;
        }
        for (Place place : mark.places) {
            whisker(svg, mark.series, x.place(place.x - place.spreadX), y.place(place.y), x.place(place.x
                    + place.spreadX), y.place(place.y));
            whisker(svg, mark.series, x.place(place.x), y.place(place.y - place.spreadY), x.place(place.x), y.place(
                    place.y + place.spreadY));
            svg.append(String.format(Locale.ROOT, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"var(--c%d)\">"
                    + "<title>%s</title></circle>", x.place(place.x), y.place(place.y), mark.series % COLOURS,
                    escaped(mark.name)));
        }
    }

    private static void whisker(StringBuilder svg, int series, double x1, double y1, double x2, double y2) {
        if (x1 != x2 || y1 != y2) {
            svg.append(String.format(Locale.ROOT, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" "
                    + "stroke=\"var(--c%d)\" stroke-width=\"1.5\"/>", x1, y1, x2, y2, series % COLOURS));
        }
    }

    private static String at(double x, double y) {
        return String.format(Locale.ROOT, "%.1f,%.1f ", x, y);
    }

    /** Values from least to most, laid out between two edges. */
    private record Axis(double least, double most, double step, double from, double to) {
        static Axis over(double least, double most, double from, double to) {
            double span = most > least ? most - least : Math.max(Math.abs(least), 1) * 0.1;
            double middle = (least + most) / 2;
            double low = middle - span * 0.53;
            double high = middle + span * 0.53;
            double rough = (high - low) / TICKS;
            double power = Math.pow(10, Math.floor(Math.log10(rough)));
            double digit = rough / power;
            return new Axis(low, high, power * (digit > 5 ? 10 : digit > 2 ? 5 : digit > 1 ? 2 : 1), from, to);
        }

        double place(double value) {
            return from + (value - least) / (most - least) * (to - from);
        }

        List<Double> ticks() {
            List<Double> ticks = new ArrayList<>();
            for (double k = Math.ceil(least / step); k * step <= most; k++) {
                ticks.add(k * step);
            }
            return ticks;
        }

        String text(double tick) {
            int digits = (int) Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
            return String.format(Locale.ROOT, "%." + digits + "f", tick + 0.0);
        }
    }
}
