/**
 * Work over buffers that have no address yet: a {@link io.gimbal.program.ProgramBuilder} collects launches,
 * convolutions and products, a {@link io.gimbal.program.MemoryPlan} lays their buffers out in one arena by liveness,
 * and a {@link io.gimbal.program.Program} is all of it, captured as one CUDA graph. For Gimbal's own packages, and for
 * users whose losses, balancing rules and optimisers write their launches into a builder.
 */
package io.gimbal.program;
