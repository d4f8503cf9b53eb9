package io.gimbal.ranks;

import java.time.Duration;

/**
 * How long the ranks wait for each other.
 *
 * @param heartbeat a rank that has nothing to say says so as often
 * @param silence   a rank of which nothing is heard for as long is lost
 * @param proof     who connects must have proven that it is a rank by then
 * @param retry     a rank that has not found rank 0 tries again after this
 * @param firstNote who waits says so after this
 * @param nextNotes and says it again as often
 * @param farewell  for as long a rank that ends waits for others to take its last words
 */
record Timing(Duration heartbeat, Duration silence, Duration proof, Duration retry, Duration firstNote,
        Duration nextNotes, Duration farewell) {
    /** Within {@code silence} and {@code farewell}, 22 s, all ranks know of any loss. */
    static final Timing USUAL = new Timing(Duration.ofSeconds(1), Duration.ofSeconds(20), Duration.ofSeconds(5),
            Duration.ofMillis(500), Duration.ofSeconds(2), Duration.ofSeconds(10), Duration.ofSeconds(2));
}
