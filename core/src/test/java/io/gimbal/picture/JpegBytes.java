package io.gimbal.picture;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** JPEG files for tests, with the markers that a test wants. */
public final class JpegBytes {
    public static final int JFIF = 0xE0;
    public static final int EXIF = 0xE1;
    public static final int ICC = 0xE2;
    public static final int ADOBE = 0xEE;

    private JpegBytes() { }

    /** As the JDK writes it: luminance at full, chrominances at half resolution, with a JFIF marker. */
    public static byte[] of(BufferedImage image, boolean progressive) throws IOException {
        return write(new IIOImage(image, null, null), progressive);
    }

    /** Channels as they are given, of a plain picture, without any marker that tells what they mean. */
    public static byte[] ofChannels(int width, int height, int... values) throws IOException {
        WritableRaster raster = Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, width, height, values.length,
                null);
        for (int i = 0; i < width * height; i++) {
            raster.setPixel(i % width, i / width, values);
        }
        return withoutApplications(write(new IIOImage(raster, null, null), false));
    }

    private static byte[] write(IIOImage image, boolean progressive) throws IOException {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ImageOutputStream stream = new MemoryCacheImageOutputStream(bytes)) {
            ImageWriteParam param = writer.getDefaultWriteParam();
            param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            param.setCompressionQuality(1);
            param.setProgressiveMode(progressive ? ImageWriteParam.MODE_DEFAULT : ImageWriteParam.MODE_DISABLED);
            writer.setOutput(stream);
            writer.write(null, image, param);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    /** Adobe's marker: 0 for colours or inks as they are, 1 for luminance, 2 for luminance and black. */
    public static byte[] adobe(byte[] jpeg, int transform) {
        return with(jpeg, ADOBE, join(ascii("Adobe"), new byte[] {0, 100, 0, 0, 0, 0, (byte) transform}));
    }

    public static byte[] jfif(byte[] jpeg) {
        return with(jpeg, JFIF, join(ascii("JFIF\0"), new byte[] {1, 1, 0, 0, 1, 0, 1, 0, 0}));
    }

    /** Another segment behind the start marker. */
    public static byte[] with(byte[] jpeg, int marker, byte[] body) {
        int length = body.length + 2;
        byte[] head = {jpeg[0], jpeg[1], (byte) 0xFF, (byte) marker, (byte) (length >> 8), (byte) length};
        return join(head, body, java.util.Arrays.copyOfRange(jpeg, 2, jpeg.length));
    }

    /** More bytes before the last so many. */
    public static byte[] before(byte[] jpeg, int last, byte... more) {
        return join(java.util.Arrays.copyOf(jpeg, jpeg.length - last), more,
                java.util.Arrays.copyOfRange(jpeg, jpeg.length - last, jpeg.length));
    }

    /** Where a marker's segment begins that stands before the pixels. */
    public static int find(byte[] jpeg, int marker) {
        int at = 2;
        while ((jpeg[at + 1] & 255) != marker) {
            at += 2 + length(jpeg, at);
        }
        return at;
    }

    private static int length(byte[] jpeg, int at) {
        return (jpeg[at + 2] & 255) << 8 | jpeg[at + 3] & 255;
    }

    private static byte[] withoutApplications(byte[] jpeg) {
        ByteArrayOutputStream rest = new ByteArrayOutputStream();
        rest.write(jpeg, 0, 2);
        int at = 2;
        while ((jpeg[at + 1] & 255) != 0xDA) {
            int end = at + 2 + length(jpeg, at);
            if ((jpeg[at + 1] & 0xF0) != 0xE0) {
                rest.write(jpeg, at, end - at);
            }
            at = end;
        }
        rest.write(jpeg, at, jpeg.length - at);
        return rest.toByteArray();
    }

    public static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    public static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        List.of(parts).forEach(all::writeBytes);
        return all.toByteArray();
    }

    /** EXIF's entry for the orientation, in TIFF's form, behind one other entry. */
    public static byte[] orientation(int number, boolean littleEndian) {
        java.nio.ByteBuffer tiff = java.nio.ByteBuffer.allocate(8 + 2 + 24 + 4);
        tiff.order(littleEndian ? java.nio.ByteOrder.LITTLE_ENDIAN : java.nio.ByteOrder.BIG_ENDIAN);
        tiff.put(ascii(littleEndian ? "II" : "MM")).putShort((short) 42).putInt(8).putShort((short) 2);
        tiff.putShort((short) 0x0100).putShort((short) 4).putInt(1).putInt(640);
        tiff.putShort((short) 0x0112).putShort((short) 3).putInt(1).putShort((short) number).putShort((short) 0);
        return tiff.putInt(0).array();
    }
}
