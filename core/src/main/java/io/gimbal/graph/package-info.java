/**
 * A network as a directed graph: values, the operations that make and read them, parameters, and what follows from
 * these: the tasks that depend on a value, whether it is learned, of which each task's cotangent is kept apart, which
 * have channels added in memory. What an operation may ask of the passes that run it stands here as interfaces. For
 * Gimbal's own packages; for users who write a loss or a layer, and meet {@link io.gimbal.graph.Shape} there.
 */
package io.gimbal.graph;
