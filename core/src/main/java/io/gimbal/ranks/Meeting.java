package io.gimbal.ranks;

import io.gimbal.config.Counts;
import io.gimbal.config.UserException;
import java.time.Duration;
import java.util.Objects;

/**
 * Who meets whom, where, and how long each waits. Immutable.
 *
 * @param rank     that this process is, from 0
 * @param ranks    how many there are, this one among them: 1 to 1024
 * @param address  where rank 0 listens, and the others find it
 * @param secret   which all ranks have, and nobody else
 * @param patience how long this rank waits until all have met; above 0
 */
public record Meeting(int rank, int ranks, Address address, Secret secret, Duration patience) {
    private static final int MOST_RANKS = 1024;

    /**
     * Checks them.
     *
     * @throws UserException naming what is out of its bounds
     */
    public Meeting {
        Objects.requireNonNull(address, "address is null");
        Objects.requireNonNull(secret, "secret is null");
        Counts.atLeast("the number of ranks", ranks, 1);
        if (ranks > MOST_RANKS) {
            throw new UserException("the number of ranks is " + ranks + ", but may be at most " + MOST_RANKS + ".");
        }
        if (rank < 0 || rank >= ranks) {
            throw new UserException("the rank is " + rank + ", but of " + ranks + " ranks it must be 0 to "
                    + (ranks - 1) + ".");
        }
        if (patience.isNegative() || patience.isZero()) {
            throw new UserException("the time for which ranks wait for each other is " + patience.toSeconds()
                    + " s, but must be above 0.");
        }
        if (rank > 0 && address.port() == 0) {
            throw new UserException(address + ": rank " + rank + " must be told at which port rank 0 listens; only "
                    + "rank 0 may take any that is free (0).");
        }
    }
}
