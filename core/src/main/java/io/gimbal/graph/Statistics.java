package io.gimbal.graph;

/**
 * The running statistics that a batch norm has, and how it moves them. Several may have the same.
 *
 * @param module   the name of the first that has them, by which files know them
 * @param use      how many batch norms before this one have them
 * @param channels of what it normalises
 * @param momentum by how much this one moves them
 * @param frozen   whether it leaves them as they are, and normalises by them in training, too
 */
public record Statistics(String module, int use, int channels, float momentum, boolean frozen) {}
