package io.gimbal.cli;

import io.gimbal.config.UserException;
import io.gimbal.device.Device;
import io.gimbal.ranks.Address;
import io.gimbal.ranks.Meeting;
import io.gimbal.ranks.RankLostException;
import io.gimbal.ranks.Ranks;
import io.gimbal.ranks.Secret;
import io.gimbal.run.RankGroup;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** The options that say which rank of how many this process is. */
final class RankOptions {
    /** Others may be started by hand, one after the other. */
    static final Duration PATIENCE = Duration.ofMinutes(10);

    @Option(names = "--ranks", paramLabel = "N", description = "Trains with N processes on this machine, one a GPU, or "
            + "N software devices that share the processors: each takes its part of every batch.")
    private Integer ranks;

    @Option(names = "--rank", paramLabel = "R", description = "Trains as rank R (from 0) of ranks that are started by "
            + "hand, on one machine or several; with --of and --meet. Rank 0 keeps the run's folder.")
    private Integer rank;

    @Option(names = "--of", paramLabel = "N", description = "With --rank: how many ranks there are.")
    private Integer of;

    @Option(names = "--meet", paramLabel = "HOST:PORT", description = "With --rank: where rank 0 is met, an address of "
            + "its machine.")
    private String meet;

    @Option(names = "--secret", paramLabel = "FILE", description = "With --rank: the file with what all ranks know and "
            + "nobody else; by default the environment variable " + Secret.VARIABLE + ".")
    private Path secret;

    /** Of a process that another rank started: what a terminal sends is for that one. */
    @Option(names = LocalRanks.STARTED, hidden = true)
    private boolean started;

    /** Refuses what does not go together. A process that another started ends with that one from now on. */
    void check() {
        if (started) {
            LocalRanks.endWithStarter();
        }
        if (ranks != null && (rank != null || of != null || meet != null || secret != null)) {
            throw new UserException("--ranks starts all ranks on this machine, and needs no --rank, --of, --meet or "
                    + "--secret, which are for ranks that are started by hand");
        }
        if (ranks != null && ranks < 1) {
            throw new UserException("--ranks is " + ranks + "; it must be at least 1");
        }
        boolean one = rank != null || of != null || meet != null;
        if (one && (rank == null || of == null || meet == null)) {
            throw new UserException("a rank that is started by hand is told --rank, --of and --meet, all three; "
                    + (rank == null ? "--rank" : of == null ? "--of" : "--meet") + " is missing");
        }
        if (secret != null && !one) {
            throw new UserException("--secret goes with --rank, --of and --meet");
        }
        if (one && (of < 1 || rank < 0 || rank >= of)) {
            throw new UserException("--rank is " + rank + " and --of is " + of + "; ranks are 0 to --of less 1");
        }
    }

    /** Which rank this process is; 0 where there is one alone, and where it starts the others. */
    int rank() {
        return rank == null ? 0 : rank;
    }

    /** How many ranks there are. */
    int count() {
        return ranks != null ? ranks : of != null ? of : 1;
    }

    /** Whether this process starts the others. */
    boolean local() {
        return ranks != null && ranks > 1;
    }

    /** Whether another process started this one. */
    boolean started() {
        return started;
    }

    /**
     * Starts the other ranks where this process is to, meets them, and does this one's part.
     *
     * @param arguments of this command, which ranks get that are started
     * @param progress  told what is waited for
     * @throws RankLostException     if a rank is lost that was started by hand
     * @throws IllegalStateException if one is that this process has started, with what it said of it
     */
    <T> T together(Device device, List<String> arguments, Consumer<String> progress, Function<RankGroup, T> part) {
        if (!local()) {
            return together(device, Ranks.meet(meeting(), progress), part);
        }
        LocalRanks.Met met = LocalRanks.start(count(), arguments, device, progress);
        try (LocalRanks processes = met.processes()) {
            try {
                return together(device, met.ranks(), part);
            } catch (RankLostException lost) {
                throw new IllegalStateException(lost.getMessage() + processes.complaint(lost), lost);
            }
        }
    }

    private static <T> T together(Device device, Ranks met, Function<RankGroup, T> part) {
        try (RankGroup group = RankGroup.join(met, device, PATIENCE)) {
            return group.together(() -> part.apply(group));
        }
    }

    /** Where and as what to meet the others, of a rank that is started by hand. */
    private Meeting meeting() {
        Address address = Address.of("--meet", meet);
        Secret known = secret != null ? Secret.fromFile(secret) : Secret.fromEnvironment(System.getenv())
                .orElseThrow(() -> new UserException("ranks that are started by hand need a secret which all of them "
                        + "have: make one by 'openssl rand -hex 32 > FILE; chmod 600 FILE', and name it by --secret "
                        + "FILE, or set " + Secret.VARIABLE));
        return new Meeting(rank, of, address, known, PATIENCE);
    }
}
