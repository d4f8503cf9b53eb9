package io.gimbal.proof.page;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Draws times as bars, each with the least that it could be in it. */
public final class Bars {
    private static final int LEFT = 330;
    private static final int WIDTH = 860;
    private static final int LONGEST = 440;
    private static final int ROW = 20;

    private Bars() {}

    /**
     * A bar.
     *
     * @param seconds that it took
     * @param least   seconds that it takes at the limits
     */
    public record Bar(String name, double seconds, double least) {}

    public static void draw(List<Bar> bars, String title, Path file) {
        double most = bars.stream().mapToDouble(bar -> Math.max(bar.seconds, bar.least)).max().orElse(1);
        StringBuilder svg = Svg.start(WIDTH, ROW * (bars.size() + 2)).append(String.format(Locale.ROOT,
                "<text x=\"%d\" y=\"18\">%s</text>%n", LEFT, Svg.escaped(title)));
        for (int i = 0; i < bars.size(); i++) {
            Bar bar = bars.get(i);
            int y = ROW * (i + 1) + 10;
            svg.append(String.format(Locale.ROOT, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>"
                    + "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"14\" fill=\"#56b4e9\"/>"
                    + "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"7\" fill=\"#003b5c\"/>"
                    + "<text x=\"%.1f\" y=\"%d\">%.3f</text>%n", LEFT - 8, y + 11, Svg.escaped(bar.name), LEFT, y,
                    LONGEST * bar.seconds / most, LEFT, y + 4, LONGEST * bar.least / most,
                    LEFT + LONGEST * Math.max(bar.seconds, bar.least) / most + 6, y + 11, 1e3 * bar.seconds));
        }
        Svg.write(svg, file);
    }
}
