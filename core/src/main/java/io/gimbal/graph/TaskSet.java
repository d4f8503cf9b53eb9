package io.gimbal.graph;

import java.util.stream.IntStream;

/**
 * Some of a network's tasks, of which there are at most {@value #MOST}. Where something is kept a
 * task, row r of it is of the r-th of them, in the tasks' order.
 */
public record TaskSet(int bits) {
    /** As many tasks as there may be: a bit each. */
    public static final int MOST = 32;
    public static final TaskSet NONE = new TaskSet(0);

    /** One task alone, by its number. */
    public static TaskSet of(int task) {
        return new TaskSet(1 << task);
    }

    /** The first so many. */
    public static TaskSet all(int tasks) {
        return new TaskSet((int) ((1L << tasks) - 1));
    }

    /** These and those. */
    public TaskSet with(TaskSet others) {
        return new TaskSet(bits | others.bits);
    }

    public boolean contains(int task) {
        return (bits >> task & 1) == 1;
    }

    public boolean isEmpty() {
        return bits == 0;
    }

    public int size() {
        return Integer.bitCount(bits);
    }

    /** The row of a task that is one of these. */
    public int row(int task) {
        if (!contains(task)) {
            throw new IllegalArgumentException("task " + task + " is not among " + this);
        }
        return Integer.bitCount(bits & (1 << task) - 1);
    }

    /** Their numbers, rising. */
    public IntStream tasks() {
        return IntStream.range(0, MOST).filter(this::contains);
    }

    @Override
    public String toString() {
        return "tasks " + tasks().boxed().toList();
    }
}
