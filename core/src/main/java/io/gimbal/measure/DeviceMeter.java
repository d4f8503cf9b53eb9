package io.gimbal.measure;

import io.gimbal.cuda.Blas;
import io.gimbal.device.Alignment;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceMemory;
import io.gimbal.device.Precision;
import io.gimbal.device.RandomMemory;
import java.util.EnumMap;
import java.util.Map;

/**
 * Measures what a device can do: how fast it copies, and how fast it multiplies matrices. Owns a stream and events, and
 * memory while it measures; closing the device closes it. For one thread, as its {@link WorkTimer} is.
 */
public final class DeviceMeter implements AutoCloseable {
    private static final int ROUNDS = 9;
    private static final long BLAS_WORKSPACE_BYTES = 32L << 20;

    private final Device device;
    private final Extent extent;
    private final WorkTimer timer;

    /**
     * How much is measured.
     *
     * @param copyBytes          of a copy's source and of its destination: several times the caches
     * @param matrixSize         rows and columns of the matrices
     * @param warmUpMilliseconds of work before anything is timed
     */
    public record Extent(long copyBytes, int matrixSize, int warmUpMilliseconds) {}

    /**
     * Measures that much.
     *
     * @param device which is measured
     * @param extent how much
     */
    public DeviceMeter(Device device, Extent extent) {
        this.device = device;
        this.extent = extent;
        this.timer = new WorkTimer(device);
    }

    /**
     * Measures everything.
     *
     * @param measured is run after each measurement, of which there are {@link #measurements}
     * @return the rates
     */
    public DeviceRates measure(Runnable measured) {
        Map<Precision, Distribution> products = new EnumMap<>(Precision.class);
        Distribution copy = copySeconds();
        measured.run();
        for (Precision precision : Precision.values()) {
            products.put(precision, productSeconds(precision));
            measured.run();
        }
        return new DeviceRates(extent.copyBytes(), copy, extent.matrixSize(), products);
    }

    /** {@return how many measurements {@link #measure} makes} */
    public static int measurements() {
        return 1 + Precision.values().length;
    }

    /** {@return bytes read and written a second, each counted, by a copy from device to device} */
    public double copyBytesPerSecond() {
        return 2.0 * extent.copyBytes() / copySeconds().median();
    }

    /** A copy there and one back are a round: neither side is only read. */
    private Distribution copySeconds() {
        long bytes = extent.copyBytes();
        try (DeviceMemory memory = random(2 * bytes, Precision.FLOAT32)) {
            long one = memory.address();
            long other = one + bytes;
            return afterWarmUp(() -> {
                timer.stream().copy(other, one, bytes);
                timer.stream().copy(one, other, bytes);
            }).over(2);
        }
    }

    private Distribution productSeconds(Precision precision) {
        int size = extent.matrixSize();
        long matrixBytes = Alignment.roundUp((long) size * size * precision.bytes());
        Blas.Product product = switch (precision) {
            case FLOAT32 -> Blas.Product.FLOAT32;
            case TF32 -> Blas.Product.TF32;
            case BF16 -> Blas.Product.BF16;
        };
        try (DeviceMemory memory = random(3 * matrixBytes, precision);
                DeviceMemory workspace = device.allocate(BLAS_WORKSPACE_BYTES)) {
            long a = memory.address();
            long b = a + matrixBytes;
            long c = b + matrixBytes;
            Blas blas = device.blas();
            long handle = timer.stream().blasHandle();
            blas.setWorkspace(handle, workspace.address(), BLAS_WORKSPACE_BYTES);
            return afterWarmUp(() -> blas.gemm(handle, product, false, false, size, size, size, 1, a,
                    size, b, size, 0, c, size));
        }
    }

    private DeviceMemory random(long bytes, Precision precision) {
        DeviceMemory memory = device.allocate(bytes);
        try {
            RandomMemory.fill(device, timer.stream(), memory.address(), bytes, precision);
            return memory;
        } catch (RuntimeException failure) {
            memory.close();
            throw failure;
        }
    }

    private Distribution afterWarmUp(Runnable work) {
        timer.warmUp(extent.warmUpMilliseconds(), work);
        return timer.time(ROUNDS, work);
    }

    @Override
    public void close() {
        timer.close();
    }
}
