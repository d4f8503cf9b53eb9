/** Training: the trainer, checkpoints, and the replay of the reference's cases. */
package io.gimbal.train;
