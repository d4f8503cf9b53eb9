package io.gimbal.run;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.cuda.CudaException;
import io.gimbal.device.Communicator;
import io.gimbal.device.Device;
import io.gimbal.program.Peers;
import io.gimbal.ranks.RankLostException;
import io.gimbal.ranks.Ranks;
import io.gimbal.train.DivergedException;
import io.gimbal.train.Trainer;
import io.gimbal.train.TrainingStoppedException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * The ranks of a training: their processes are joined by {@link Ranks}, their devices by a {@link Communicator}. Rank 0
 * leads: it says which step comes, and when all is done. Where a rank is lost, what waits for it on the device ends,
 * too.
 *
 * <p>For the thread that trains. Owns what it was made of.
 */
public final class RankGroup implements AutoCloseable {
    /** How long a device that has lost another waits for the word of the processes, which say it better. */
    private static final Duration WORD = Duration.ofSeconds(30);
    /** The same while they join, where it is more likely that the devices cannot be joined at all. */
    private static final Duration WORD_IN_JOINING = Duration.ofSeconds(2);
    /** What differs where ranks have files of their own. */
    private static final Set<String> OWN = Set.of("name", "data.path", "validation", "validation.path", "best", "init");

    private enum Word { STEP, COMPARE, REJECTIONS, END }

