/**
 * The binding by JCuda: its driver, NVRTC, cuBLAS and cuDNN classes behind the same four interfaces. JCuda's natives
 * ask for the sonames of CUDA 12 and cuDNN 9; where the CUDA that is there has others, or is the software device, the
 * libraries of {@code native/forward} stand in for them.
 */
package io.gimbal.cuda.jcuda;
