package io.gimbal.kernels;

import io.gimbal.device.BFloat16;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceMemory;
import io.gimbal.device.SoftDevice;
import io.gimbal.device.Stream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Arrays on the software device and launches over them, in one of its ways. Fresh memory is poisoned, and the ends of
 * each array are guarded: {@link #close} fails if a kernel has written past one. One at a time.
 */
final class KernelRun implements AutoCloseable {
    private final Device device = KernelDevice.get();
    private final Stream stream;
    private final List<DeviceMemory> memory = new ArrayList<>();

    KernelRun(Way way) {
        SoftDevice switches = device.softDevice().orElseThrow();
        switches.simt(way == Way.SIMT);
        switches.guard(true);
        switches.poison(true);
        stream = device.newStream();
    }

    /**
     * Numbers of blocks to launch: few, odd ones, and more than there is work for; fibers being slow, fewer of them.
     */
    static int[] grids(Way way) {
        return way == Way.FAST ? new int[] {1, 2, 7, 40} : new int[] {1, 3, 17};
    }

    /** One of them, chosen by {@code i}. */
    static int grid(Way way, int i) {
        return grids(way)[i % grids(way).length];
    }

    /** An array on the device. */
    final class Array {
        private final DeviceMemory memory;
        private final int bytes;

        private Array(int bytes) {
            this.bytes = bytes;
            this.memory = device.allocate(Math.max(bytes, 1));
            KernelRun.this.memory.add(memory);
        }

        private Array fill(ByteBuffer values) {
            device.upload(memory, values.flip());
            return this;
        }

        private ByteBuffer read() {
            stream.synchronize();
            ByteBuffer values = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
            device.download(memory, values);
            return values.clear();
        }

        /** A pointer to what stands that many bytes behind the start, as an argument of a launch. */
        long at(long offset) {
            return memory.address() + offset;
        }

        float[] floats() {
            float[] values = new float[bytes / Float.BYTES];
            read().asFloatBuffer().get(values);
            return values;
        }

        /** What an array of bf16 holds. */
        float[] bf16() {
            short[] values = new short[bytes / BFloat16.BYTES];
            read().asShortBuffer().get(values);
            float[] wide = new float[values.length];
            for (int i = 0; i < wide.length; i++) {
                wide[i] = BFloat16.toFloat(values[i]);
            }
            return wide;
        }

        double[] doubles() {
            double[] values = new double[bytes / Double.BYTES];
            read().asDoubleBuffer().get(values);
            return values;
        }

        int[] ints() {
            int[] values = new int[bytes / Integer.BYTES];
            read().asIntBuffer().get(values);
            return values;
        }

        long[] longs() {
            long[] values = new long[bytes / Long.BYTES];
            read().asLongBuffer().get(values);
            return values;
        }

        byte[] bytes() {
            byte[] values = new byte[bytes];
            read().get(values);
            return values;
        }
    }

    /** An array of poison, for a kernel to write. */
    Array output(long floats) {
        return new Array(Math.toIntExact(floats * Float.BYTES));
    }

    Array outputBytes(long bytes) {
        return new Array(Math.toIntExact(bytes));
    }

    Array floats(float... values) {
        ByteBuffer buffer = buffer(values.length * Float.BYTES);
        for (float value : values) {
            buffer.putFloat(value);
        }
        return new Array(buffer.position()).fill(buffer);
    }

    /** An array of bf16; the values are rounded to it. */
    Array bf16(float... values) {
        ByteBuffer buffer = buffer(values.length * BFloat16.BYTES);
        for (float value : values) {
            buffer.putShort(BFloat16.of(value));
        }
        return new Array(buffer.position()).fill(buffer);
    }

    Array outputBf16(long elements) {
        return outputBytes(elements * BFloat16.BYTES);
    }

    Array doubles(double... values) {
        ByteBuffer buffer = buffer(values.length * Double.BYTES);
        for (double value : values) {
            buffer.putDouble(value);
        }
        return new Array(buffer.position()).fill(buffer);
    }

    Array ints(int... values) {
        ByteBuffer buffer = buffer(values.length * Integer.BYTES);
        for (int value : values) {
            buffer.putInt(value);
        }
        return new Array(buffer.position()).fill(buffer);
    }

    Array longs(long... values) {
        ByteBuffer buffer = buffer(values.length * Long.BYTES);
        for (long value : values) {
            buffer.putLong(value);
        }
        return new Array(buffer.position()).fill(buffer);
    }

    Array bytes(byte... values) {
        return new Array(values.length).fill(buffer(values.length).put(values));
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    /** Launches; a null argument is a null pointer. */
    void launch(String file, String kernel, int blocks, Object... arguments) {
        Object[] values = new Object[arguments.length];
        for (int i = 0; i < values.length; i++) {
            Object argument = arguments[i];
            values[i] = argument == null ? (Object) 0L : argument instanceof Array array ? array.memory : argument;
        }
        device.kernel(file, kernel).launch(stream, blocks, values);
    }

    /** Waits, and frees the arrays. A device on which anything has failed is given up: the next test opens another. */
    @Override
    public void close() {
        try {
            device.synchronize();
            memory.forEach(DeviceMemory::close);
            stream.close();
        } catch (RuntimeException failure) {
            giveUp(failure);
            throw failure;
        }
    }

    private static void giveUp(RuntimeException failure) {
        try {
            KernelDevice.close();
        } catch (RuntimeException later) {
            failure.addSuppressed(later);
        }
    }
}
