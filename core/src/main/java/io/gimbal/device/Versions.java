package io.gimbal.device;

/**
 * The versions of the libraries that a device works by, such as "13.0" and "9.24.0"; the software device says those of
 * the interfaces that it offers.
 *
 * @param driver the newest CUDA that the driver does
 * @param nvrtc  the compiler of kernels
 * @param cublas matrix products
 * @param cudnn  convolutions
 */
public record Versions(String driver, String nvrtc, String cublas, String cudnn) {}
