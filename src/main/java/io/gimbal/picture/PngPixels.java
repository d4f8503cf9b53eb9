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
        int rowBytes = 1 + Math.toIntExact(((long) columns * channels * bits + 7) / 8);
        int blockRows = Math.clamp(BLOCK / rowBytes, 1, rows);
        // The row before a block stands in front of it; before the first one, zeros.
        byte[] block = new byte[(1 + blockRows) * rowBytes];
        for (int y = 0; y < rows; y++) {
            int at = (1 + y % blockRows) * rowBytes;
            if (y % blockRows == 0) {
                System.arraycopy(block, blockRows * rowBytes, block, 0, y == 0 ? 0 : rowBytes);
                fill(inflater, block, rowBytes, Math.min(blockRows, rows - y) * rowBytes);
            }
            restore(block, at, rowBytes);
            int to = (pass[0] + y * pass[2]) * width + pass[1];
            if (pass[3] == 1 && bits >= 8) {
                System.arraycopy(block, at + 1, unpacked, to * pixelBytes, rowBytes - 1);
            } else if (bits >= 8) {
                spread(block, at + 1, columns, to, pass[3]);
            } else {
                split(block, at + 1, columns, to, pass[3]);
            }
        }
    }

    private void fill(Inflater inflater, byte[] block, int start, int count) throws DataFormatException {
        int filled = 0;
        while (filled < count) {
            int more = inflater.inflate(block, start + filled, count - filled);
            filled += more;
            if (more == 0) {
                if (inflater.finished() || inflater.needsDictionary() || next == packed.size()) {
                    throw damaged.of("its pixels end too early");
                }
                inflater.setInput(packed.get(next++).duplicate());
            }
        }
    }

    /** Puts back what its filter took off a row, which begins with the filter's number. */
    private void restore(byte[] block, int at, int rowBytes) {
        int start = at + 1;
        int second = Math.min(start + pixelBytes, at + rowBytes);
        int end = at + rowBytes;
        switch (block[at]) {
            case 0 -> { }
            case 1 -> {
                for (int i = second; i < end; i++) {
                    block[i] += block[i - pixelBytes];
                }
            }
            case 2 -> {
                for (int i = start; i < end; i++) {
                    block[i] += block[i - rowBytes];
                }
            }
            case 3 -> {
                for (int i = start; i < second; i++) {
                    block[i] += (byte) ((block[i - rowBytes] & 255) >> 1);
                }
                for (int i = second; i < end; i++) {
                    block[i] += (byte) ((block[i - pixelBytes] & 255) + (block[i - rowBytes] & 255) >> 1);
                }
            }
            case 4 -> {
                for (int i = start; i < second; i++) {
                    block[i] += block[i - rowBytes];
                }
                restorePaeth(block, second, end, rowBytes);
            }
            default -> throw damaged.of("a row has filter " + (block[at] & 255));
        }
    }

    /** Paeth's filter: of left, above and above left, that which is nearest to left + above - above left. */
    private void restorePaeth(byte[] block, int start, int end, int rowBytes) {
        for (int i = start; i < end; i++) {
            int left = block[i - pixelBytes] & 255;
            int above = block[i - rowBytes] & 255;
            int corner = block[i - rowBytes - pixelBytes] & 255;
            int fromLeft = Math.abs(above - corner);
            int fromAbove = Math.abs(left - corner);
            int fromCorner = Math.abs(left + above - 2 * corner);
            int nearest = fromLeft <= fromAbove && fromLeft <= fromCorner ? left
                    : fromAbove <= fromCorner ? above : corner;
            block[i] += (byte) nearest;
        }
    }

    private void spread(byte[] block, int from, int columns, int to, int step) {
        for (int x = 0; x < columns; x++) {
            System.arraycopy(block, from + x * pixelBytes, unpacked, (to + x * step) * pixelBytes, pixelBytes);
        }
    }

    private void split(byte[] block, int from, int columns, int to, int step) {
        int most = (1 << bits) - 1;
        for (int x = 0; x < columns; x++) {
            int bit = x * bits;
            unpacked[to + x * step] = (byte) (block[from + (bit >> 3)] >> 8 - bits - (bit & 7) & most);
        }
    }
}
