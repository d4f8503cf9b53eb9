package io.gimbal.spark;

import io.gimbal.config.UserException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.spark.TaskContext;

/**
 * The predictor by which all tasks of this process predict by one model: opened by the first that needs it, closed when
 * none has used it for a while, or the process ends. One whose device has failed is replaced. For any thread.
 */
final class SharedPredictor {
    private static final System.Logger LOG = System.getLogger(SharedPredictor.class.getName());
    private static final Duration IDLE = Duration.ofMinutes(5);
    private static final Map<ModelSource, SharedPredictor> ALL = new ConcurrentHashMap<>();
    private static final ScheduledExecutorService CLOSER = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("closes idle predictors").factory());

    static {
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("closes predictors").unstarted(() ->
                ALL.values().forEach(SharedPredictor::closeAtTheEnd)));
    }

    private final ModelSource source;
    private final long idle;
    /** How many use each: besides the current one, those that have failed and are still used. */
    private final Map<OpenPredictor, Integer> uses = new HashMap<>();
    private OpenPredictor current;
    private long lastUsed;
    private boolean watched;

    /** @param idle how long nobody must have used it until it is closed */
    SharedPredictor(ModelSource source, Duration idle) {
        this.source = source;
        this.idle = idle.toNanos();
    }

    /** That of this process. */
    static SharedPredictor of(ModelSource source) {
        return ALL.computeIfAbsent(source, missing -> new SharedPredictor(missing, IDLE));
    }

    /** Closes those of this process that nobody uses. */
    static void closeAllUnused() {
        ALL.values().forEach(SharedPredictor::closeUnused);
    }

    /** A use of it, by one task, during which it stays open. */
    final class Use implements AutoCloseable {
        private final OpenPredictor used;

        private Use(OpenPredictor used) {
            this.used = used;
        }

        OpenPredictor predictor() {
            return used;
        }

        /** Its device has failed: whoever comes next gets another. Those that use it have it until they end. */
        void failed() {
            replace(used);
        }

        @Override
        public void close() {
            end(used);
        }
    }

    /**
     * Begins a use; opens the predictor where it is not open, for which others wait.
     *
     * @throws IllegalStateException if it cannot be opened; the next one tries again. No {@link UserException}, which
     *                               would be taken for a photo's
     */
    synchronized Use use() {
        TaskContext task = TaskContext.get();
        if (task != null) {
            AssignedGpu.check(source.device(), task.resourcesJMap(), System.getenv(AssignedGpu.VISIBLE));
        }
        if (current == null) {
            current = open();
        }
        uses.merge(current, 1, Integer::sum);
        return new Use(current);
    }

    private OpenPredictor open() {
        try {
            return OpenPredictor.open(source);
        } catch (UserException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    private synchronized void end(OpenPredictor used) {
        boolean last = uses.merge(used, -1, Integer::sum) == 0;
        if (last) {
            uses.remove(used);
        }
        if (used == current) {
            lastUsed = System.nanoTime();
            watch(idle);
        } else if (last) {
            close(used);
        }
    }

    private synchronized void replace(OpenPredictor failed) {
        if (current == failed) {
            current = null;
        }
    }

    /** A look at it, of which one at most is due, since it may be used for every row. */
    private void watch(long wait) {
        if (!watched) {
            watched = true;
            CLOSER.schedule(this::closeIdle, wait, TimeUnit.NANOSECONDS);
        }
    }

    private synchronized void closeIdle() {
        watched = false;
        long left = lastUsed + idle - System.nanoTime();
        if (left <= 0) {
            closeUnused();
        } else if (current != null) {
            watch(left);
        }
    }

    /** Closes it unless somebody uses it; whoever comes next opens it anew. */
    synchronized void closeUnused() {
        if (current != null && !uses.containsKey(current)) {
            OpenPredictor unused = current;
            current = null;
            close(unused);
        }
    }

    /** Tasks that still use it get what was accepted, and then fail by name. */
    private synchronized void closeAtTheEnd() {
        if (current != null) {
            close(current);
        }
    }

    /** No task is to fail since a device that has failed, as a rule, cannot be closed in order. */
    private static void close(OpenPredictor predictor) {
        try {
            predictor.close();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "a predictor could not be closed in order", e);
        }
    }
}
