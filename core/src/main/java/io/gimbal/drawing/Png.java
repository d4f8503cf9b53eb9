package io.gimbal.drawing;

import io.gimbal.picture.PngWriter;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;

/** Pictures as the bytes of PNG files: of {@link BufferedImage#TYPE_INT_RGB} or {@link BufferedImage#TYPE_INT_ARGB}. */
final class Png {
    private Png() {}

    static byte[] of(BufferedImage picture) {
        int[] colours = pixels(picture);
        return picture.getColorModel().hasAlpha()
                ? PngWriter.ofTransparentColours(colours, picture.getHeight(), picture.getWidth())
                : PngWriter.ofColours(colours, picture.getHeight(), picture.getWidth());
    }

    /** The picture's own pixels, row by row: many are set there in a fraction of the time that setRGB takes. */
    static int[] pixels(BufferedImage picture) {
        return ((DataBufferInt) picture.getRaster().getDataBuffer()).getData();
    }
}
