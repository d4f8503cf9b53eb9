package io.gimbal.picture;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The packed pixels of a PNG: rows, each with the number of a filter in front, that says what was taken off its bytes;
 * of an interlaced one seven pictures, each of every so manieth pixel (PNG, third edition, sections 7 to 9).
 */
final class PngPixels {
    /** Of the seven pictures: the first row and column, and the steps from each to the next. */
    private static final int[][] PASSES = {{0, 0, 8, 8}, {0, 4, 8, 8}, {4, 0, 8, 4}, {0, 2, 4, 4}, {2, 0, 4, 2},
            {0, 1, 2, 2}, {1, 0, 2, 1}};
    private static final int[][] WHOLE = {{0, 0, 1, 1}};

    /** About how many bytes are unpacked at once. */
    private static final int BLOCK = 1 << 16;

    private final int height;
    private final int width;
    private final int channels;
    private final int bits;
    private final List<ByteBuffer> packed;
    private final Samples.Refusal damaged;
    /** How far back a filter looks: a pixel, and a byte at least. */
    private final int pixelBytes;
    private final byte[] unpacked;
    private int next;

    /** @param damaged what is thrown where the pixels are not all there */
    PngPixels(int height, int width, int channels, int bits, List<ByteBuffer> packed, Samples.Refusal damaged) {
        this.height = height;
        this.width = width;
        this.channels = channels;
        this.bits = bits;
        this.packed = packed;
        this.damaged = damaged;
        pixelBytes = Math.max(1, channels * bits / 8);
        unpacked = new byte[height * width * channels * (bits == 16 ? 2 : 1)];
    }

    /** A byte for each number of up to 8 bits, two of 16, the higher one first. */
    byte[] unpack(boolean interlaced) {
        try (Inflater inflater = new Inflater()) {
            for (int[] pass : interlaced ? PASSES : WHOLE) {
                unpack(inflater, pass);
            }
        } catch (DataFormatException exception) {
            throw damaged.of(exception.getMessage() == null ? "its pixels are no deflated bytes"
                    : exception.getMessage());
        }
        return unpacked;
    }

    private void unpack(Inflater inflater, int[] pass) throws DataFormatException {
        int rows = (height - pass[0] + pass[2] - 1) / pass[2];
        int columns = (width - pass[1] + pass[3] - 1) / pass[3];
        if (rows < 1 || columns < 1) {
            return;
        }
        int rowBytes = Math.toIntExact(((long) columns * channels * bits + 7) / 8);
        int blockRows = Math.clamp(BLOCK / (1 + rowBytes), 1, rows);
        byte[] block = new byte[blockRows * (1 + rowBytes)];
        PngRow row = new PngRow(rowBytes, pixelBytes);
        for (int y = 0; y < rows; y++) {
            int at = y % blockRows * (1 + rowBytes);
            if (at == 0) {
                fill(inflater, block, Math.min(blockRows, rows - y) * (1 + rowBytes));
            }
            if (!row.restore(block[at], block, at + 1)) {
                throw damaged.of("a row has filter " + (block[at] & 255));
            }
            int to = (pass[0] + y * pass[2]) * width + pass[1];
            if (pass[3] == 1 && bits >= 8) {
                System.arraycopy(row.bytes(), 0, unpacked, to * pixelBytes, rowBytes);
            } else if (bits >= 8) {
                spread(row.bytes(), columns, to, pass[3]);
            } else {
                split(row.bytes(), columns, to, pass[3]);
            }
        }
    }

    private void fill(Inflater inflater, byte[] block, int count) throws DataFormatException {
        int filled = 0;
        while (filled < count) {
            int more = inflater.inflate(block, filled, count - filled);
            filled += more;
            if (more == 0) {
                if (inflater.finished() || inflater.needsDictionary() || next == packed.size()) {
                    throw damaged.of("its pixels end too early");
                }
                inflater.setInput(packed.get(next++).duplicate());
            }
        }
    }

    private void spread(byte[] row, int columns, int to, int step) {
        for (int x = 0; x < columns; x++) {
            System.arraycopy(row, x * pixelBytes, unpacked, (to + x * step) * pixelBytes, pixelBytes);
        }
    }

    private void split(byte[] row, int columns, int to, int step) {
        int most = (1 << bits) - 1;
        for (int x = 0; x < columns; x++) {
            int bit = x * bits;
            unpacked[to + x * step] = (byte) (row[bit >> 3] >> 8 - bits - (bit & 7) & most);
        }
    }
}
