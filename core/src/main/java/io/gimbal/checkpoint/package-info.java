/**
 * A model's values in files: start values, published ones, and checkpoints that a training goes on from. For Gimbal's
 * own packages.
 */
package io.gimbal.checkpoint;
