package io.gimbal.picture;

import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** How the bytes of a TIFF's strips and tiles are packed (TIFF 6.0, sections 9 and 13, and its technical notes). */
enum TiffPacking {
    NONE {
        @Override
        int unpack(ByteBuffer packed, byte[] to) {
            int count = Math.min(packed.remaining(), to.length);
            packed.get(to, 0, count);
            return count;
        }
    },
    LZW {
        @Override
        int unpack(ByteBuffer packed, byte[] to) throws DataFormatException {
            return new TiffLzw(packed, to).unpack();
        }
    },
    DEFLATE {
        @Override
        int unpack(ByteBuffer packed, byte[] to) throws DataFormatException {
            try (Inflater inflater = new Inflater()) {
                inflater.setInput(packed);
                int filled = 0;
                int more = 1;
                while (filled < to.length && more > 0) {
                    more = inflater.inflate(to, filled, to.length - filled);
                    filled += more;
                }
                return filled;
            }
        }
    },
    PACK_BITS {
        @Override
        int unpack(ByteBuffer packed, byte[] to) {
            int filled = 0;
            while (filled < to.length && packed.remaining() >= 2) {
                int head = packed.get();
                if (head >= 0) {
                    int count = Math.min(Math.min(head + 1, packed.remaining()), to.length - filled);
                    packed.get(to, filled, count);
                    filled += count;
                } else if (head != -128) {
                    int end = Math.min(filled + 1 - head, to.length);
                    java.util.Arrays.fill(to, filled, end, packed.get());
                    filled = end;
                }
            }
            return filled;
        }
    };

    /** By the number of the tag of compression; null for those that are not read. */
    static TiffPacking of(long number) {
        return switch ((int) number) {
            case 1 -> NONE;
            case 5 -> LZW;
            case 8, 32946 -> DEFLATE;
            case 32773 -> PACK_BITS;
            default -> null;
        };
    }

    /** Fills an array; returns how many bytes there were for it. */
    abstract int unpack(ByteBuffer packed, byte[] to) throws DataFormatException;
}
