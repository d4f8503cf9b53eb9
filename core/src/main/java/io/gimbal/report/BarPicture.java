package io.gimbal.report;

import java.util.List;
import java.util.Locale;

/** Figures as bars, SVG. */
final class BarPicture {
    private static final int WIDTH = 960;
    private static final int LEFT = 20;
    private static final int BARS = 430;
    private static final int LONGEST = 420;
    private static final int ROW = 28;
    private static final int TOP = 60;

    private BarPicture() {}

    /** A figure, from 0 on, and what it is of. */
    record Bar(String name, double value) {}

    static String of(String title, List<Bar> bars) {
        double most = bars.stream().mapToDouble(Bar::value).max().orElse(1);
        int height = TOP + ROW * bars.size() + 10;
        StringBuilder svg = new StringBuilder();
        svg.append(String.format(Locale.ROOT, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\""
                + "%d\" height=\"%d\" font-family=\"system-ui, sans-serif\" font-size=\"13\">%n<title>%s</title>%n"
                + "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>%n<text x=\"%d\" y=\"32\" font-size=\"18\">%s"
                + "</text>%n", WIDTH, height, WIDTH, height, escaped(title), LEFT, escaped(title)));
        for (int k = 0; k < bars.size(); k++) {
            Bar bar = bars.get(k);
            int top = TOP + k * ROW;
            double length = most > 0 ? LONGEST * bar.value() / most : 0;
            svg.append(String.format(Locale.ROOT, "<text x=\"%d\" y=\"%d\">%s</text>%n<rect x=\"%d\" y=\"%d\" width=\""
                    + "%.1f\" height=\"18\" fill=\"#2a6fdb\"/>%n<text x=\"%.1f\" y=\"%d\">%.2f</text>%n", LEFT, top
                    + 14,
                    escaped(bar.name()), BARS, top, length, BARS + length + 8, top + 14, bar.value()));
        }
        return svg.append("</svg>\n").toString();
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
