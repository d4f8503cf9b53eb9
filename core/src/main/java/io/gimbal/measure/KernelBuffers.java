package io.gimbal.measure;

import io.gimbal.device.BFloat16;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceMemory;
import io.gimbal.device.RandomMemory;
import io.gimbal.device.Stream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;

/**
 * Device memory for the launches of one kernel. All of it holds random data, that of outputs too: a device may move and
 * multiply zeros faster than others. Owns the memory. Not thread-safe.
 */
final class KernelBuffers implements AutoCloseable {
    /** What is made on the host; more is filled with copies of it. */
    private static final int BLOCK_BYTES = 1 << 20;
    private static final long SEED = 1;
    private static final byte[] NORMAL = block(BLOCK_BYTES, (random, buffer) ->
            buffer.putFloat((float) random.nextGaussian()));
    private static final byte[] NORMAL_BF16 = block(BLOCK_BYTES, (random, buffer) ->
            buffer.putShort(BFloat16.of((float) random.nextGaussian())));
    private static final byte[] POSITIVE = block(BLOCK_BYTES, (random, buffer) ->
            buffer.putFloat(0.5f + random.nextFloat()));
    private static final byte[] POSITIVE_DOUBLES = block(BLOCK_BYTES, (random, buffer) ->
            buffer.putDouble(0.5 + random.nextDouble()));

    private final Device device;
    private final Stream stream;
    private final List<DeviceMemory> memory = new ArrayList<>();

    /** @param stream what fills memory beyond the first block of it */
    KernelBuffers(Device device, Stream stream) {
        this.device = device;
        this.stream = stream;
    }

    /** A tensor of the network's: normally distributed. */
    long elements(boolean bf16, long count) {
        return bf16 ? filled(count * BFloat16.BYTES, NORMAL_BF16) : floats(count);
    }

    long floats(long count) {
        return filled(count * Float.BYTES, NORMAL);
    }

    /** Floats from 0.5 to 1.5: variances, weights, shares. */
    long positive(long count) {
        return filled(count * Float.BYTES, POSITIVE);
    }

    /** Doubles from 0.5 to 1.5. */
    long doubles(long count) {
        return filled(count * Double.BYTES, POSITIVE_DOUBLES);
    }

    /** The products of so many random gradients, in two camps: all rules have an answer and conflicts to settle. */
    long gram(int tasks) {
        Random random = new Random(SEED);
        double[][] gradients = new double[tasks][2 * tasks];
        for (int k = 0; k < 2 * tasks; k++) {
            double common = random.nextGaussian();
            for (int t = 0; t < tasks; t++) {
                gradients[t][k] = random.nextGaussian() + (t % 2 == 0 ? common : -common) / 2;
            }
        }
        ByteBuffer products = ByteBuffer.allocate(tasks * tasks * Double.BYTES).order(ByteOrder.nativeOrder());
        for (double[] one : gradients) {
            for (double[] other : gradients) {
                double product = 0;
                for (int k = 0; k < 2 * tasks; k++) {
                    product += one[k] * other[k];
                }
                products.putDouble(product);
            }
        }
        return filled(products.capacity(), products.array());
    }

    /** Bytes from 0 to less than {@code bound}. */
    long bytes(long count, int bound) {
        return filled(count, block(count, (random, buffer) -> buffer.put((byte) random.nextInt(bound))));
    }

    /** ints from 0 to less than {@code bound}. */
    long ints(long count, int bound) {
        return filled(count * Integer.BYTES, block(count * Integer.BYTES, (random, buffer) ->
                buffer.putInt(random.nextInt(bound))));
    }

    /** An int of that value. */
    long constant(int value) {
        return equalInts(1, value);
    }

    /** {@code count} ints of that value. */
    long equalInts(long count, int value) {
        return filled(count * Integer.BYTES, block(Integer.BYTES, (random, buffer) -> buffer.putInt(value)));
    }

    /** {@code count} longs of that value. */
    long constants(long count, long value) {
        return filled(count * Long.BYTES, block(count * Long.BYTES, (random, buffer) -> buffer.putLong(value)));
    }

    /** So many bytes, or a block where they are more. */
    private static byte[] block(long bytes, BiConsumer<Random, ByteBuffer> next) {
        Random random = new Random(SEED);
        ByteBuffer block = ByteBuffer.allocate((int) Math.min(bytes, BLOCK_BYTES)).order(ByteOrder.nativeOrder());
        while (block.hasRemaining()) {
            next.accept(random, block);
        }
        return block.array();
    }

    private long filled(long bytes, byte[] block) {
        DeviceMemory all = device.allocate(Math.max(bytes, 1));
        memory.add(all);
        int first = (int) Math.min(bytes, block.length);
        device.upload(all.address(), ByteBuffer.allocateDirect(first).put(block, 0, first).flip());
        RandomMemory.repeat(stream, all.address(), first, bytes);
        return all.address();
    }

    @Override
    public void close() {
        memory.forEach(DeviceMemory::close);
        memory.clear();
    }
}
