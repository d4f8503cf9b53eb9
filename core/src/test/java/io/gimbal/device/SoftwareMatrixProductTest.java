package io.gimbal.device;

/** The software device's matrix product, with guards and poison on. */
class SoftwareMatrixProductTest extends MatrixProductContract {
    @Override
    Device open() {
        return TestDevices.soft();
    }
}
