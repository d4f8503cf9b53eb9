/** The software device, within the jar. */
module io.gimbal.softcuda {
    requires io.gimbal;

    provides io.gimbal.cuda.SoftwareProvider with io.gimbal.softcuda.PackedSoftwareDevice;
}
