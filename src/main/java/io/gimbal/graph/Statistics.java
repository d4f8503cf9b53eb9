package io.gimbal.graph;

/**
 * The running statistics that a batch norm moves, and how. Several may move the same.
 *
 * @param module   the name of the first that has them, by which files know them
 * @param use      how many batch norms before this one move them in a step
 * @param momentum by how much this one moves them
 */
public record Statistics(String module, int use, int channels, float momentum) {}