    private final Ranks ranks;
    private final Communicator communicator;
    private final CompletableFuture<RankLostException> loss;
    private final ExecutorService exchanges = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon()
            .name("exchanges between ranks").factory());
    private boolean over;

    private RankGroup(Ranks ranks, Communicator communicator, CompletableFuture<RankLostException> loss) {
        this.ranks = ranks;
        this.communicator = communicator;
        this.loss = loss;
        loss.thenAccept(lost -> communicator.abort(lost.getMessage()));
    }

    /**
     * Joins the devices of ranks that have met. All must call it.
     *
     * @param ranks    become the group's
     * @param device   this rank's, which must stay open as long as the group
     * @param patience how long to wait for the other devices
     * @return the group, to be closed
     * @throws UserException     if the devices are of different kinds
     * @throws RankLostException if a rank is lost meanwhile
     */
    public static RankGroup join(Ranks ranks, Device device, Duration patience) {
        CompletableFuture<RankLostException> loss = new CompletableFuture<>();
        ranks.onLoss(loss::complete);
        try {
            requireOneKind(ranks.gather(bytes(kind(device))));
            byte[] id = ranks.broadcast(ranks.rank() == 0 ? Communicator.newId(device) : new byte[0]);
            return new RankGroup(ranks, Communicator.join(device, id, ranks.rank(), ranks.count(), patience,
                    () -> requireNoLoss(loss)), loss);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            ranks.fail("it was interrupted");
            throw new IllegalStateException("interrupted while the ranks' devices were joined", e);
        } catch (CudaException apart) {
            RuntimeException told = told(apart, loss, WORD_IN_JOINING);
            ranks.fail(String.valueOf(told.getMessage()));
            throw told;
        } catch (RuntimeException | Error failure) {
            ranks.fail(String.valueOf(failure.getMessage()));
            throw failure;
        }
    }

    /** A process that ended before its device had joined is told of by the others' processes alone. */
    private static void requireNoLoss(CompletableFuture<RankLostException> loss) {
        if (loss.isDone()) {
            throw loss.join();
        }
    }

    private static String kind(Device device) {
        return device.soft() ? "the software device" : device.name() + " (" + device.architecture() + ")";
    }

    /** Other code rounds otherwise, and then ranks do not have the same weights. */
    private static void requireOneKind(List<byte[]> kinds) {
        for (int other = 1; other < kinds.size(); other++) {
            if (!Arrays.equals(kinds.getFirst(), kinds.get(other))) {
                throw new UserException("rank 0 is on " + text(kinds.getFirst()) + " and rank " + other + " on "
                        + text(kinds.get(other)) + "; ranks must be on devices of one kind, since others round "
                        + "otherwise, and the ranks' parameters would part");
            }
        }
    }

    /** {@return which rank this is, from 0} */
    public int rank() {
        return ranks.rank();
    }

    /** {@return how many ranks there are} */
    public int count() {
        return ranks.count();
    }

    /** {@return whether this is rank 0, which says what comes} */
    public boolean leads() {
        return rank() == 0;
    }

    /**
     * {@return the ranks as a training step has them}
     *
     * @param ownStatistics whether batch norms normalise a rank's examples by their own statistics
     */
    public Peers peers(boolean ownStatistics) {
        return Peers.of(communicator, ownStatistics);
    }

    /**
     * Refuses ranks whose trainings are not the same. All must call it.
     *
     * @param config of this rank's training
     * @throws UserException on every rank, naming the first that differs, and what
     */
    void requireAlike(TrainingConfig config) {
        List<String> all = gather(bytes(config.source().canonicalText())).stream().map(RankGroup::text).toList();
        Config first = Config.parse(all.getFirst(), "rank 0's configuration");
        for (int other = 1; other < all.size(); other++) {
            int rank = other;
            Config.parse(all.get(other), "configuration of rank " + other).differences(first).stream()
                    .filter(difference -> !OWN.contains(difference.path())).findFirst().ifPresent(difference -> {
                        throw new UserException("rank " + rank + " trains otherwise than rank 0: its "
                                + difference.path() + " is " + difference.here() + ", and rank 0's "
                                + difference.there() + "; start all ranks with the same configuration");
                    });
        }
        List<String> data = gather(bytes(config.data().identity().toString())).stream().map(RankGroup::text).toList();
        for (int other = 1; other < data.size(); other++) {
            if (!data.get(other).equals(data.getFirst())) {
                throw new UserException("rank " + other + "'s data are not rank 0's (" + config.data().origin()
                        + " on this one): they differ in number, names, order or sizes; give all ranks the same data");
            }
        }
    }

    /**
     * Tells all ranks numbers that rank 0 knows, since it has the run's folder. All must call it.
     *
     * @param mine of the others they are not looked at
     * @return rank 0's
     */
    long[] share(long... mine) {
        ByteBuffer sent = ByteBuffer.allocate(mine.length * Long.BYTES);
        sent.asLongBuffer().put(mine);
        byte[] first = broadcast(sent.array());
        long[] shared = new long[first.length / Long.BYTES];
        ByteBuffer.wrap(first).asLongBuffer().get(shared);
        return shared;
    }

    /** Waits until all ranks have come to it. */
    public void barrier() {
        gather(new byte[0]);
    }

    /** Goes on, on every rank, from rank 0's state. All must call it. */
    void share(Trainer trainer) {
        try {
            trainer.takeFromFirstRank();
        } catch (RuntimeException failure) {
            throw told(failure);
        }
    }

    /** Rank 0 says that a step comes. */
    void step() {
        say(Word.STEP);
    }

    /** Rank 0 says that all compare what they have; what this one has is given. */
    void compare(Trainer trainer) {
        say(Word.COMPARE);
        requireSame(trainer);
    }

    /**
     * Rank 0 asks what the ranks know of steps that were rejected: each knows its own examples alone.
     *
     * @return a sentence for each rank that knows of values which may not stand in its examples, and is not this one
     */
    List<String> rejections(Trainer trainer) {
        say(Word.REJECTIONS);
        return rejectionsOfOthers(trainer);
    }

    /** So that it knows of all steps that rank 0 has read back. */
    private static void readAllRecords(Trainer trainer) {
        try {
            trainer.drain();
        } catch (DivergedException diverged) {
            // Rank 0 has the same records, and ends the training.
            return;
        }
    }

    private List<String> rejectionsOfOthers(Trainer trainer) {
        String mine = trainer.rejections().orElse("");
        List<String> all = gather(bytes(mine)).stream().map(RankGroup::text).toList();
        // One that knows of no values in its examples says no more than the beginning of this one's.
        return IntStream.range(0, count()).filter(other -> !mine.startsWith(all.get(other)))
                .mapToObj(other -> "rank " + other + ": " + all.get(other)).toList();
    }

    /** Rank 0 says that no step comes any more. */
    void end() {
        if (!over) {
            over = true;
            say(Word.END);
        }
    }

    private void say(Word word) {
        broadcast(new byte[] {(byte) word.ordinal()});
    }

    /**
     * What a rank other than 0 does: steps until there are no more.
     *
     * @param step takes one
     */
    void follow(Trainer trainer, Runnable step) {
        for (Word word = heard(); word != Word.END; word = heard()) {
            switch (word) {
                case STEP -> step.run();
                case COMPARE -> requireSame(trainer);
                case REJECTIONS -> {
                    readAllRecords(trainer);
                    rejectionsOfOthers(trainer);
                }
                case END -> { }
            }
        }
        over = true;
    }

    private Word heard() {
        return Word.values()[ranks.broadcast(new byte[0])[0]];
    }

    /** The law that all ranks have the same parameters, bit for bit, is kept here. */
    private void requireSame(Trainer trainer) {
        List<byte[]> digests = gather(trainer.step().model().digest());
        for (int other = 1; other < digests.size(); other++) {
            if (!Arrays.equals(digests.getFirst(), digests.get(other))) {
                throw new IllegalStateException("after step " + trainer.step().submitted() + " rank " + other
                        + " has other parameters than rank 0 (" + hex(digests.get(other)) + " and "
                        + hex(digests.getFirst()) + "): its device computes otherwise, or is faulty; nothing later "
                        + "than the last checkpoint is kept");
            }
        }
    }

    private static String hex(byte[] digest) {
        return HexFormat.of().formatHex(digest, 0, Integer.BYTES);
    }

    private List<byte[]> gather(byte[] mine) {
        return whole(() -> ranks.gather(mine));
    }

    private byte[] broadcast(byte[] mine) {
        return whole(() -> ranks.broadcast(mine));
    }

    /** An interrupt waits until the others have heard: they could not be told anything after half an exchange. */
    private <T> T whole(Supplier<T> exchange) {
        try {
            return CompletableFuture.supplyAsync(exchange, exchanges).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : e;
        }
    }

    /**
     * {@return the failure as it is to be told: where the devices have parted, which rank was lost; else itself}
     *
     * @param failure of whatever these ranks did together
     */
    RuntimeException told(RuntimeException failure) {
        return failure instanceof RankLostException || communicator.failure().isEmpty() ? failure
                : told(failure, loss, WORD);
    }

    private static RuntimeException told(RuntimeException failure, CompletableFuture<RankLostException> loss,
            Duration patience) {
        try {
            RankLostException lost = loss.get(patience.toSeconds(), TimeUnit.SECONDS);
            lost.addSuppressed(failure);
            return lost;
        } catch (ExecutionException | TimeoutException e) {
            return failure;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return failure;
        }
    }

    /**
     * Does this rank's part of what all do; where it fails, the others are told why.
     *
     * @param <T>  what comes of it
     * @param part closes what it opens
     * @return what comes of it
     */
    public <T> T together(Supplier<T> part) {
        try {
            return part.get();
        } catch (TrainingStoppedException all) {
            // The others have heard it.
            throw all;
        } catch (RuntimeException | Error failure) {
            fail(String.valueOf(failure.getMessage()));
            throw failure;
        }
    }

    /** Tells the other ranks why this one ends. */
    private void fail(String why) {
        over = true;
        ranks.fail(why);
        communicator.abort(why);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Leaves the group. Ranks that go on without having heard that all is done are told that this one is lost. */
    @Override
    public void close() {
        try {
            communicator.close();
        } finally {
            exchanges.shutdown();
            ranks.close();
        }
    }
}
