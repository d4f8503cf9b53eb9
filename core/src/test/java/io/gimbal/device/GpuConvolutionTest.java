package io.gimbal.device;

/** cuDNN on a GPU; skipped where there is none. */
class GpuConvolutionTest extends ConvolutionContract {
    @Override
    Device open() {
        return TestDevices.gpu();
    }
}
