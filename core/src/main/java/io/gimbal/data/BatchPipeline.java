package io.gimbal.data;

import io.gimbal.config.Names;
import io.gimbal.device.ThreadConfinement;
import io.gimbal.storage.Uninterrupted;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Background threads that write batches into the caller's buffers, as many batches ahead as there are slots beyond the
 * one in use: with three slots, two.
 *
 * <p>Batches come in the {@link Sampler}'s order whatever the number of threads; batch number k after the start lies
 * in slot k modulo the number of slots. The work is handed out sample by sample, the earliest batch first, so that all
 * threads finish one batch before the next.
 *
 * <pre>{@code
 * int threads = BatchPipeline.defaultThreads();
 * try (BatchPipeline batches = new BatchPipeline(data, sampler, sampler.start(), slots, threads)) {
 *     while (batches.hasNext()) {
 *         Batch batch = batches.next();
 *         // use slots.get(batch.slot())
 *         batches.release(batch.slot());
 *     }
 * }
 * }</pre>
 *
 * <p>One thread consumes ({@link #next()}, {@link #hasNext()}), the first that does, until it ends or calls {@link
 * #handOver}; others are refused by name with an {@link IllegalStateException}. {@link #release(int)} and {@link
 * #close()} may come from any thread. After {@code close()} has returned no thread touches the buffers any more, so
 * that they may be freed.
 */
public final class BatchPipeline implements AutoCloseable {
    /** No step is known that is fed by more; each holds what a sample takes to be decoded. */
    private static final int MOST_THREADS = 32;

    private final ThreadConfinement confinement = new ThreadConfinement("the batch pipeline", () -> { });
    private final DataSet data;
    private final Sampler sampler;
    private final List<Slot> buffers;
    private final List<Work> slots = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition workToDo = lock.newCondition();
    private final Condition batchReady = lock.newCondition();

    private Position filling;
    private long fillingNumber;
    private long deliveredNumber;
    private boolean failed;
    private boolean closed;

    /**
     * Starts the threads at once.
     *
     * @param data    where samples come from
     * @param sampler which are taken, in which order
     * @param start   the first batch to deliver: {@link Sampler#start()}, or the saved {@link Batch#next()} of an
     *                earlier run
     * @param slots   at least 1; each with the room of one batch, all with the same fields
     * @param threads at least 1
     * @throws IllegalArgumentException if a slot has another size than a batch of these samples, or names a field the
     *                                  data does not have, if slots differ in their fields, if the sampler takes more
     *                                  samples than there are, or its sequence has no such start
     */
    public BatchPipeline(DataSet data, Sampler sampler, Position start, List<Slot> slots, int threads) {
        if (slots.isEmpty() || threads < 1) {
            throw new IllegalArgumentException("a pipeline needs at least 1 slot and 1 thread, not " + slots.size()
                    + " and "
                    + threads);
        }
        sampler.check(start);
        if (sampler.size() > data.size()) {
            throw new IllegalArgumentException("the sampler takes " + sampler.size() + " samples, and the data set has "
                    + data.size());
        }
        this.data = data;
        this.sampler = sampler;
        this.buffers = List.copyOf(slots);
        this.filling = start;
        for (Slot slot : slots) {
            if (!slot.targets().keySet().equals(slots.getFirst().targets().keySet())) {
                throw new IllegalArgumentException("slots have different fields: " + slots.getFirst().targets().keySet()
                        + " and " + slot.targets().keySet());
            }
            this.slots.add(new Work(cut(slot, data, sampler.batchSize())));
        }
        lock.lock();
        try {
            begin();
        } finally {
            lock.unlock();
        }
        for (int i = 0; i < threads; i++) {
            Thread thread = new Thread(this::work, "gimbal-data-" + i);
            thread.setDaemon(true);
            this.threads.add(thread);
            thread.start();
        }
    }

    /**
     * {@return threads that leave a core to the thread that trains: all processors this process may use but one, at
     * least 1 and at most {@value #MOST_THREADS}} They rest while all slots are full, so that where the device itself
     * computes on the processors, too, they take from it only the work that there is to do.
     */
    public static int defaultThreads() {
        return Math.clamp(Runtime.getRuntime().availableProcessors() - 1, 1, MOST_THREADS);
    }

    /** {@return where the samples come from} */
    public DataSet data() {
        return data;
    }

    /** {@return the buffers that are written into, as they were given} */
    public List<Slot> buffers() {
        return buffers;
    }

    /** {@return whether {@link #next()} has another batch: always in training, until the pass is over in evaluation} */
    public boolean hasNext() {
        confinement.require();
        lock.lock();
        try {
            return sampler.has(filling) || deliveredNumber < fillingNumber;
        } finally {
            lock.unlock();
        }
    }

    /**
     * The next batch; waits until it is complete. The slot is the caller's until it releases it.
     *
     * @return which slot it is in, and where its samples stand in the data
     * @throws NoSuchElementException         after the last batch of an evaluation
     * @throws io.gimbal.config.UserException the original one, if a sample of this batch could not be read; batches
     *                                        before it are delivered first. Any other failure of a thread comes out
     *                                        likewise, as it is
     * @throws IllegalStateException          if the pipeline is closed, every slot is still held by the caller, or the
     *                                        waiting thread is interrupted (it stays marked as such)
     */
    public Batch next() {
        confinement.require();
        lock.lock();
        try {
            Work slot = slots.get((int) (deliveredNumber % slots.size()));
            while (!closed && !(slot.number == deliveredNumber && slot.open == 0)) {
                if (deliveredNumber == fillingNumber && !sampler.has(filling)) {
                    throw new NoSuchElementException("the pass over the data is complete");
                }
                if (slot.number >= 0 && slot.number < deliveredNumber && slot.delivered) {
                    throw new IllegalStateException("slot " + slots.indexOf(slot)
                            + " must be released before the next batch");
                }
                batchReady.await();
            }
            if (closed) {
                throw new IllegalStateException("the pipeline is closed");
            }
            if (slot.failure != null) {
                throw rethrow(slot.failure);
            }
            slot.delivered = true;
            deliveredNumber++;
            Position position = slot.position;
            return new Batch(slots.indexOf(slot), position, sampler.after(position), sampler.real(position),
                    position.batch() + 1 == sampler.batchesPerEpoch());
        } catch (InterruptedException interruption) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for a batch", interruption);
        } finally {
            lock.unlock();
        }
    }

    /** Gives the consuming up: it belongs to the thread that consumes next. For threads that do not end. */
    public void handOver() {
        confinement.handOver();
    }

    /**
     * Hands a slot back to be filled again.
     *
     * @param slot its number, as {@link Batch#slot} has it
     * @throws IllegalArgumentException if the slot was not delivered, or is released twice
     */
    public void release(int slot) {
        lock.lock();
        try {
            if (slot < 0 || slot >= slots.size() || !slots.get(slot).delivered) {
                throw new IllegalArgumentException("slot " + slot + " is not held by the caller");
            }
            slots.get(slot).delivered = false;
            slots.get(slot).number = -1;
            begin();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Stops the threads and waits until the samples that they are at are done: some milliseconds. May be called twice.
     */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            workToDo.signalAll();
            batchReady.signalAll();
        } finally {
            lock.unlock();
        }
        // The buffers must not be freed under a thread that still writes.
        Uninterrupted.await(() -> {
            for (Thread thread : threads) {
                if (thread != Thread.currentThread()) {
                    thread.join();
                }
            }
        });
    }

    /** Opens further batches for filling while their slots are free. The lock is held. */
    private void begin() {
        while (!failed && sampler.has(filling)) {
            Work slot = slots.get((int) (fillingNumber % slots.size()));
            if (slot.number >= 0) {
                return;
            }
            slot.number = fillingNumber++;
            slot.position = filling;
            slot.claimed = 0;
            slot.open = sampler.batchSize();
            filling = sampler.after(filling);
            workToDo.signalAll();
        }
    }

    private void work() {
        lock.lock();
        try {
            while (!closed) {
                Work slot = earliestWithWork();
                if (slot == null) {
                    workToDo.awaitUninterruptibly();
                } else {
                    fill(slot, slot.claimed++);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private Work earliestWithWork() {
        Work earliest = null;
        for (Work slot : slots) {
            boolean hasWork = slot.number >= 0 && slot.claimed < sampler.batchSize()
                    && !(failed && slot.failure == null);
            if (hasWork && (earliest == null || slot.number < earliest.number)) {
                earliest = slot;
            }
        }
        return earliest;
    }

    /** Reads one sample with the lock given up meanwhile. */
    private void fill(Work slot, int place) {
        Throwable failure = null;
        lock.unlock();
        try {
            read(slot, place);
        } catch (Throwable thrown) {
            failure = thrown;
        } finally {
            lock.lock();
        }
        if (failure != null && (slot.failure == null || place < slot.failedPlace)) {
            slot.failure = failure;
            slot.failedPlace = place;
            failed = true;
        }
        slot.open--;
        if (slot.open == 0) {
            batchReady.signalAll();
        }
    }

    private void read(Work slot, int place) {
        Sample sample = slot.samples.get(place);
        sample.reset();
        if (place < sampler.real(slot.position)) {
            data.read(sampler.index(slot.position, place), sampler.variation(slot.position, place), sample.image,
                    sample.targets);
            return;
        }
        for (int i = 0; i < sample.image.limit(); i++) {
            sample.image.put(i, 0);
        }
        sample.targets.forEach((name, target) -> data.field(name).fillUnlabelled(target));
    }

    private static List<Sample> cut(Slot slot, DataSet data, int batch) {
        int imageBytes = Slot.imageBytes(data);
        List<Sample> samples = new ArrayList<>();
        for (int place = 0; place < batch; place++) {
            FloatBuffer image = cut(slot.image(), "image", imageBytes, place, batch).asFloatBuffer();
            Map<String, ByteBuffer> targets = new HashMap<>();
            for (Map.Entry<String, ByteBuffer> target : slot.targets().entrySet()) {
                String name = target.getKey();
                int bytes = Slot.targetBytes(data, name);
                targets.put(name, cut(target.getValue(), name, bytes, place, batch));
            }
            samples.add(new Sample(image, Map.copyOf(targets)));
        }
        return samples;
    }

    private static ByteBuffer cut(ByteBuffer whole, String name, int bytes, int place, int batch) {
        if (whole.capacity() != (long) bytes * batch) {
            throw new IllegalArgumentException("the slot's buffer for " + Names.quote(name) + " has " + whole.capacity()
                    + " bytes; a batch of " + batch + " samples of this data set has " + (long) bytes * batch);
        }
        return whole.duplicate().clear().slice(place * bytes, bytes).order(ByteOrder.nativeOrder());
    }

    private static RuntimeException rethrow(Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure instanceof RuntimeException runtime) {
            throw runtime;
        }
        return new IllegalStateException(failure);
    }

    /** The part of a slot that is one sample's. */
    private record Sample(FloatBuffer image, Map<String, ByteBuffer> targets) {

        /** As if nobody had read into it: the data set may be anybody's. */
        void reset() {
            image.clear();
            targets.values().forEach(target -> target.clear().order(ByteOrder.nativeOrder()));
        }
    }

    /** A slot and what is being done with it; guarded by the lock. */
    private static final class Work {
        final List<Sample> samples;
        Position position;
        /** The batch it holds or is to hold, -1 while it waits for one. */
        long number = -1;
        int claimed;
        int open;
        boolean delivered;
        Throwable failure;
        int failedPlace;

        Work(List<Sample> samples) {
            this.samples = samples;
        }
    }
}
