/** Record batches of Apache Arrow as batches that a {@link io.gimbal.train.Trainer} takes. For users. */
package io.gimbal.arrow;
