package io.gimbal.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.util.AccumulatorV2;

/**
 * What rank 0 has to tell the driver: its newest step, and the last of all else. Spark carries it with each heartbeat.
 * Added to by one thread, while Spark reads it in others.
 */
final class ProgressAccumulator extends AccumulatorV2<TrainingEvent, List<ProgressAccumulator.Entry>> {
    private static final long serialVersionUID = 1L;
    /** Every heartbeat carries all of them. */
    private static final int MOST = 32;

    /**
     * Replaced, and never changed: it may be being sent. Null while the accumulator arrives at an executor, as it may
     * be asked already: Spark makes it known before these fields are read, and would send no heartbeat any more if it
     * then threw.
     */
    private volatile Entry[] entries;
    private int attempt;
    private long number;

    /** An event with its number, from 0 in each attempt of the stage. */
    record Entry(int attempt, long number, TrainingEvent event) implements Serializable {
        boolean after(int otherAttempt, long otherNumber) {
            return attempt > otherAttempt || attempt == otherAttempt && number > otherNumber;
        }
    }

    ProgressAccumulator() {
        this(List.of());
    }

    private ProgressAccumulator(List<Entry> entries) {
        set(entries);
    }

    @Override
    public void add(TrainingEvent event) {
        if (event instanceof TrainingEvent.Begun begun) {
            attempt = begun.attempt();
        }
        List<Entry> more = new ArrayList<>(value());
        if (event instanceof TrainingEvent.Stepped) {
            more.removeIf(entry -> entry.event() instanceof TrainingEvent.Stepped);
        }
        more.add(new Entry(attempt, number++, event));
        set(more.subList(Math.max(0, more.size() - MOST), more.size()));
    }

    private void set(List<Entry> others) {
        entries = others.toArray(Entry[]::new);
    }

    @Override
    public List<Entry> value() {
        Entry[] now = entries;
        return now == null ? List.of() : List.of(now);
    }

    @Override
    public boolean isZero() {
        return value().isEmpty();
    }

    @Override
    public ProgressAccumulator copy() {
        return new ProgressAccumulator(value());
    }

    @Override
    public void reset() {
        set(List.of());
    }

    /** Rank 0 alone has anything to tell. */
    @Override
    public void merge(AccumulatorV2<TrainingEvent, List<Entry>> other) {
        if (!other.isZero()) {
            set(other.value());
        }
    }
}
