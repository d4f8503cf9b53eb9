package io.gimbal.proof.page;

import java.nio.file.Path;
import java.util.Locale;

/**
 * What the proof's pictures share. They are SVG: text, so that they need no fonts, and a repository shows what changed.
 */
final class Svg {
    private Svg() {}

    /** The start of a picture: a white ground. */
    static StringBuilder start(int width, int height) {
        return new StringBuilder(String.format(Locale.ROOT, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
                + "height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">%n<rect width=\"100%%\" height=\"100%%\" "
                + "fill=\"white\"/>%n", width, height));
    }

    static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;");
    }

    static void write(StringBuilder svg, Path file) {
        TextFile.write(file, svg.append("</svg>\n"));
    }
}
