package io.gimbal.engine;

import io.gimbal.device.Device;
import io.gimbal.device.Event;
import io.gimbal.device.PinnedMemory;
import io.gimbal.device.Stream;
import java.nio.DoubleBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the device's ring of step records back, a stretch at a time and without holding the steps up. */
final class StepRecords implements AutoCloseable {
    /** Steps between two readings: far below the ring's length, so that no record is overwritten unread. */
    private static final int STRETCH = 32;
    private static final long PATIENCE_NANOSECONDS = 500_000_000;

    private final Stream compute;
    private final StepMemory memory;
    private final int tasks;
    private final BatchLayout batch;
    private final boolean diagnosed;
    private final PinnedMemory host;
    private final Event arrived;
    private long launched;
    private long asked;
    private long read;
    private boolean pending;
    private long lastAsked = System.nanoTime();

    StepRecords(Device device, Stream compute, StepMemory memory, StepPlan plan, BatchLayout batch) {
        this.compute = compute;
        this.memory = memory;
        this.tasks = plan.graph().tasks().size();
        this.batch = batch;
        this.diagnosed = plan.diagnose();
        this.host = device.allocatePinned(memory.recordBytes());
        try {
            this.arrived = device.newEvent();
        } catch (RuntimeException | Error failure) {
            host.close();
            throw failure;
        }
    }

    /** Makes sure that the ring has room for that many steps. */
    void makeSure(long steps) {
        if (steps - read >= StepMemory.RECORDS) {
            throw new IllegalStateException((launched - read)
                    + " steps were launched without reading what they did, and at most "
                    + (StepMemory.RECORDS - 1) + " are kept: call pollRecords or drainRecords between steps");
        }
    }

    /** Says how many steps have been launched. */
    void launched(long steps) {
        launched = steps;
    }

    void restart(long steps) {
        launched = steps;
        asked = steps;
        read = steps;
        pending = false;
    }

    List<StepRecord> poll() {
        List<StepRecord> fresh = pending && arrived.done() ? take() : List.of();
        boolean due = launched - asked >= STRETCH || (launched > asked && System.nanoTime()
                - lastAsked > PATIENCE_NANOSECONDS);
        if (!pending && due) {
            ask();
        }
        return fresh;
    }

    List<StepRecord> drain() {
        List<StepRecord> fresh = new ArrayList<>();
        if (pending) {
            arrived.synchronize();
            fresh.addAll(take());
        }
        if (launched > read) {
            ask();
            arrived.synchronize();
            fresh.addAll(take());
        }
        return fresh;
    }

    private void ask() {
        compute.copyToHost(host, 0, memory.records().address(), memory.recordBytes());
        arrived.record(compute);
        asked = launched;
        pending = true;
        lastAsked = System.nanoTime();
    }

    private List<StepRecord> take() {
        pending = false;
        List<StepRecord> fresh = new ArrayList<>();
        DoubleBuffer records = host.buffer().asDoubleBuffer();
        for (; read < asked; read++) {
            int slot = (int) (read % StepMemory.RECORDS);
            fresh.add(StepRecord.read(records, slot, tasks, batch, diagnosis(records, slot)));
        }
        return fresh;
    }

    private Optional<Diagnosis> diagnosis(DoubleBuffer records, int slot) {
        if (!diagnosed) {
            return Optional.empty();
        }
        int behind = Math.toIntExact(StepLayout.recordBytes(tasks) / Double.BYTES);
        return Optional.of(Diagnosis.read(records.slice(behind, records.limit() - behind), slot, tasks));
    }

    @Override
    public void close() {
        arrived.close();
        host.close();
    }
}
