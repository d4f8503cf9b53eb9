package io.gimbal.measure;

import io.gimbal.device.Precision;
import io.gimbal.dnn.DeviceLimits;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What a device was measured to do.
 *
 * @param copiedBytes    of one copy from device to device, each of which is read and written
 * @param copySeconds    of such a copy
 * @param matrixSize     rows, columns and inner dimension of the products
 * @param productSeconds of a cuBLAS product of two random matrices, for each precision
 */
public record DeviceRates(long copiedBytes, Distribution copySeconds, int matrixSize,
        Map<Precision, Distribution> productSeconds) {
    /** Keeps a copy. */
    public DeviceRates {
        productSeconds = new EnumMap<>(productSeconds);
    }

    /** {@return bytes read and written a second by a copy, each counted} */
    public double copyBytesPerSecond() {
        return 2.0 * copiedBytes / copySeconds.median();
    }

    /**
     * {@return how many multiplications and additions a second the products made}
     *
     * @param precision of the products
     */
    public double flops(Precision precision) {
        return 2.0 * Math.pow(matrixSize, 3) / productSeconds.get(precision).median();
    }

    /** {@return the rates as the limits of the device} */
    public DeviceLimits limits() {
        return new DeviceLimits(flops(Precision.BF16), flops(Precision.TF32), flops(Precision.FLOAT32),
                copyBytesPerSecond(), Optional.empty(), String.format(Locale.ROOT, "measured in this process: a copy "
                + "of %d MiB from device to device, cuBLAS products of %d x %d x %d", copiedBytes >> 20, matrixSize,
                matrixSize, matrixSize));
    }
}
