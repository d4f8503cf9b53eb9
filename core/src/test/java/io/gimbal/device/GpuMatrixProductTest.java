package io.gimbal.device;

/** cuBLAS on a GPU; skipped where there is none. */
class GpuMatrixProductTest extends MatrixProductContract {
    @Override
    Device open() {
        return TestDevices.gpu();
    }
}
