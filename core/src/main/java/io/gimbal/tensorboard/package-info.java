/**
 * A run's figures and pictures as {@linkplain io.gimbal.tensorboard.RunEvents event files}, which TensorBoard reads.
 * For Gimbal's own packages.
 */
package io.gimbal.tensorboard;
