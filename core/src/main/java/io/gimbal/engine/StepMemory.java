package io.gimbal.engine;

import io.gimbal.device.Device;
import io.gimbal.device.DeviceMemory;
import io.gimbal.graph.Parameter;
import io.gimbal.program.Exchanged;
import io.gimbal.program.Region;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a training step keeps besides the model, on a device. Owns its device memory. */
final class StepMemory extends StepLayout implements AutoCloseable {
    private final Device device;
    private final NetworkGraph graph;
    private final int tasks;
    private final DeviceMemory memory;

    StepMemory(Device device, StepPlan plan, ModelMemory model) {
        super(plan, model);
        this.device = device;
        this.graph = plan.graph();
        this.tasks = graph.tasks().size();
        memory = device.allocate(bytes());
        try {
            place(memory.address());
            // All but the batches starts as zero.
            model.zero(balance().address(), memory.address() + bytes() - balance().address());
            long[] parts = new BatchLayout(graph, plan.criteria()).parts(plan.precision());
            ByteBuffer longs = host((long) parts.length * Long.BYTES);
            longs.asLongBuffer().put(parts);
            device.upload(parts().address(), longs);
            groupTable().ifPresent(this::upload);
        } catch (RuntimeException | Error failure) {
            memory.close();
            throw failure;
        }
    }

    private void upload(GroupTable table) {
        device.upload(groups().orElseThrow().address(), host(table.groups().length).put(0, table.groups()));
        ByteBuffer floats = host((long) table.factors().length * Float.BYTES);
        floats.asFloatBuffer().put(table.factors());
        device.upload(factors().orElseThrow().address(), floats);
    }

    /** Sets what the rule starts from, and its constants. */
    void startBalance(StepPlan plan) {
        List<double[]> constants = plan.balancing().constants(plan.setting());
        if (!constants.isEmpty()) {
            writeDoubles(constants(), joined(constants));
        }
        writeBalance(joined(rows().stream().map(StateRow::start).toList()));
    }

    private static double[] joined(List<double[]> rows) {
        return rows.stream().flatMapToDouble(Arrays::stream).toArray();
    }

    private void writeDoubles(Region region, double[] values) {
        ByteBuffer doubles = host((long) values.length * Double.BYTES);
        doubles.asDoubleBuffer().put(values);
        device.upload(region.address(), doubles);
    }

    private void writeBalance(double[] state) {
        writeDoubles(balance(), state);
        ByteBuffer floats = host((long) tasks * Float.BYTES);
        for (int task = 0; task < tasks; task++) {
            floats.putFloat(task * Float.BYTES, (float) state[task]);
        }
        device.upload(weights().address(), floats);
    }

    StepState read(ModelMemory model) {
        double[] state = new double[rows().size() * tasks];
        download(balance().address(), (long) state.length * Double.BYTES).asDoubleBuffer().get(state);
        long[] counts = new long[COUNTERS];
        download(counters().address(), COUNTERS * Long.BYTES).asLongBuffer().get(counts);
        List<Map<String, float[]>> byName = new ArrayList<>();
        for (Region moment : moments()) {
            float[] flat = new float[Math.toIntExact(model.parameterWords())];
            download(moment.address(), model.parameterWords() * Float.BYTES).asFloatBuffer().get(flat);
            Map<String, float[]> values = new LinkedHashMap<>();
            for (Parameter parameter : graph.parameters()) {
                values.put(parameter.name(), model.placed(parameter).takenFrom(flat));
            }
            byName.add(values);
        }
        return new StepState(model.read(), byName, state, counts, model.averaged() ? Optional.of(model.readEvaluated())
                : Optional.empty());
    }

    void write(ModelMemory model, StepState state) {
        if (state.moments().size() != moments().length || state.balance().length != rows().size() * tasks
                || state.counters().length != COUNTERS) {
            throw new IllegalArgumentException("the state is of another training: it has " + state.moments().size()
                    + " moment buffers and "
                    + state.balance().length + " numbers of the balancing where " + moments().length + " and "
                    + rows().size() * tasks + " are due");
        }
        if (state.averages().isPresent() != model.averaged()) {
            throw new IllegalArgumentException("the state is of another training: it has " + (model.averaged()
                    ? "no averages of the parameters, and this training keeps them"
                    : "averages of the parameters, and this training keeps none"));
        }
        state.fault(rows()).ifPresent(fault -> {
            throw new IllegalArgumentException("no step can go on from this state: " + fault);
        });
        model.write(state.tensors());
        state.averages().ifPresent(model::writeAverages);
        writeBalance(state.balance());
        ByteBuffer longs = host(COUNTERS * Long.BYTES);
        longs.asLongBuffer().put(state.counters());
        device.upload(counters().address(), longs);
        for (int i = 0; i < moments().length; i++) {
            float[] flat = new float[Math.toIntExact(model.parameterWords())];
            for (Parameter parameter : graph.parameters()) {
                float[] values = state.moments().get(i).get(parameter.name());
                if (values == null || values.length != parameter.count()) {
                    throw new IllegalArgumentException("the state lacks the moment of " + parameter.name());
                }
                model.placed(parameter).putInto(flat, values);
            }
            ByteBuffer floats = host((long) flat.length * Float.BYTES);
            floats.asFloatBuffer().put(flat);
            device.upload(moments()[i].address(), floats);
        }
    }

    /** All of it but the batches, byte by byte. */
    Exchanged state() {
        long from = balance().address();
        return Exchanged.bytes("state of the step", from, memory.address() + bytes() - from);
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
