package io.gimbal.device;

import io.gimbal.cuda.Collectives;
import io.gimbal.cuda.Collectives.Element;
import io.gimbal.cuda.Collectives.Reduction;
import io.gimbal.cuda.CudaException;
import java.time.Duration;
import java.util.Optional;

/**
 * One rank's end of a NCCL communicator: memory of all ranks is added up or gathered, on the device. Its work runs in a
 * stream of its own, in order, which every rank must put it in alike; the stream that a call names is waited for before
 * and, where the call says so, waits behind. What is captured is captured with that stream.
 *
 * <p>For one thread at a time, but for {@link #abort} and {@link #failure}, which any thread may call while others are
 * inside a call. Owns its stream and events, and is closed before its device.
 */
public final class Communicator implements AutoCloseable {
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(5);

    private final Collectives collectives;
    private final int rank;
    private final int ranks;
    private final long handle;
    private final Resources resources = new Resources();
    private final Stream stream;
    private final Event before;
    private final Event behind;
    /** Held for calls that must not meet the communicator's end. */
    private final Object ends = new Object();
    private String failure;
    private boolean ended;

    private Communicator(Device device, long handle, int rank, int ranks) {
        this.collectives = device.collectives();
        this.handle = handle;
        this.rank = rank;
        this.ranks = ranks;
        try {
            stream = resources.keep(device.newStream());
            before = resources.keep(device.newEvent());
            behind = resources.keep(device.newEvent());
        } catch (RuntimeException | Error problem) {
            abort("it could not be made");
            resources.close();
            throw problem;
        }
    }

    /**
     * {@return what all ranks of a communicator are told, from rank 0} Whoever has it may take part: it travels by a
     * way that only the ranks can read.
     *
     * @param device of rank 0, which must stay open until the communicator is made
     */
    public static byte[] newId(Device device) {
        device.driver();
        return device.collectives().uniqueId();
    }

    /**
     * Joins the other ranks, and waits until all are there.
     *
     * @param device   this rank's
     * @param id       as {@link #newId} gave it on rank 0
     * @param rank     from 0
     * @param ranks    how many there are
     * @param patience how long to wait for the others
     * @param look     run now and then meanwhile; what it throws ends the waiting
     * @return this rank's end, to be closed by all ranks
     * @throws CudaException        if NCCL refuses, or a rank ended meanwhile
     * @throws InterruptedException if the thread was interrupted while it waited; nothing is left then
     */
    public static Communicator join(Device device, byte[] id, int rank, int ranks, Duration patience, Runnable look)
            throws InterruptedException {
        device.driver();
        long handle = device.collectives().create(id, ranks, rank);
        Communicator made = new Communicator(device, handle, rank, ranks);
        try {
            made.awaitAll(patience, look);
            return made;
        } catch (RuntimeException | Error | InterruptedException problem) {
            made.abort("not all ranks have joined");
            made.close();
            throw problem;
        }
    }

    private void awaitAll(Duration patience, Runnable look) throws InterruptedException {
        long end = System.nanoTime() + patience.toNanos();
        while (!collectives.ready(handle)) {
            look.run();
            if (System.nanoTime() - end > 0) {
                throw new IllegalStateException("rank " + rank + " of " + ranks + " waited " + patience.toSeconds()
                        + " s for the other ranks' devices, and they have not joined");
            }
            Thread.sleep(BETWEEN_LOOKS);
        }
    }

    /** {@return which of the ranks this is, from 0} */
    public int rank() {
        return rank;
    }

    /** {@return how many ranks there are} */
    public int ranks() {
        return ranks;
    }

    /**
     * Memory that takes part.
     *
     * @param address in device memory, of the first element
     * @param count   how many elements: of a reduction all, of a gathering those of one rank
     * @param element what they are
     */
    public record Part(long address, long count, Element element) {}

    /**
     * Puts, in every rank's memory, what all ranks' memory adds up to (or its mean, or the largest) in its place. All
     * parts are one launch.
     *
     * @param reduction what is made of the ranks' elements
     * @param parts     as large, and in the same order, on every rank
     * @param from      whose work so far is waited for
     */
    public void reduce(Reduction reduction, Iterable<Part> parts, Stream from) {
        put(from, () -> parts.forEach(part -> collectives.allReduce(part.address, part.address, part.count,
                part.element, reduction, handle, stream.handle())));
    }

    /**
     * Gathers: each rank has written its part of [ranks][count], and gets the others'.
     *
     * @param parts the addresses are of rank 0's elements
     * @param from  whose work so far is waited for
     */
    public void gather(Iterable<Part> parts, Stream from) {
        put(from, () -> parts.forEach(part -> collectives.allGather(part.address + rank * part.count
                * part.element.bytes(), part.address, part.count, part.element, handle, stream.handle())));
    }

    /**
     * Gives every rank what rank 0 has.
     *
     * @param parts as large, and in the same order, on every rank
     * @param from  whose work so far is waited for
     */
    public void broadcast(Iterable<Part> parts, Stream from) {
        put(from, () -> parts.forEach(part -> collectives.broadcast(part.address, part.address, part.count,
                part.element, 0, handle, stream.handle())));
    }

    private void put(Stream from, Runnable calls) {
        requireJoined();
        before.record(from);
        stream.waitFor(before);
        collectives.groupStart();
        try {
            calls.run();
        } finally {
            collectives.groupEnd();
        }
    }

    /**
     * Lets a stream's later work wait for all that was put in here.
     *
     * @param waiting a stream of the device
     */
    public void awaitIn(Stream waiting) {
        requireJoined();
        behind.record(stream);
        waiting.waitFor(behind);
    }

    /** Throws an {@link IllegalStateException} that says why, if the ranks are no longer joined. */
    public void requireJoined() {
        failure().ifPresent(why -> {
            throw new IllegalStateException("the ranks are no longer joined: " + why);
        });
    }

    /** {@return why the ranks are no longer joined: NCCL's own word, or what {@link #abort} was told; never waits} */
    public Optional<String> failure() {
        synchronized (ends) {
            if (failure == null && !ended) {
                try {
                    collectives.ready(handle);
                } catch (CudaException problem) {
                    failure = problem.getMessage();
                }
            }
            return Optional.ofNullable(failure);
        }
    }

    /**
     * Gives up: work that waits for other ranks ends at once, on the device, and what it leaves is worth nothing. Any
     * thread may call this, and again.
     *
     * @param why for {@link #failure}; what it knows already stays
     */
    public void abort(String why) {
        synchronized (ends) {
            if (failure == null) {
                failure = why;
            }
            if (!ended) {
                ended = true;
                collectives.abort(handle);
            }
        }
    }

    /** Waits for the other ranks to do so, too, and gives everything back; after a failure it waits for nobody. */
    @Override
    public void close() {
        failure().ifPresent(this::abort);
        Resources ending = new Resources();
        ending.keep(resources);
        ending.keep(this::leave);
        ending.close();
    }

    private void leave() {
        synchronized (ends) {
            if (ended) {
                return;
            }
            ended = true;
        }
        collectives.destroy(handle);
    }
}
