import io.gimbal.cuda.SoftwareProvider;
import io.gimbal.softcuda.PackedSoftwareDevice;

/** The software device, within the jar. */
module io.gimbal.softcuda {
    requires io.gimbal;

    provides SoftwareProvider with PackedSoftwareDevice;
}
