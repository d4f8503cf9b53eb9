package io.gimbal.picture;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/** A picture that Java holds. */
final class RasterPicture extends PictureFile {
    private static final int COLOURS = 3;

    private final BufferedImage image;
    private final boolean grey;

    RasterPicture(Path path, BufferedImage image) {
        super(path);
        this.image = image;
        height = image.getHeight();
        width = image.getWidth();
        int kind = image.getRaster().getTransferType();
        // By its colours a grey would be brightened: Java takes greys for linear light, and files' are not.
        grey = image.getRaster().getNumBands() == 1 && !(image.getColorModel() instanceof IndexColorModel)
                && (kind == DataBuffer.TYPE_BYTE || kind == DataBuffer.TYPE_USHORT);
        alpha = !grey && image.getColorModel().hasAlpha();
        channels = grey ? 1 : alpha ? COLOURS + 1 : COLOURS;
        if (grey && kind == DataBuffer.TYPE_USHORT) {
            type = SampleType.UNSIGNED_16;
            bits = 16;
        }
    }

    @Override
    Samples unpack() {
        ByteBuffer data = ByteBuffer.allocate(height * width * channels * type.bytes()).order(ByteOrder.nativeOrder());
        int[] row = new int[width];
        for (int y = 0; y < height; y++) {
            if (grey) {
                image.getRaster().getSamples(0, y, width, 1, 0, row);
            } else {
                image.getRGB(0, y, width, 1, row, 0, width);
            }
            for (int pixel : row) {
                put(pixel, data);
            }
        }
        return Samples.plain(type, data, height, width, channels);
    }

    private void put(int pixel, ByteBuffer data) {
        if (type == SampleType.UNSIGNED_16) {
            data.putShort((short) pixel);
            return;
        }
        for (int channel = 0; channel < Math.min(channels, COLOURS); channel++) {
            data.put((byte) (grey ? pixel : pixel >> 8 * (COLOURS - 1 - channel)));
        }
        if (alpha) {
            data.put((byte) (pixel >>> 24));
        }
    }
}
