package io.gimbal.spark;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.spark.TaskContext;

/**
 * What a task does in a thread of its own. Spark may kill a task at any moment, by an interrupt or by a mark alone. A
 * rank must hear of it in one way, and, once it takes the steps that rank 0 says, not at all: where ranks end one by
 * one, rank 0 finds them lost before it has kept what they did.
 */
final class StoppableWork {
    private static final long LOOK_MILLISECONDS = 100;

    private Thread thread;
    private boolean stoppable = true;
    private boolean stopped;

    /**
     * Does the work. Where the task is killed meanwhile, the work's thread is interrupted, once, and it is waited for
     * its end all the same.
     *
     * @param name of its thread
     */
    <V> V run(String name, TaskContext task, Callable<V> work) throws Exception {
        FutureTask<V> future = new FutureTask<>(work);
        synchronized (this) {
            thread = Thread.ofPlatform().daemon().name(name).start(future);
        }
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return future.get(LOOK_MILLISECONDS, TimeUnit.MILLISECONDS);
                } catch (TimeoutException goesOn) {
                    if (task.isInterrupted()) {
                        stop();
                    }
                } catch (InterruptedException e) {
                    interrupted = true;
                    stop();
                }
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception failure ? failure : e;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private synchronized void stop() {
        if (stoppable && !stopped) {
            stopped = true;
            thread.interrupt();
        }
    }

    /**
     * From now on the work ends by itself. Called by it.
     *
     * @throws IllegalStateException if it was stopped before
     */
    synchronized void goOnToTheEnd() {
        if (stopped) {
            throw new IllegalStateException("the task was killed before the ranks began to train");
        }
        stoppable = false;
    }
}
