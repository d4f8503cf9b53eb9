package io.gimbal.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the host pays to put work into a stream, as the engine does it: through {@code Stream}, {@code Kernel} and
 * {@code Event}, which make the context current before each call, or cuBLAS and cuDNN directly.
 *
 * <p>A batch of calls is timed and its work is waited for outside of the time: the queue never grows long (a GPU's
 * driver makes the caller wait when it does), the clock is read once a batch, and what the work itself takes does not
 * count. The software device starts none of it before the wait ({@link OpenDevice}), and its own share of each call, a
 * lock and an entry in a list, is the same by either binding: the difference is the bindings'. Its caches are as cold
 * as the work of the last batch left them, as between the steps of a training.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(5)
@Warmup(iterations = 3, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public class QueuingCalls {
    /** Calls of a batch. */
    static final int CALLS = 64;

    @Benchmark
    @OperationsPerInvocation(CALLS)
    public void launch(QueuedWork work) {
        for (int call = 0; call < CALLS; call++) {
            work.launch();
        }
    }

    @Benchmark
    @OperationsPerInvocation(CALLS)
    public void copy(QueuedWork work) {
        for (int call = 0; call < CALLS; call++) {
            work.copy();
        }
    }

    @Benchmark
    @OperationsPerInvocation(CALLS)
    public void graphLaunch(QueuedWork work) {
        for (int call = 0; call < CALLS; call++) {
            work.launchGraph();
        }
    }

    @Benchmark
    @OperationsPerInvocation(CALLS)
    public void convolution(QueuedWork work) {
        for (int call = 0; call < CALLS; call++) {
            work.convolve();
        }
    }

    @Benchmark
    @OperationsPerInvocation(CALLS)
    public void product(QueuedWork work) {
        for (int call = 0; call < CALLS; call++) {
            work.multiply();
        }
    }

    @Benchmark
    @OperationsPerInvocation(CALLS)
    public void step(QueuedWork work) {
        for (int call = 0; call < CALLS; call++) {
            work.step();
        }
    }
}
