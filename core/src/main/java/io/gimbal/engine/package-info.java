/**
 * A step over a network: forward, losses, the fused multi-task backward pass, balancing, the optimiser. For users; what
 * losses, balancing rules and optimisers implement stands here, too.
 *
 * <p>A {@link io.gimbal.engine.NetworkGraph} is built once. From it a {@link io.gimbal.engine.TrainingStep} or an
 * {@link io.gimbal.engine.InferenceStep} writes a linear {@link io.gimbal.program.Program} of launches, whose buffers
 * lie in one arena by liveness, and which is captured as one CUDA graph.
 */
package io.gimbal.engine;
