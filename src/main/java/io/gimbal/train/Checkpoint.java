package io.gimbal.train;

import io.gimbal.config.UserException;
import io.gimbal.data.Position;
import io.gimbal.engine.ModelMemory;
import io.gimbal.engine.StepState;
import io.gimbal.storage.HostTensor;
import io.gimbal.storage.SafeTensors;
import io.gimbal.storage.TensorFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All that training depends on, in one safetensors file: the model's tensors by their own names, {@code
 * optimizer.moment.K.NAME}, {@code balance.state} (weight, initial loss, first and second moment, steps; by task),
 * {@code counters} (steps, accepted, rejected, rejected in a row) and {@code data.position} (seed, epoch, batch).
 * Written atomically.
 */
record Checkpoint(StepState state, Position position) {
    private static final String MOMENT = "optimizer.moment.";
    private static final String BALANCE = "balance.state";
    private static final String COUNTERS = "counters";
    private static final String POSITION = "data.position";
    private static final String FORMAT = "gimbal.checkpoint";
    private static final String VERSION = "1";
    private static final int BALANCE_KINDS = 5;

    /** What a checkpoint's names begin with that are not the model's. */
    static final List<String> OTHERS = List.of("optimizer.", BALANCE, COUNTERS, POSITION);

    /** Writes it over the previous one, which stays if anything fails. */
    void write(Path file, ModelMemory model) {
        Map<String, Long> counters = new LinkedHashMap<>();
        model.batchNormNames().forEach(norm -> counters.put(norm, state.counters()[1]));
        Map<String, HostTensor> tensors = ModelFiles.tensors(model, state.tensors(), counters);
        for (int k = 0; k < state.moments().size(); k++) {
            for (Map.Entry<String, float[]> moment : state.moments().get(k).entrySet()) {
                tensors.put(MOMENT + k + "." + moment.getKey(), HostTensor.ofFloats(model.shapes().get(moment.getKey()),
                        moment.getValue()));
            }
        }
        tensors.put(BALANCE, HostTensor.ofDoubles(new long[] {BALANCE_KINDS, state.balance().length / BALANCE_KINDS},
                state.balance()));
        tensors.put(COUNTERS, HostTensor.ofLongs(new long[] {state.counters().length}, state.counters()));
        tensors.put(POSITION, HostTensor.ofLongs(new long[] {3}, position.toLongs()));
        SafeTensors.write(file, tensors, Map.of(FORMAT, VERSION));
    }

    /**
     * Reads a checkpoint of that model.
     *
     * @param moments how many moment buffers the optimiser keeps
     * @throws UserException naming what is missing or does not fit
     */
    static Checkpoint read(Path file, ModelMemory model, int moments, int tasks) {
        try (TensorFile tensors = SafeTensors.open(file)) {
            if (!VERSION.equals(tensors.metadata().get(FORMAT))) {
                throw new UserException(file + ": is not a checkpoint of this version of Gimbal (its metadata has no "
                        + FORMAT + " " + VERSION + ")");
            }
            Map<String, float[]> values = ModelFiles.read(tensors, model, OTHERS);
            List<Map<String, float[]>> read = new ArrayList<>();
            for (int k = 0; k < moments; k++) {
                Map<String, float[]> moment = new LinkedHashMap<>();
                for (Map.Entry<String, long[]> entry : model.shapes().entrySet()) {
                    String name = MOMENT + k + "." + entry.getKey();
                    if (!isStatistic(entry.getKey())) {
                        moment.put(entry.getKey(), tensors.floats(name, entry.getValue()));
                    }
                }
                read.add(moment);
            }
            tensors.floats(BALANCE, BALANCE_KINDS, tasks);
            double[] balance = tensors.read(BALANCE).doubles();
            long[] counters = tensors.longs(COUNTERS, 4);
            long[] position = tensors.longs(POSITION, 3);
            checkCounters(file, counters);
            ModelFiles.firstBroken(values).ifPresent(name -> {
                throw new UserException(file + ": tensor '" + name + "' holds values that are not finite");
            });
            if (position[1] < 0 || position[2] < 0 || position[2] > Integer.MAX_VALUE) {
                throw new UserException(file + ": its data position " + Arrays.toString(position)
                        + " (seed, epoch, batch) cannot be");
            }
            return new Checkpoint(new StepState(values, read, balance, counters), Position.ofLongs(position));
        }
    }

    private static void checkCounters(Path file, long[] counters) {
        long steps = counters[0];
        long accepted = counters[1];
        long rejected = counters[2];
        long inARow = counters[3];
        if (accepted < 0 || rejected < 0 || accepted > steps || rejected != steps - accepted || inARow < 0
                || inARow > rejected) {
            throw new UserException(file + ": its counters " + Arrays.toString(counters)
                    + " (steps, accepted, rejected, rejected in a row) cannot be");
        }
    }

    /** Whether every parameter and statistic is a number. */
    boolean isFinite() {
        return ModelFiles.firstBroken(state.tensors()).isEmpty();
    }

    private static boolean isStatistic(String name) {
        return name.endsWith(".running_mean") || name.endsWith(".running_var");
    }
}
