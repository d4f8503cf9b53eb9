package io.gimbal.device;

import org.junit.jupiter.api.Test;

/** The software device's convolutions, with guards and poison on. */
class SoftwareConvolutionTest extends ConvolutionContract {
    @Override
    Device open() {
        return TestDevices.soft();
    }

    @Test
    void aGraphThatCannotBeRunIsRefusedAtFinalizeByName() {
        assertDoubleConvolutionIsRefused();
    }
}
