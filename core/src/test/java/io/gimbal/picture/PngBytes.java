package io.gimbal.picture;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** PNG files for tests, of whatever chunks a test wants. */
public final class PngBytes {
    public static final int GREY = 0;
    public static final int COLOURS = 2;
    public static final int PALETTE = 3;
    public static final int GREY_ALPHA = 4;
    public static final int COLOURS_ALPHA = 6;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    public PngBytes(int width, int height, int bits, int type) {
        this(width, height, bits, type, false);
    }

    public PngBytes(int width, int height, int bits, int type, boolean interlaced) {
        bytes.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10});
        chunk("IHDR", ByteBuffer.allocate(13).putInt(width).putInt(height).put((byte) bits).put((byte) type)
                .put(12, (byte) (interlaced ? 1 : 0)).array());
    }

    public PngBytes chunk(String name, byte... body) {
        byte[] named = JpegBytes.join(JpegBytes.ascii(name), body);
        CRC32 sum = new CRC32();
        sum.update(named);
        bytes.writeBytes(ByteBuffer.allocate(4).putInt(body.length).array());
        bytes.writeBytes(named);
        bytes.writeBytes(ByteBuffer.allocate(4).putInt((int) sum.getValue()).array());
        return this;
    }

    /** The file of these rows, each with the number of its filter in front. */
    public byte[] rows(byte... rows) {
        return chunk("IDAT", deflated(rows, rows.length)).chunk("IEND").bytes.toByteArray();
    }

    public byte[] end() {
        return chunk("IEND").bytes.toByteArray();
    }

    /** Packed as zlib does; beyond the first bytes come zeros. */
    public static byte[] deflated(byte[] first, long length) {
        try (Deflater deflater = new Deflater(9)) {
            ByteArrayOutputStream packed = new ByteArrayOutputStream();
            byte[] out = new byte[1 << 16];
            byte[] zeros = new byte[1 << 20];
            deflater.setInput(first);
            long left = length - first.length;
            while (!deflater.finished()) {
                if (deflater.needsInput()) {
                    int more = (int) Math.min(zeros.length, left);
                    left -= more;
                    deflater.setInput(zeros, 0, more);
                    if (more == 0) {
                        deflater.finish();
                    }
                }
                packed.write(out, 0, deflater.deflate(out));
            }
            return packed.toByteArray();
        }
    }
}
