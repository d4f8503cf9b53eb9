package io.gimbal.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.Counters;
import io.gimbal.device.BindingKind;
import io.gimbal.device.DeviceKind;
import io.gimbal.device.DeviceMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The benchmarks of the bindings run, and make the calls that their figures are divided by. */
abstract class BenchmarksContract {
    private final OpenDevice open = new OpenDevice();
    private final QueuedWork work = new QueuedWork();
    private final QueuingCalls calls = new QueuingCalls();

    abstract BindingKind binding();

    @BeforeEach
    void prepare() {
        open.kind = DeviceKind.SOFT;
        open.binding = binding();
        open.open();
        work.prepare(open);
    }

    @AfterEach
    void close() {
        work.close();
        open.close();
    }

    private Counters counted(BiConsumer<QueuingCalls, QueuedWork> batch) {
        Counters before = open.device.counters();
        batch.accept(calls, work);
        work.finish();
        return open.device.counters().minus(before);
    }

    private float last(DeviceMemory memory, int count) {
        ByteBuffer values = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.nativeOrder());
        open.device.download(memory, values);
        return values.getFloat((count - 1) * Float.BYTES);
    }

    @Test
    void aBatchOfLaunchesLaunchesAndAddsUp() {
        assertEquals(new Counters(0, 0, 0, 1, 0, QueuingCalls.CALLS, 0), counted(QueuingCalls::launch));
        assertEquals(2, last(work.result, 16));
        assertEquals(1, last(work.result, 17), "the launch wrote beyond its elements");
    }

    @Test
    void aBatchOfCopiesCopies() {
        assertEquals(new Counters(QueuingCalls.CALLS, 0, 0, 1, 0, 0, 0), counted(QueuingCalls::copy));
    }

    @Test
    void aBatchOfGraphLaunchesLaunchesNothingElse() {
        assertEquals(new Counters(0, 0, 0, 1, 0, 0, QueuingCalls.CALLS), counted(QueuingCalls::graphLaunch));
        assertEquals(2, last(work.result, 16));
    }

    @Test
    void aBatchOfProductsMultiplies() {
        calls.product(work);
        work.finish();
        assertEquals(QueuedWork.SIDE, last(work.result, QueuedWork.SIDE * QueuedWork.SIDE));
    }

    @Test
    void aBatchOfConvolutionsConvolves() {
        calls.convolution(work);
        work.finish();
        // The last place is a corner: 2 x 2 places of 16 channels under the filter.
        assertEquals(64, last(work.result, 8 * 8 * 16));
    }

    @Test
    void aBatchOfStepsCopiesAndLaunchesOnceAStep() {
        assertEquals(new Counters(QueuingCalls.CALLS, 0, 0, 1, 0, 0, QueuingCalls.CALLS), counted(QueuingCalls::step));
    }

    @Test
    void whatIsAskedAboutIsDone() {
        AskingCalls asking = new AskingCalls();
        AskingCalls.Idle idle = new AskingCalls.Idle();
        idle.prepare(open);
        asking.setCurrentContext(idle);
        assertEquals(open.device.context(), open.device.driver().currentContext());
        assertTrue(asking.streamDone(idle));
        assertTrue(asking.eventDone(idle));
    }
}
