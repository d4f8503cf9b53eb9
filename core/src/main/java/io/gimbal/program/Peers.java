package io.gimbal.program;

import io.gimbal.device.Communicator;
import io.gimbal.device.Stream;
import java.util.List;
import java.util.Optional;

/**
 * The ranks that run a program together, as one of them sees them: each has a part of every batch, of the same size,
 * and what depends on the whole batch is exchanged between them.
 *
 * @param rank          this one, from 0
 * @param count         how many there are
 * @param ownStatistics whether batch norms normalise a rank's examples by their own statistics, and not by those of the
 *                      whole batch
 * @param communicator  by which they exchange; empty for one rank alone, and for a program that is only written
 */
public record Peers(int rank, int count, boolean ownStatistics, Optional<Communicator> communicator) {
    /** One rank, which has the whole batch. */
    public static final Peers NONE = new Peers(0, 1, false, Optional.empty());

    /** Checks the numbers. */
    public Peers {
        if (count < 1 || rank < 0 || rank >= count) {
            throw new IllegalArgumentException("there is no rank " + rank + " of " + count);
        }
    }

    /**
     * {@return the ranks of a communicator}
     *
     * @param communicator  must stay open as long as the program
     * @param ownStatistics whether batch norms normalise a rank's examples by their own statistics
     */
    public static Peers of(Communicator communicator, boolean ownStatistics) {
        return new Peers(communicator.rank(), communicator.ranks(), ownStatistics, Optional.of(communicator));
    }

    /**
     * {@return so many ranks, for a program that is written and not run}
     *
     * @param count         how many
     * @param ownStatistics whether batch norms normalise a rank's examples by their own statistics
     */
    public static Peers planned(int count, boolean ownStatistics) {
        return new Peers(0, count, ownStatistics, Optional.empty());
    }

    /** {@return whether batch norms normalise by the statistics of several ranks' examples} */
    public boolean shareStatistics() {
        return !alone() && !ownStatistics;
    }

    /** {@return whether there is no other rank} */
    public boolean alone() {
        return count == 1;
    }

    /** Throws an {@link IllegalStateException} that says why, if the ranks are no longer joined. */
    public void requireJoined() {
        communicator.ifPresent(Communicator::requireJoined);
    }

    void put(Instruction.Call.Exchange exchange, Stream stream) {
        Communicator joined = joined();
        List<Communicator.Part> parts = exchange.parts().stream().map(Exchanged::part).toList();
        switch (exchange.kind()) {
            case GATHER -> joined.gather(parts, stream);
            case SUM, AVERAGE -> joined.reduce(exchange.kind().reduction(), parts, stream);
        }
        if (!exchange.beside()) {
            joined.awaitIn(stream);
        }
    }

    /**
     * Gives all ranks what rank 0 has in memory.
     *
     * @param memory as large on every rank
     * @param stream whose work is waited for, and which waits
     */
    public void broadcast(List<Exchanged> memory, Stream stream) {
        if (!alone()) {
            joined().broadcast(memory.stream().map(Exchanged::part).toList(), stream);
            joined().awaitIn(stream);
        }
    }

    void await(Stream stream) {
        joined().awaitIn(stream);
    }

    private Communicator joined() {
        return communicator.orElseThrow(() -> new IllegalStateException("this program of " + count
                + " ranks was only written: none of them is joined to the others"));
    }
}
