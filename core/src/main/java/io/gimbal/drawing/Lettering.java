package io.gimbal.drawing;

import java.awt.image.BufferedImage;
import java.util.Arrays;

/**
 * Letters of five by seven dots for printable ASCII, drawn by us: a machine without fonts (a container, a build
 * server) makes the same pictures as any other. What is not printable ASCII is drawn as '?'.
 */
final class Lettering {
    /** Dots of a letter and the gap after it. */
    static final int ADVANCE = 6;
    static final int HEIGHT = 8;

    /** For each letter from space on, five columns of two hex digits; the lowest bit is the topmost dot. */
    private static final String DOTS = "0000000000" + "00005F0000" + "0007000700" + "147F147F14" + "242A7F2A12"
            + "2313086462"
            + "3649552250" + "0005030000" + "001C224100" + "0041221C00" + "14083E0814" + "08083E0808" + "0050300000"
                    + "0808080808"
            + "0060600000" + "2010080402" + "3E5149453E" + "00427F4000" + "4261514946" + "2141454B31" + "1814127F10"
                    + "2745454539"
            + "3C4A494930" + "0171090503" + "3649494936" + "064949291E" + "0036360000" + "0056360000" + "0814224100"
                    + "1414141414"
            + "0041221408" + "0201510906" + "324979413E" + "7E1111117E" + "7F49494936" + "3E41414122" + "7F4141221C"
                    + "7F49494941"
            + "7F09090901" + "3E4149497A" + "7F0808087F" + "00417F4100" + "2040413F01" + "7F08142241" + "7F40404040"
                    + "7F020C027F"
            + "7F0408107F" + "3E4141413E" + "7F09090906" + "3E4151215E" + "7F09192946" + "4649494931" + "01017F0101"
                    + "3F4040403F"
            + "1F2040201F" + "3F4038403F" + "6314081463" + "0708700807" + "6151494543" + "007F414100" + "0204081020"
                    + "0041417F00"
            + "0402010204" + "4040404040" + "0001020400" + "2054545478" + "7F48444438" + "3844444420" + "384444487F"
                    + "3854545418"
            + "087E090102" + "18A4A49C78" + "7F08040478" + "00447D4000" + "4080847D00" + "7F10284400" + "00417F4000"
                    + "7C04180478"
            + "7C08040478" + "3844444438" + "FC18242418" + "18242418FC" + "7C08040408" + "4854545420" + "043F444020"
                    + "3C4040207C"
            + "1C2040201C" + "3C4030403C" + "4428102844" + "1CA0A0A07C" + "4464544C44" + "0008364100" + "00007F0000"
                    + "0041360800"
            + "08082A1C08";

    private Lettering() { }

    /** Pixels that a text is wide, each dot being {@code scale} pixels. */
    static int width(String text, int scale) {
        return Math.max(0, text.length() * ADVANCE - 1) * scale;
    }

    /** Draws a text with its upper left corner at (x, y); what falls outside the picture is left out. */
    static void draw(BufferedImage picture, String text, int x, int y, int scale, int colour) {
        for (int i = 0; i < text.length(); i++) {
            int letter = text.charAt(i) < ' ' || text.charAt(i) > '~' ? '?' : text.charAt(i);
            for (int column = 0; column < 5; column++) {
                int at = (letter - ' ') * 10 + column * 2;
                int dots = Integer.parseInt(DOTS, at, at + 2, 16);
                for (int row = 0; row < HEIGHT; row++) {
                    if ((dots >> row & 1) == 1) {
                        fill(picture, x + (i * ADVANCE + column) * scale, y + row * scale, scale, scale, colour);
                    }
                }
            }
        }
    }

    /** Fills a rectangle, as far as it lies within the picture. */
    static void fill(BufferedImage picture, int x, int y, int width, int height, int colour) {
        int[] pixels = Png.pixels(picture);
        int total = picture.getWidth();
        int left = Math.clamp(x, 0, total);
        int right = Math.clamp((long) x + width, left, total);
        for (int row = Math.max(0, y); row < Math.min(picture.getHeight(), y + height); row++) {
            Arrays.fill(pixels, row * total + left, row * total + right, colour);
        }
    }
}
