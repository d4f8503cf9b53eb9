package io.gimbal.device;

/** The contract on a GPU; skipped where there is none. */
class GpuDeviceTest extends DeviceContract {
    @Override
    Device open() {
        return TestDevices.gpu();
    }
}
