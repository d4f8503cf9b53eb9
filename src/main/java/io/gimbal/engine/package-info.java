/**
 * A network as a static graph: shapes, parameters, the memory plan, and the fused multi-task backward
 * pass.
 *
 * <p>A {@link io.gimbal.engine.NetworkGraph} is built once. From it a {@link io.gimbal.engine.TrainingStep} or an
 * {@link io.gimbal.engine.InferenceStep} writes a linear program of launches, lays its buffers out in one arena by
 * liveness, and captures it as one CUDA graph.
 */
package io.gimbal.engine;
