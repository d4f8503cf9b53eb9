/**
 * A trainer over any batches: {@link io.gimbal.train.Trainer} and what it takes and throws are for users; what it
 * shares with runs and replays (their folder, their trace, what became of rejected steps) is for Gimbal's own
 * packages.
 */
package io.gimbal.train;
