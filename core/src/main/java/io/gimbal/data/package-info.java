/**
 * Where samples come from: the {@linkplain io.gimbal.data.DataSet data sets} ({@link io.gimbal.data.Rooms},
 * {@link io.gimbal.data.NyuDepth}), the {@linkplain io.gimbal.data.Sampler order} in which they are taken, and the
 * {@linkplain io.gimbal.data.BatchPipeline background threads} that write them into the caller's buffers ahead of time.
 *
 * <p>Nothing here knows of a device: a batch is written into {@link java.nio.ByteBuffer}s, pinned or not. For users.
 */
package io.gimbal.data;
