package io.gimbal.predict;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Requests on their way to one thread, which takes them in batches. A request has its place before its source is
 * read, so that what waits is bounded with its images. Safe for use by several threads; one takes.
 */
final class RequestQueue {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition freed = lock.newCondition();
    private final Condition arrived = lock.newCondition();
    private final Deque<Request<?>> waiting = new ArrayDeque<>();
    private final int places;
    private final int batch;
    private final long longestWait;
    private int free;
    private boolean complete;
    private Supplier<RuntimeException> refusal;

    /**
     * @param places      how many requests may have a place
     * @param batch       how many are taken at once, at most
     * @param longestWait nanoseconds that a request waits for others
     */
    RequestQueue(int places, int batch, long longestWait) {
        this.places = places;
        this.batch = batch;
        this.longestWait = longestWait;
        free = places;
    }

    /**
     * Takes a place, and waits for one where there is none.
     *
     * @param nanoseconds for so long at most
     * @return whether there is one
     * @throws RuntimeException if the queue is ended
     */
    boolean reserve(long nanoseconds) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = nanoseconds;
            requireOpen();
            while (free == 0) {
                if (left <= 0) {
                    return false;
                }
                left = freed.awaitNanos(left);
                requireOpen();
            }
            free--;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Takes a place where there is one. */
    boolean tryReserve() {
        lock.lock();
        try {
            requireOpen();
            if (free == 0) {
                return false;
            }
            free--;
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void requireOpen() {
        if (refusal != null) {
            throw refusal.get();
        }
    }

    /** Gives a place back that no request came for. */
    void release() {
        lock.lock();
        try {
            release(1);
        } finally {
            lock.unlock();
        }
    }

    private void release(int count) {
        free += count;
        for (int i = 0; i < count; i++) {
            freed.signal();
        }
    }

    /**
     * Puts a request into the place that was reserved for it.
     *
     * @throws RuntimeException if the queue was ended meanwhile
     */
    void put(Request<?> request) {
        lock.lock();
        try {
            requireOpen();
            request.queued(System.nanoTime());
            waiting.add(request);
            complete = false;
            // Whoever takes is woken for the first, to see how long to wait, and when there is nothing to wait for.
            if (waiting.size() == 1 || waiting.size() == batch) {
                arrived.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Takes a request out that nobody waits for any more, if it is still there. */
    void remove(Request<?> request) {
        if (request.taken()) {
            return;
        }
        lock.lock();
        try {
            if (waiting.remove(request)) {
                release(1);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Says that for now nothing more comes: what waits is taken without waiting for others, until one comes. */
    void completeForNow() {
        lock.lock();
        try {
            complete = true;
            arrived.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for requests, and for others to come with them; empty when the queue is ended and empty. */
    List<Request<?>> take() {
        lock.lock();
        try {
            while (refusal == null || !waiting.isEmpty()) {
                if (waiting.isEmpty()) {
                    arrived.awaitUninterruptibly();
                    continue;
                }
                long left = waiting.size() >= batch || complete || refusal != null ? 0
                        : longestWait - (System.nanoTime() - waiting.getFirst().queued());
                if (left > 0) {
                    await(left);
                } else {
                    return gather();
                }
            }
            return List.of();
        } finally {
            lock.unlock();
        }
    }

    private void await(long nanoseconds) {
        try {
            arrived.awaitNanos(nanoseconds);
        } catch (InterruptedException nobodys) {
            // Whoever interrupts the thread that takes, which is the predictor's own, cannot mean to end it.
        }
    }

    private List<Request<?>> gather() {
        List<Request<?>> batched = new ArrayList<>(Math.min(batch, waiting.size()));
        while (batched.size() < batch && !waiting.isEmpty()) {
            Request<?> request = waiting.removeFirst();
            request.take();
            batched.add(request);
        }
        release(batched.size());
        return batched;
    }

    /** Refuses whatever comes from now on, for the first reason that is given; what has come is still taken. */
    void end(Supplier<RuntimeException> reason) {
        lock.lock();
        try {
            if (refusal == null) {
                refusal = reason;
            }
            arrived.signalAll();
            freed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The same, but what has come is not taken any more, and handed back. */
    List<Request<?>> abandon(Supplier<RuntimeException> reason) {
        lock.lock();
        try {
            end(reason);
            List<Request<?>> rest = List.copyOf(waiting);
            waiting.clear();
            return rest;
        } finally {
            lock.unlock();
        }
    }

    /** How many places are taken. */
    int taken() {
        lock.lock();
        try {
            return places - free;
        } finally {
            lock.unlock();
        }
    }
}
