package io.gimbal.kernels;

import io.gimbal.device.BFloat16;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceMemory;
import io.gimbal.device.Stream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Arrays on a device and launches over them, in one of the ways of the device under test. Fresh memory is poisoned, and
 * the ends of each array are guarded: {@link #close} fails if a kernel has written past one. The software device does
 * both by itself; on a GPU each array lies between margins that are looked at in the end. There the system property
 * {@value #GUARDS} set to {@code false} leaves both out, for compute-sanitizer, which watches where an allocation ends
 * and what was never written. One at a time.
 */
final class KernelRun implements AutoCloseable {
    static final String GUARDS = "gimbal.test.guards";
    /** As the software device poisons: a signalling NaN. */
    private static final int POISON = 0x7fbadbad;
    /** What is on either side of an array; a multiple of the alignment that kernels may count on. */
    private static final int MARGIN = 1024;

    private final Device device;
    private final Stream stream;
    private final List<Array> arrays = new ArrayList<>();
    private final int margin;

    KernelRun(Way way) {
        this(way, way == Way.GPU && Boolean.parseBoolean(System.getProperty(GUARDS, "true")));
    }

    /** @param margins whether arrays lie between margins of their own */
    KernelRun(Way way, boolean margins) {
        device = KernelDevice.get(way);
        margin = margins ? MARGIN : 0;
        device.softDevice().ifPresent(soft -> {
            soft.simt(way == Way.SIMT);
            soft.guard(true);
            soft.poison(true);
        });
        stream = device.newStream();
    }

    /**
     * Numbers of blocks to launch: few, odd ones, and more than there is work for; fewer of them where 256 threads a
     * block are slow.
     */
    static int[] grids(Way way) {
        return slow(way) ? new int[] {1, 3, 17} : new int[] {1, 2, 7, 40};
    }

    /** Whether the threads of a block run one by one on the processor. */
    static boolean slow(Way way) {
        return way == Way.SIMT || way == Way.PTX;
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
            this.memory = device.allocate(Math.max(bytes, 1) + 2L * margin);
            arrays.add(this);
            if (margin > 0) {
                device.upload(memory.address(), poison((int) memory.bytes()));
            }
        }

        private Array fill(ByteBuffer values) {
            if (values.flip().hasRemaining()) {
                device.upload(at(0), values);
            }
            return this;
        }

        /** The array with its margins. */
        private ByteBuffer readWhole() {
            stream.synchronize();
            ByteBuffer whole = ByteBuffer.allocateDirect((int) memory.bytes()).order(ByteOrder.nativeOrder());
            device.download(memory, whole);
            return whole.clear();
        }

        private ByteBuffer read() {
            return readWhole().slice(margin, bytes).order(ByteOrder.nativeOrder());
        }

        /** Fails where something was written outside. */
        private void checkMargins() {
            ByteBuffer whole = readWhole();
            ByteBuffer expected = poison(whole.capacity());
            for (int at = 0; at < whole.capacity(); at++) {
                if (at == margin) {
                    at += bytes;
                }
                if (at < whole.capacity() && whole.get(at) != expected.get(at)) {
                    throw new AssertionError("an array of " + bytes + " bytes was written to " + (at < margin
                            ? margin - at + " bytes before its start" : at - margin - bytes + " bytes behind its end"));
                }
            }
        }

        /** A pointer to what stands that many bytes behind the start, as an argument of a launch. */
        long at(long offset) {
            return memory.address() + margin + offset;
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

    private static ByteBuffer poison(int bytes) {
        ByteBuffer poison = ByteBuffer.allocateDirect((bytes + Integer.BYTES - 1) / Integer.BYTES * Integer.BYTES)
                .order(ByteOrder.nativeOrder());
        while (poison.hasRemaining()) {
            poison.putInt(POISON);
        }
        return poison.flip().limit(bytes);
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    /** Launches; a null argument is a null pointer. */
    void launch(String file, String kernel, int blocks, Object... arguments) {
        Object[] values = new Object[arguments.length];
        for (int i = 0; i < values.length; i++) {
            Object argument = arguments[i];
            values[i] = argument == null ? (Object) 0L : argument instanceof Array array ? array.at(0) : argument;
        }
        device.kernel(file, kernel).launch(stream, blocks, values);
    }

    /** Waits, and frees the arrays. A device on which anything has failed is given up: the next test opens another. */
    @Override
    public void close() {
        try {
            device.synchronize();
            if (margin > 0) {
                arrays.forEach(Array::checkMargins);
            }
            arrays.forEach(array -> array.memory.close());
            stream.close();
        } catch (RuntimeException | AssertionError failure) {
            giveUp(failure);
            throw failure;
        }
    }

    private static void giveUp(Throwable failure) {
        try {
            KernelDevice.close();
        } catch (RuntimeException later) {
            failure.addSuppressed(later);
        }
    }
}
