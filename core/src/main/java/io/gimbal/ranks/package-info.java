/**
 * How the processes of one data-parallel training, its ranks, find each other, let nobody else in, exchange small
 * messages, and notice each other's end. {@link io.gimbal.ranks.Ranks} says all that a caller needs; nothing here
 * knows of devices or of training. For Gimbal's own packages.
 *
 * <p>Rank 0 listens, the others connect to it, and all that is said goes through it. Who lacks the {@linkplain
 * io.gimbal.ranks.Secret secret} is not let in and cannot change what is said; who listens to the network can read it.
 */
package io.gimbal.ranks;
