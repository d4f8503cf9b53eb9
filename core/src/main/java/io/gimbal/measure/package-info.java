/**
 * What work must cost, and what it costs. For Gimbal's own packages; {@link io.gimbal.measure.KernelBench}, which
 * measures a kernel of one's own, is for users, too.
 */
package io.gimbal.measure;
