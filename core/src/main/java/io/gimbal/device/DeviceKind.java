package io.gimbal.device;

/** What to compute on. */
public enum DeviceKind {
    /** A GPU if one can be used, else the software device. */
    AUTO,
    /** A GPU, or an error that says why there is none. */
    GPU,
    /** The software device, on the processor. */
    SOFT
}
