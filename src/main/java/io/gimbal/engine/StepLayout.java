package io.gimbal.engine;

import io.gimbal.program.Buffer;
import io.gimbal.program.BufferLayout;
import io.gimbal.program.Region;

/**
 * What a training step keeps besides the model, and where: batches, balancing, counters, the ring of records, optimiser
 * moments. A program can be written over a layout; to run it, a {@link StepMemory} puts the layout on a device.
 */
public class StepLayout extends BufferLayout {
    /** Batches on the device at a time: one is worked on while the next arrives. */
    static final int SLOTS = 2;
    /** Steps that the ring of records holds; it is read back well before it is full. */
    static final int RECORDS = 256;
    /** Doubles a task of the balancing's state. */
    static final int BALANCE_KINDS = StepState.BALANCE_KINDS;
    static final int COUNTERS = 4;

    private final Buffer slots;
    private final Buffer balance;
    private final Buffer counters;
    private final Buffer records;
    private final Buffer parts;
    private final Buffer weights;
    private final Buffer losses;
    private final Buffer lossesByOutput;
    private final Buffer counts;
    private final Buffer accepted;
    private final Buffer learningRate;
    private final Region[] moments;

    StepLayout(StepPlan plan, ModelLayout model) {
        int tasks = plan.graph().tasks().size();
        BatchLayout batch = new BatchLayout(plan.graph(), plan.criteria());
        slots = buffer("batches", batch.bytes() * SLOTS);
        balance = buffer("balancing", (long) BALANCE_KINDS * tasks * Double.BYTES);
        counters = buffer("counters", COUNTERS * Long.BYTES);
        records = buffer("records", (long) RECORDS * StepRecord.words(tasks) * Double.BYTES);
        parts = buffer("parts of a batch", (long) batch.parts(plan.precision()).length * Long.BYTES);
        long words = (long) tasks * Float.BYTES;
        weights = buffer("weights", words);
        losses = buffer("losses", words);
        int outputs = plan.graph().mostOutputs();
        lossesByOutput = buffer("losses by output", outputs == 1 ? 0 : words * outputs);
        counts = buffer("counts", words);
        accepted = buffer("accepted", Integer.BYTES);
        learningRate = buffer("learning rate", Float.BYTES);
        moments = new Region[plan.optimizer().moments()];
        for (int i = 0; i < moments.length; i++) {
            moments[i] = buffer("moments", model.parameterWords() * Float.BYTES).region();
        }
    }

    /** That of a step, without memory. */
    public static StepLayout of(StepPlan plan, ModelLayout model) {
        return new StepLayout(plan, model);
    }

    Region slots() {
        return slots.region();
    }

    Region balance() {
        return balance.region();
    }

    Region counters() {
        return counters.region();
    }

    Region records() {
        return records.region();
    }

    /** What the parts of a batch are, as {@link BatchLayout#parts} says. */
    Region parts() {
        return parts.region();
    }

    Region weights() {
        return weights.region();
    }

    Region losses() {
        return losses.region();
    }

    /** [outputs][tasks], where a task's loss reads several; those that a task does not have stay zero. */
    Region lossesByOutput() {
        return lossesByOutput.region();
    }

    Region counts() {
        return counts.region();
    }

    Region accepted() {
        return accepted.region();
    }

    Region learningRate() {
        return learningRate.region();
    }

    Region[] moments() {
        return moments;
    }

    long recordBytes() {
        return records.bytes();
    }
}
