package io.gimbal.cli;

import io.gimbal.device.BindingKind;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;

/** A program of JCuda's that calls what the libraries standing in for CUDA 12 do not have. */
final class UnforwardedProgram {
    private UnforwardedProgram() {}

    public static void main(String[] arguments) {
        Device.load(DeviceKind.SOFT, BindingKind.JCUDA);
        int managed = 0;
        int saxpy = 0;
        // Twice: what is not forwarded is told once.
        for (int i = 0; i < 2; i++) {
            managed = JCudaDriver.cuMemAllocManaged(new CUdeviceptr(), 64, 1);
            cublasHandle handle = new cublasHandle();
            JCublas2.cublasCreate(handle);
            Pointer values = Pointer.to(new float[] {1});
            saxpy = JCublas2.cublasSaxpy(handle, 1, values, new CUdeviceptr(), 1, new CUdeviceptr(), 1);
            JCublas2.cublasDestroy(handle);
        }
        System.out.println(managed + " " + saxpy + " " + JCublas2.cublasGetStatusString(saxpy));
    }
}
