package io.gimbal.drawing;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Pictures as the bytes of PNG files. */
final class Png {
    private Png() {}

    static byte[] of(BufferedImage picture) {
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(png)) {
            ImageIO.write(picture, "png", stream);
        } catch (IOException exception) {
            throw new IllegalStateException("a picture cannot be written to memory", exception);
        }
        return png.toByteArray();
    }
}
