package io.gimbal.graph;

import java.util.stream.IntStream;

/**
 * Some of a network's tasks, of which there are at most {@value #MOST}. Where something is kept a
 * task, row r of it is of the r-th of them, in the tasks' order.
 *
 * @param bits bit t is set where task t is one of them
 */
public record TaskSet(int bits) {
    /** As many tasks as there may be: a bit each. */
    public static final int MOST = 32;
    public static final TaskSet NONE = new TaskSet(0);

    /**
     * {@return one task alone, by its number}
     *
     * @param task its number
     */
    public static TaskSet of(int task) {
        return new TaskSet(1 << task);
    }

    /**
     * {@return the first so many}
     *
     * @param tasks how many
     */
    public static TaskSet all(int tasks) {
        return new TaskSet((int) ((1L << tasks) - 1));
    }

    /**
     * {@return these and those}
     *
     * @param others more tasks
     */
    public TaskSet with(TaskSet others) {
        return new TaskSet(bits | others.bits);
    }

    /**
     * {@return whether a task is one of these}
     *
     * @param task its number
     */
    public boolean contains(int task) {
        return (bits >> task & 1) == 1;
    }

    /** {@return whether there is none} */
    public boolean isEmpty() {
        return bits == 0;
    }

    /** {@return how many there are} */
    public int size() {
        return Integer.bitCount(bits);
    }

    /**
     * {@return the row of a task that is one of these}
     *
     * @param task its number
     */
    public int row(int task) {
        if (!contains(task)) {
            throw new IllegalArgumentException("task " + task + " is not among " + this);
        }
        return Integer.bitCount(bits & (1 << task) - 1);
    }

    /** {@return their numbers, rising} */
    public IntStream tasks() {
        return IntStream.range(0, MOST).filter(this::contains);
    }

    @Override
    public String toString() {
        return "tasks " + tasks().boxed().toList();
    }
}
