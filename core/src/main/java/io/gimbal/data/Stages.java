package io.gimbal.data;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * On what a thread spends its time as it reads samples. Times are of the processor, in nanoseconds: what other work on
 * the machine takes, and waiting, does not count. A stage within another counts for itself alone. For one thread; where
 * nothing is measured a stage costs a look-up.
 */
public final class Stages {
    private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();
    private static final ThreadLocal<Stages> MEASURED = new ThreadLocal<>();

    private final Map<Stage, Long> spent = new EnumMap<>(Stage.class);
    private Stage now = Stage.WRITE;
    private long since = CLOCK.getCurrentThreadCpuTime();

    /** What is done of a sample. */
    public enum Stage {
        /** Files are read and unpacked, or what is made up is made up. */
        DECODE,
        /** Labels are made of others. */
        DERIVE,
        /** All is brought to the size at which it is kept. */
        FIT,
        /** What is kept is varied and written into a batch. */
        WRITE
    }

    private Stages() {
        for (Stage stage : Stage.values()) {
            spent.put(stage, 0L);
        }
    }

    /**
     * Does the work, and returns what the calling thread's stages took of it; what is in none counts as written.
     *
     * @param work is done by this thread
     * @return nanoseconds of the thread's processor time by stage
     */
    public static Map<Stage, Long> measure(Runnable work) {
        Stages stages = new Stages();
        MEASURED.set(stages);
        try {
            work.run();
        } finally {
            MEASURED.remove();
        }
        stages.change(Stage.WRITE);
        return Map.copyOf(stages.spent);
    }

    /**
     * Does work that belongs to a stage.
     *
     * @param <T>   what is made
     * @param stage to which it belongs
     * @param work  makes it
     * @return what it made
     */
    public static <T> T in(Stage stage, Supplier<T> work) {
        Stages stages = MEASURED.get();
        if (stages == null) {
            return work.get();
        }
        Stage before = stages.change(stage);
        try {
            return work.get();
        } finally {
            stages.change(before);
        }
    }

    private Stage change(Stage next) {
        long time = CLOCK.getCurrentThreadCpuTime();
        spent.merge(now, time - since, Long::sum);
        since = time;
        Stage before = now;
        now = next;
        return before;
    }
}
