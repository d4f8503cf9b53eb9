package io.gimbal.measure;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/** The numbers that an array holds before a launch, one behind the other. Not thread-safe. */
final class ArrayNumbers {
    private final KernelArgument.Array array;
    private final SplittableRandom random;
    private int position;

    /** @param seed of what is random */
    ArrayNumbers(KernelArgument.Array array, long seed) {
        this.array = array;
        this.random = new SplittableRandom(seed);
    }

    /** Fills what remains of a buffer in native byte order. */
    void next(ByteBuffer to) {
        switch (array.fill()) {
            case KernelArgument.Fill.Unwritten _ -> {
                while (to.hasRemaining()) {
                    to.put((byte) -1);
                }
            }
            case KernelArgument.Fill.Constant constant -> {
                while (to.hasRemaining()) {
                    array.type().put(to, constant.value());
                }
            }
            case KernelArgument.Fill.Random range -> random(to, range);
            case KernelArgument.Fill.Stored stored -> {
                ByteBuffer numbers = stored.numbers().numbers();
                int bytes = to.remaining();
                to.put(numbers.slice(position, bytes));
                position += bytes;
            }
        }
    }

    private void random(ByteBuffer to, KernelArgument.Fill.Random range) {
        if (array.type().real()) {
            double low = range.low().doubleValue();
            double high = range.high().doubleValue();
            while (to.hasRemaining()) {
                array.type().put(to, low < high ? random.nextDouble(low, high) : low);
            }
            return;
        }
        long low = range.low().longValue();
        long width = range.high().longValue() - low + 1;
        while (to.hasRemaining()) {
            array.type().put(to, low + random.nextLong(width));
        }
    }
}
