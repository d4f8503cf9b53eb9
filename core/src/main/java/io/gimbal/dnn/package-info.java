/**
 * Convolutions by cuDNN: their geometry, its operation graphs, the engines that it offers, and which of them is the
 * fastest on the device at hand or the first for one that is only described. For Gimbal's own packages: who wants a
 * convolution asks a {@link io.gimbal.dnn.ConvolutionPlanner} for a {@link io.gimbal.dnn.ConvolutionPlan}.
 */
package io.gimbal.dnn;
