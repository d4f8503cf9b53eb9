package io.gimbal.cuda;

import io.gimbal.cuda.Collectives.Element;
import io.gimbal.cuda.Collectives.Reduction;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What ranks put into collectives, and what must come out of them, bit for bit. */
final class CollectiveValues {
    private CollectiveValues() {}

    /** A rank's values: of very different sizes, so that the order of a sum shows. */
    static ByteBuffer of(int rank, int count, Element element, boolean numbersOnly) {
        ByteBuffer values = empty(count, element);
        for (int i = 0; i < count; i++) {
            long bits = mixed(((long) rank << 32 | i) + 1);
            // One of the sign and fraction of these bits, whose exponent is among 16.
            double value = Double.longBitsToDouble(bits & 0x800fffffffffffffL | 1016 + (bits >>> 52 & 15) << 52);
            if (!numbersOnly && (bits & 7) == 0) {
                value = (bits & 8) == 0 ? Double.NaN : -0.0;
            }
            switch (element) {
                case BYTE -> values.put((byte) bits);
                case INT32 -> values.putInt((int) bits);
                case INT64 -> values.putLong(bits);
                case FLOAT32 -> values.putFloat((float) value);
                case FLOAT64 -> values.putDouble(value);
                case BF16 -> values.putShort(bf16((float) value));
            }
        }
        return values.flip();
    }

    /** The end of SplitMix64. */
    private static long mixed(long number) {
        long bits = number * 0x9e3779b97f4a7c15L;
        bits = (bits ^ bits >>> 30) * 0xbf58476d1ce4e5b9L;
        bits = (bits ^ bits >>> 27) * 0x94d049bb133111ebL;
        return bits ^ bits >>> 31;
    }

    static ByteBuffer empty(int count, Element element) {
        return ByteBuffer.allocate(count * element.bytes()).order(ByteOrder.nativeOrder());
    }

    /** All ranks' values, reduced in the order of the ranks. */
    static ByteBuffer reduced(int ranks, int count, Element element, Reduction reduction, boolean numbersOnly) {
        ByteBuffer[] all = new ByteBuffer[ranks];
        for (int rank = 0; rank < ranks; rank++) {
            all[rank] = of(rank, count, element, numbersOnly);
        }
        ByteBuffer result = empty(count, element);
        for (int i = 0; i < count; i++) {
            switch (element) {
                case BYTE -> result.put((byte) whole(all, reduction, (buffer, at) -> buffer.get(at) & 0xff, i, 0xffL));
                case INT32 -> result.putInt((int) whole(all, reduction, (buffer, at) -> buffer.getInt(4 * at), i, 0));
                case INT64 -> result.putLong(whole(all, reduction, (buffer, at) -> buffer.getLong(8 * at), i, -1));
                case FLOAT32 -> result.putFloat(single(all, reduction, (buffer, at) -> buffer.getFloat(4 * at), i));
                case FLOAT64 -> result.putDouble(twice(all, reduction, i));
                case BF16 -> result.putShort(bf16(single(all, reduction,
                        (buffer, at) -> Float.intBitsToFloat(buffer.getShort(2 * at) << 16), i)));
            }
        }
        return result.flip();
    }

    private interface Whole {
        long at(ByteBuffer buffer, int index);
    }

    private interface Single {
        float at(ByteBuffer buffer, int index);
    }

    /** @param kind of the sum, which wraps: 0xff of a byte, 0 of 32 bits, -1 of 64 */
    private static long whole(ByteBuffer[] all, Reduction reduction, Whole value, int index, long kind) {
        long result = value.at(all[0], index);
        for (int rank = 1; rank < all.length; rank++) {
            long next = value.at(all[rank], index);
            result = switch (reduction) {
                case SUM, AVERAGE -> {
                    long sum = result + next;
                    yield kind == 0xff ? sum & 0xff : kind == 0 ? (int) sum : sum;
                }
                case MAX -> Math.max(result, next);
                case MIN -> Math.min(result, next);
            };
        }
        return reduction == Reduction.AVERAGE ? result / all.length : result;
    }

    private static float single(ByteBuffer[] all, Reduction reduction, Single value, int index) {
        float result = value.at(all[0], index);
        for (int rank = 1; rank < all.length; rank++) {
            float next = value.at(all[rank], index);
            result = switch (reduction) {
                case SUM, AVERAGE -> result + next;
                case MAX -> next > result || Float.isNaN(result) ? next : result;
                case MIN -> next < result || Float.isNaN(result) ? next : result;
            };
        }
        return reduction == Reduction.AVERAGE ? result / all.length : result;
    }

    private static double twice(ByteBuffer[] all, Reduction reduction, int index) {
        double result = all[0].getDouble(8 * index);
        for (int rank = 1; rank < all.length; rank++) {
            double next = all[rank].getDouble(8 * index);
            result = switch (reduction) {
                case SUM, AVERAGE -> result + next;
                case MAX -> next > result || Double.isNaN(result) ? next : result;
                case MIN -> next < result || Double.isNaN(result) ? next : result;
            };
        }
        return reduction == Reduction.AVERAGE ? result / all.length : result;
    }

    /** To the nearest, to even in the middle. */
    static short bf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }
}
