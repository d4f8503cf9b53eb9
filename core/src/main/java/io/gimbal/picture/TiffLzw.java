package io.gimbal.picture;

import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;

/** Lempel, Ziv and Welch's packing as TIFF 6.0 has it, section 13: codes of 9 to 12 bits, the upper bit first. */
final class TiffLzw {
    private static final int CLEAR = 256;
    private static final int END = 257;
    private static final int FIRST = 258;
    private static final int MOST = 4096;

    private final ByteBuffer packed;
    private final byte[] to;
    /** Of each code where its string stands in what is unpacked, and how long it is. */
    private final int[] starts = new int[MOST];
    private final int[] lengths = new int[MOST];
    private int bits;
    private int held;

    TiffLzw(ByteBuffer packed, byte[] to) {
        this.packed = packed;
        this.to = to;
    }

    int unpack() throws DataFormatException {
        int filled = 0;
        int next = FIRST;
        int size = 9;
        int before = -1;
        while (filled < to.length) {
            int code = code(size);
            if (code == END || code < 0) {
                break;
            }
            if (code == CLEAR) {
                next = FIRST;
                size = 9;
                before = -1;
                continue;
            }
            if (code >= next && (code > next || before < 0)) {
                throw new DataFormatException("a code that was not defined");
            }
            int start = filled;
            if (before >= 0 && next < MOST) {
                // The string before, and the first byte of this one, which stands behind it.
                starts[next] = filled - length(before);
                lengths[next] = length(before) + 1;
                next++;
            }
            filled = write(code, start);
            before = code;
            size = next + 1 >= 2048 ? 12 : next + 1 >= 1024 ? 11 : next + 1 >= 512 ? 10 : 9;
        }
        return filled;
    }

    private int length(int code) {
        return code < CLEAR ? 1 : lengths[code];
    }

    private int write(int code, int at) {
        if (code < CLEAR) {
            to[at] = (byte) code;
            return at + 1;
        }
        int end = Math.min(to.length, at + lengths[code]);
        // Byte by byte: a string may reach into itself.
        for (int i = at; i < end; i++) {
            to[i] = to[starts[code] + i - at];
        }
        return end;
    }

    private int code(int size) {
        while (bits < size) {
            if (!packed.hasRemaining()) {
                return -1;
            }
            held = held << 8 | packed.get() & 255;
            bits += 8;
        }
        bits -= size;
        int code = held >>> bits & (1 << size) - 1;
        held &= (1 << bits) - 1;
        return code;
    }
}
