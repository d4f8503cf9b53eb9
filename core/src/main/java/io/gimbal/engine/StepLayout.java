package io.gimbal.engine;

import io.gimbal.program.Buffer;
import io.gimbal.program.BufferLayout;
import io.gimbal.program.Region;
import java.util.List;
import java.util.Optional;

/**
 * What a training step keeps besides the model, and where: batches, balancing, counters, the ring of records, optimiser
 * moments. A program can be written over a layout; to run it, a {@link StepMemory} puts the layout on a device.
 */
public class StepLayout extends BufferLayout {
    /** Batches on the device at a time: one is worked on while the next arrives. */
    static final int SLOTS = 2;
    /** Steps that the ring of records holds; it is read back well before it is full. */
    static final int RECORDS = 256;
    static final int COUNTERS = 4;

    private final Buffer slots;
    private final List<StateRow> rows;
    private final Buffer balance;
    private final Buffer constants;
    private final Buffer used;
    private final Buffer usedFloats;
    private final Buffer proposed;
    private final Buffer fellBack;
    private final Buffer counters;
    private final Buffer records;
    private final long behindRecords;
    private final Buffer parts;
    private final Buffer weights;
    private final Buffer losses;
    private final Buffer lossesByOutput;
    private final Buffer counts;
    private final Buffer accepted;
    private final Buffer learningRate;
    private final Region[] moments;
    private final Optional<GroupTable> groupTable;
    private final Buffer groups;
    private final Buffer factors;

    StepLayout(StepPlan plan, ModelLayout model) {
        int tasks = plan.graph().tasks().size();
        BatchLayout batch = new BatchLayout(plan.graph(), plan.criteria());
        slots = buffer("batches", batch.bytes() * SLOTS);
        rows = plan.balancing().state(plan.setting());
        long doubles = (long) tasks * Double.BYTES;
        balance = buffer("balancing", rows.size() * doubles);
        counters = buffer("counters", COUNTERS * Long.BYTES);
        records = buffer("records", recordBytes(tasks) + (plan.diagnose()
                ? (long) RECORDS * Diagnosis.words(tasks) * Double.BYTES : 0));
        behindRecords = recordBytes(tasks);
        parts = buffer("parts of a batch", (long) batch.parts(plan.precision()).length * Long.BYTES);
        long words = (long) tasks * Float.BYTES;
        weights = buffer("weights", words);
        losses = buffer("losses", words);
        int outputs = plan.graph().mostOutputs();
        lossesByOutput = buffer("losses by output", outputs == 1 ? 0 : words * outputs);
        counts = buffer("counts", words);
        constants = buffer("balancing's constants", plan.balancing().constants(plan.setting()).size() * doubles);
        boolean changes = plan.balancing().weighs() || plan.balancing().measures().combined();
        used = buffer("weights of this step", changes ? doubles : 0);
        usedFloats = buffer("weights of this step, rounded", changes ? words : 0);
        proposed = buffer("what the balancing's state may become", changes ? tasks * doubles : 0);
        fellBack = buffer("whether the balancing had no answer", changes ? Integer.BYTES : 0);
        accepted = buffer("accepted", Integer.BYTES);
        learningRate = buffer("learning rate", Float.BYTES);
        moments = new Region[plan.optimizer().moments()];
        for (int i = 0; i < moments.length; i++) {
            moments[i] = buffer("moments", model.parameterWords() * Float.BYTES).region();
        }
        List<ParameterGroup> given = plan.optimizer().groups();
        groupTable = given.isEmpty() ? Optional.empty() : Optional.of(GroupTable.of(given, model));
        groups = buffer("groups of the parameters", groupTable.map(table -> table.groups().length).orElse(0));
        factors = buffer("factors of the groups", groupTable.map(table -> table.factors().length).orElse(0)
                * (long) Float.BYTES);
    }

    /** Bytes of the ring of records. */
    static long recordBytes(int tasks) {
        return (long) RECORDS * StepRecord.words(tasks) * Double.BYTES;
    }

    /**
     * {@return the layout of a step, without memory}
     *
     * @param plan  of the step
     * @param model where its parameters lie
     */
    public static StepLayout of(StepPlan plan, ModelLayout model) {
        return new StepLayout(plan, model);
    }

    Region slots() {
        return slots.region();
    }

    Region balance() {
        return balance.region();
    }

    /** What stands in {@link #balance}. */
    List<StateRow> rows() {
        return rows;
    }

    Region constants() {
        return constants.region();
    }

    /** Doubles [T]: the weights or coefficients of this step, where they are found in it. */
    Region used() {
        return used.region();
    }

    /** The same as floats. */
    Region usedFloats() {
        return usedFloats.region();
    }

    /** Doubles [T][T]. */
    Region proposed() {
        return proposed.region();
    }

    Region fellBack() {
        return fellBack.region();
    }

    Region counters() {
        return counters.region();
    }

    /** The ring of records and, where steps are diagnosed, that of diagnoses behind it. */
    Region records() {
        return records.region();
    }

    Region diagnoses() {
        return records.region().plusBytes(behindRecords);
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

    /** What stands in {@link #groups} and {@link #factors}. */
    Optional<GroupTable> groupTable() {
        return groupTable;
    }

    /** The number of each run's group; empty where there are no groups. */
    Optional<Region> groups() {
        return groupTable.map(_ -> groups.region());
    }

    Optional<Region> factors() {
        return groupTable.map(_ -> factors.region());
    }

    long recordBytes() {
        return records.bytes();
    }
}
