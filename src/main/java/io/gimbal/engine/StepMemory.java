package io.gimbal.engine;

import io.gimbal.device.Device;
import io.gimbal.device.DeviceMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a training step keeps on the device besides the model: batches, balancing, counters, the ring of records,
 * optimiser moments.
 */
final class StepMemory implements AutoCloseable {
    /** Steps that the ring of records holds; it is read back well before it is full. */
    static final int RECORDS = 256;
    /** Doubles a task of the balancing's state: weight, initial loss, first moment, second moment, steps. */
    private static final int BALANCE_KINDS = 5;
    private static final int COUNTERS = 4;

    private final Device device;
    private final NetworkGraph graph;
    private final int tasks;
    private final DeviceMemory memory;
    private final Buffer slots;
    private final Buffer balance;
    private final Buffer counters;
    private final Buffer records;
    private final Buffer weights;
    private final Buffer losses;
    private final Buffer counts;
    private final Buffer accepted;
    private final Buffer learningRate;
    private final Region[] moments;

    StepMemory(Device device, NetworkGraph graph, ModelMemory model, BatchLayout layout, int slotCount,
            int momentCount) {
        this.device = device;
        this.graph = graph;
        this.tasks = graph.tasks().size();
        Layout sizes = new Layout();
        long slotsAt = sizes.add(layout.bytes() * slotCount);
        long balanceAt = sizes.add((long) BALANCE_KINDS * tasks * Double.BYTES);
        long countersAt = sizes.add(COUNTERS * Long.BYTES);
        long recordsAt = sizes.add((long) RECORDS * StepRecord.words(tasks) * Double.BYTES);
        long wordsAt = sizes.add(0);
        long wordsStride = MemoryPlan.roundUp((long) tasks * Float.BYTES);
        sizes.add(5 * wordsStride);
        long momentBytes = MemoryPlan.roundUp(model.parameterWords() * Float.BYTES);
        long momentsAt = sizes.add(momentBytes * momentCount);
        memory = device.allocate(sizes.end);
        long address = memory.address();
        zeroFrom(address + balanceAt, sizes.end - balanceAt);
        slots = Buffer.fixed("batches", layout.bytes() * slotCount, address + slotsAt);
        balance = Buffer.fixed("balancing", (long) BALANCE_KINDS * tasks * Double.BYTES, address + balanceAt);
        counters = Buffer.fixed("counters", COUNTERS * Long.BYTES, address + countersAt);
        records = Buffer.fixed("records", (long) RECORDS * StepRecord.words(tasks) * Double.BYTES, address + recordsAt);
        weights = Buffer.fixed("weights", wordsStride, address + wordsAt);
        losses = Buffer.fixed("losses", wordsStride, address + wordsAt + wordsStride);
        counts = Buffer.fixed("counts", wordsStride, address + wordsAt + 2 * wordsStride);
        accepted = Buffer.fixed("accepted", wordsStride, address + wordsAt + 3 * wordsStride);
        learningRate = Buffer.fixed("learning rate", wordsStride, address + wordsAt + 4 * wordsStride);
        moments = new Region[momentCount];
        for (int i = 0; i < momentCount; i++) {
            moments[i] = Buffer.fixed("moments", momentBytes, address + momentsAt + i * momentBytes).region();
        }
    }

    private static final class Layout {
        private long end;

        long add(long bytes) {
            long at = end;
            end += MemoryPlan.roundUp(bytes);
            return at;
        }
    }

    private void zeroFrom(long address, long bytes) {
        device.upload(address, host(bytes));
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

    Region weights() {
        return weights.region();
    }

    Region losses() {
        return losses.region();
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

    /** Sets the weights and initial losses that the rule starts from. */
    void startBalance(Balancing balancing, List<Criterion> criteria) {
        double[] state = new double[BALANCE_KINDS * tasks];
        for (int task = 0; task < tasks; task++) {
            state[task] = balancing.initialWeight(graph.tasks().get(task));
            state[tasks + task] = balancing.initialLoss(graph.tasks().get(task), criteria.get(task));
        }
        writeBalance(state);
    }

    private void writeBalance(double[] state) {
        ByteBuffer doubles = host((long) state.length * Double.BYTES);
        doubles.asDoubleBuffer().put(state);
        device.upload(balance.address(), doubles);
        ByteBuffer floats = host((long) tasks * Float.BYTES);
        for (int task = 0; task < tasks; task++) {
            floats.putFloat(task * Float.BYTES, (float) state[task]);
        }
        device.upload(weights.address(), floats);
    }

    StepState read(ModelMemory model) {
        double[] state = new double[BALANCE_KINDS * tasks];
        download(balance.address(), (long) state.length * Double.BYTES).asDoubleBuffer().get(state);
        long[] counts = new long[COUNTERS];
        download(counters.address(), COUNTERS * Long.BYTES).asLongBuffer().get(counts);
        List<Map<String, float[]>> byName = new ArrayList<>();
        for (Region moment : moments) {
            float[] flat = new float[Math.toIntExact(model.parameterWords())];
            download(moment.address(), model.parameterWords() * Float.BYTES).asFloatBuffer().get(flat);
            Map<String, float[]> values = new LinkedHashMap<>();
            for (Parameter parameter : graph.parameters()) {
                int from = Math.toIntExact(parameter.offset());
                values.put(parameter.name(), parameter.toFile(Arrays.copyOfRange(flat, from, from
                        + parameter.deviceCount())));
            }
            byName.add(values);
        }
        return new StepState(model.read(), byName, state, counts);
    }

    void write(ModelMemory model, StepState state) {
        if (state.moments().size() != moments.length || state.balance().length != BALANCE_KINDS * tasks
                || state.counters().length != COUNTERS) {
            throw new IllegalArgumentException("the state is of another training: it has " + state.moments().size()
                    + " moment buffers and "
                    + state.balance().length / BALANCE_KINDS + " tasks where " + moments.length + " and " + tasks
                            + " are due");
        }
        model.write(state.tensors());
        writeBalance(state.balance());
        ByteBuffer longs = host(COUNTERS * Long.BYTES);
        longs.asLongBuffer().put(state.counters());
        device.upload(counters.address(), longs);
        for (int i = 0; i < moments.length; i++) {
            float[] flat = new float[Math.toIntExact(model.parameterWords())];
            for (Parameter parameter : graph.parameters()) {
                float[] values = state.moments().get(i).get(parameter.name());
                if (values == null || values.length != parameter.count()) {
                    throw new IllegalArgumentException("the state lacks the moment of " + parameter.name());
                }
                System.arraycopy(parameter.toDevice(values), 0, flat, Math.toIntExact(parameter.offset()),
                        parameter.deviceCount());
            }
            ByteBuffer floats = host((long) flat.length * Float.BYTES);
            floats.asFloatBuffer().put(flat);
            device.upload(moments[i].address(), floats);
        }
    }

    private ByteBuffer download(long address, long bytes) {
        ByteBuffer into = host(bytes);
        device.download(address, into);
        return into;
    }

    private static ByteBuffer host(long bytes) {
        return ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.nativeOrder());
    }

    @Override
    public void close() {
        memory.close();
    }
}
