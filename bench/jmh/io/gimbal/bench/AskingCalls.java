package io.gimbal.bench;

import io.gimbal.cuda.Driver;
import io.gimbal.device.Event;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Calls that give the device nothing to do, straight to the driver. Nothing else runs meanwhile, and the C functions
 * only look something up: this is as near as a call comes to the bindings' way there and back alone.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(5)
@Warmup(iterations = 3, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public class AskingCalls {
    /** What is asked about: a stream without work, and an event in it that is done. */
    @State(Scope.Thread)
    public static class Idle {
        private Driver driver;
        private long context;
        private long stream;
        private long event;

        @Setup
        public void prepare(OpenDevice open) {
            driver = open.device.driver();
            context = open.device.context();
            stream = open.stream.handle();
            Event recorded = open.device.newEvent();
            recorded.record(open.stream);
            recorded.synchronize();
            event = recorded.handle();
        }
    }

    @Benchmark
    public void setCurrentContext(Idle idle) {
        idle.driver.setCurrentContext(idle.context);
    }

    @Benchmark
    public boolean streamDone(Idle idle) {
        return idle.driver.streamDone(idle.stream);
    }

    @Benchmark
    public boolean eventDone(Idle idle) {
        return idle.driver.eventDone(idle.event);
    }
}
