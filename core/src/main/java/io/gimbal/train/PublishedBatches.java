package io.gimbal.train;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.Flow;

/**
 * Batches that a publisher gives, for the thread that trains on them. Of those that are due at most {@value #AHEAD} are
 * asked for before they are taken, so that a publisher that makes them faster waits. The publisher may use any threads;
 * the iterator's methods are for one.
 */
final class PublishedBatches implements Flow.Subscriber<Examples>, Iterator<Examples>, AutoCloseable {
    /** One that is taken next, and one that is made meanwhile. */
    static final int AHEAD = 2;

    private final Deque<Examples> arrived = new ArrayDeque<>();
    private Flow.Subscription subscription;
    /** Batches to ask for yet. */
    private long due;
    /** Batches that were asked for and have not arrived. */
    private long expected;
    private boolean complete;
    private Throwable failure;
    private boolean closed;

    /** @param most batches that will be taken */
    PublishedBatches(long most) {
        due = most;
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        require(given);
        boolean refused;
        synchronized (this) {
            refused = closed || subscription != null;
            if (!refused) {
                subscription = given;
            }
        }
        if (refused) {
            given.cancel();
        } else {
            ask(AHEAD);
        }
    }

    /** Not inside of the lock: a publisher may answer before it returns. */
    private void ask(int wanted) {
        long count;
        synchronized (this) {
            count = closed || failure != null ? 0 : Math.min(wanted, due);
            due -= count;
            expected += count;
        }
        if (count > 0) {
            subscription.request(count);
        }
    }

    @Override
    public synchronized void onNext(Examples batch) {
        require(batch);
        if (closed) {
            return;
        }
        if (expected == 0) {
            fail(new IllegalStateException("the publisher gave more batches than were asked for"));
            return;
        }
        expected--;
        arrived.add(batch);
        notifyAll();
    }

    @Override
    public synchronized void onError(Throwable thrown) {
        require(thrown);
        fail(thrown);
    }

    /** Also for the training, which would wait for ever where a publisher keeps the exception to itself. */
    private synchronized void require(Object given) {
        if (given == null) {
            NullPointerException nothing = new NullPointerException("the publisher of batches gave null");
            fail(nothing);
            throw nothing;
        }
    }

    private void fail(Throwable thrown) {
        if (failure == null) {
            failure = thrown;
        }
        notifyAll();
    }

    @Override
    public synchronized void onComplete() {
        complete = true;
        notifyAll();
    }

    /**
     * Waits for a batch. In an interrupted thread it does not wait, and says that there is one, which must not be
     * taken: how a training ends that is interrupted is for the one that asks.
     *
     * @throws IllegalStateException if the publisher failed by an exception that is checked; one that is not is thrown
     *                               as it is
     */
    @Override
    public synchronized boolean hasNext() {
        while (arrived.isEmpty()) {
            if (failure != null) {
                throw thrown();
            }
            if (complete) {
                return false;
            }
            try {
                wait();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                return true;
            }
        }
        return true;
    }

    private RuntimeException thrown() {
        if (failure instanceof Error error) {
            throw error;
        }
        return failure instanceof RuntimeException unchecked ? unchecked
                : new IllegalStateException("the publisher of batches failed: " + failure.getMessage(), failure);
    }

    @Override
    public Examples next() {
        Examples batch;
        synchronized (this) {
            if (arrived.isEmpty()) {
                throw new NoSuchElementException("no batch has arrived");
            }
            batch = arrived.remove();
        }
        ask(1);
        return batch;
    }

    /** Takes no more batches. */
    @Override
    public void close() {
        Flow.Subscription open;
        synchronized (this) {
            closed = true;
            arrived.clear();
            open = subscription;
        }
        if (open != null) {
            open.cancel();
        }
    }
}
