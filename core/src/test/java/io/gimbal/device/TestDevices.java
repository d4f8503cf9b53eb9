package io.gimbal.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/** The devices that contracts are tested on, and small transfers. */
final class TestDevices {
    private TestDevices() {}

    /** The software device with guarded ends and poisoned fresh memory. */
    static Device soft() {
        return soft(BindingKind.PANAMA);
    }

    /** The same by one of the bindings. */
    static Device soft(BindingKind by) {
        return watched(Device.open(DeviceKind.SOFT, by));
    }

    /** A software device with guarded ends and poisoned fresh memory from now on. */
    static Device watched(Device device) {
        SoftDevice soft = device.softDevice().orElseThrow();
        soft.guard(true);
        soft.poison(true);
        return device;
    }

    /** Fails where something is alive that was made on a device which is closed. */
    static void assertNothingIsLeft(SoftDevice soft) {
        assertEquals(0, soft.get("live_allocations"), "device memory that was not freed");
        for (String what : new String[] {"live_host_allocations", "live_streams", "live_events", "live_graphs",
            "live_executables", "live_modules",
            "live_communicators"}) {
            assertEquals(0, soft.get(what), what);
        }
    }

    /** Puts every switch back. */
    static void reset(SoftDevice soft) {
        soft.guard(false);
        soft.poison(false);
        soft.lateStreams(false);
        soft.simt(false);
        soft.failAllocation(0);
        soft.allEngines(false);
    }

    /** A GPU; skips the test where there is none. */
    static Device gpu() {
        return gpu(BindingKind.PANAMA);
    }

    /** The same by one of the bindings. */
    static Device gpu(BindingKind by) {
        String refusal = DeviceChoice.gpuRefusal();
        assumeTrue(refusal.isEmpty(), () -> "no GPU: " + refusal);
        return Device.open(DeviceKind.GPU, by);
    }

    static DeviceMemory memory(Device device, float... values) {
        DeviceMemory memory = device.allocate(Math.max(1, values.length) * 4L);
        ByteBuffer bytes = bytes(values.length * 4);
        bytes.asFloatBuffer().put(values);
        device.upload(memory, bytes);
        return memory;
    }

    static DeviceMemory memory(Device device, double... values) {
        DeviceMemory memory = device.allocate(values.length * 8L);
        ByteBuffer bytes = bytes(values.length * 8);
        bytes.asDoubleBuffer().put(values);
        device.upload(memory, bytes);
        return memory;
    }

    static DeviceMemory memory(Device device, int... values) {
        DeviceMemory memory = device.allocate(values.length * 4L);
        ByteBuffer bytes = bytes(values.length * 4);
        bytes.asIntBuffer().put(values);
        device.upload(memory, bytes);
        return memory;
    }

    static DeviceMemory memory(Device device, long... values) {
        DeviceMemory memory = device.allocate(values.length * 8L);
        ByteBuffer bytes = bytes(values.length * 8);
        bytes.asLongBuffer().put(values);
        device.upload(memory, bytes);
        return memory;
    }

    static float[] floats(Device device, DeviceMemory memory) {
        float[] values = new float[(int) (memory.bytes() / 4)];
        bytes(device, memory).asFloatBuffer().get(values);
        return values;
    }

    static double[] doubles(Device device, DeviceMemory memory) {
        double[] values = new double[(int) (memory.bytes() / 8)];
        bytes(device, memory).asDoubleBuffer().get(values);
        return values;
    }

    static long[] longs(Device device, DeviceMemory memory) {
        long[] values = new long[(int) (memory.bytes() / 8)];
        bytes(device, memory).asLongBuffer().get(values);
        return values;
    }

    static int[] ints(Device device, DeviceMemory memory) {
        int[] values = new int[(int) (memory.bytes() / 4)];
        bytes(device, memory).asIntBuffer().get(values);
        return values;
    }

    /** The values rounded to bf16. */
    static DeviceMemory bf16Memory(Device device, float... values) {
        DeviceMemory memory = device.allocate(Math.max(1, values.length) * (long) BFloat16.BYTES);
        ByteBuffer bytes = bytes(values.length * BFloat16.BYTES);
        for (float value : values) {
            bytes.putShort(BFloat16.of(value));
        }
        device.upload(memory, bytes.flip());
        return memory;
    }

    static float[] bf16Floats(Device device, DeviceMemory memory) {
        ByteBuffer bytes = bytes(device, memory);
        float[] values = new float[(int) (memory.bytes() / BFloat16.BYTES)];
        for (int i = 0; i < values.length; i++) {
            values[i] = BFloat16.toFloat(bytes.getShort(i * BFloat16.BYTES));
        }
        return values;
    }

    /** Random values that bf16 has. */
    static float[] randomBf16(long seed, int count) {
        float[] values = random(seed, count);
        for (int i = 0; i < count; i++) {
            values[i] = BFloat16.rounded(values[i]);
        }
        return values;
    }

    static float[] random(long seed, int count) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat(-1, 1);
        }
        return values;
    }

    private static ByteBuffer bytes(Device device, DeviceMemory memory) {
        ByteBuffer bytes = bytes((int) memory.bytes());
        device.download(memory, bytes);
        return bytes;
    }

    private static ByteBuffer bytes(int count) {
        return ByteBuffer.allocate(count).order(ByteOrder.nativeOrder());
    }
}
