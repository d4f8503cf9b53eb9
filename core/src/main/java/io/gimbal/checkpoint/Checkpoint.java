package io.gimbal.checkpoint;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.engine.ModelMemory;
import io.gimbal.engine.StateRow;
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
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * All that training depends on, in one safetensors file: the model's tensors by their own names, {@code
 * optimizer.moment.K.NAME}, {@code average.NAME} where the training keeps averages, {@code balance.state} (what the
 * balancing keeps: rows of a number a task, the first the weights), {@code counters} (steps, accepted, rejected,
 * rejected in a row) and {@code data.position} (seed, epoch, batch); in the metadata what {@link Progress} says of the
 * data and the metrics, and {@link DataMeaning}. Written atomically.
 */
public record Checkpoint(StepState state, Progress progress) {
    private static final String MOMENT = StepState.MOMENT;
    private static final String BALANCE = StepState.BALANCE;
    private static final String COUNTERS = StepState.COUNTERS;
    private static final String POSITION = Progress.POSITION;
    private static final String FORMAT = "gimbal.checkpoint";
    private static final String VERSION = "1";
    private static final int ROWS_ONCE = 5;
    private static final Pattern MOMENTS = Pattern.compile(Pattern.quote(MOMENT) + "(\\d{1,2})\\.(.+)");

    /**
     * Writes it over the previous one, which stays if anything fails.
     *
     * @param balance what the balancing keeps
     * @param meaning what the numbers mean, for whoever predicts with it
     */
    public void write(Path file, ModelMemory model, List<StateRow> balance, DataMeaning meaning) {
        Map<String, HostTensor> tensors = ModelFiles.tensors(model, state.tensors(),
                ModelFiles.advanced(model, Map.of(), state.accepted()));
        for (int k = 0; k < state.moments().size(); k++) {
            for (Map.Entry<String, float[]> moment : state.moments().get(k).entrySet()) {
                tensors.put(MOMENT + k + "." + moment.getKey(), HostTensor.ofFloats(model.shapes().get(moment.getKey()),
                        moment.getValue()));
            }
        }
        state.averages().orElse(Map.of()).forEach((name, values) -> tensors.put(StepState.AVERAGE + name,
                HostTensor.ofFloats(model.shapes().get(name), values)));
        tensors.put(BALANCE, HostTensor.ofDoubles(new long[] {balance.size(), state.balance().length / balance.size()},
                state.balance()));
        tensors.put(COUNTERS, HostTensor.ofLongs(new long[] {state.counters().length}, state.counters()));
        tensors.put(POSITION, progress.positionTensor());
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put(FORMAT, VERSION);
        metadata.putAll(progress.metadata());
        metadata.putAll(meaning.metadata());
        SafeTensors.write(file, tensors, metadata);
    }

    /** Reads how far a run is, and nothing else. */
    public static Progress progress(Path file) {
        try (TensorFile tensors = SafeTensors.open(file)) {
            requireVersion(tensors);
            return Progress.read(tensors);
        }
    }

    /** Reads what the numbers of a checkpoint mean, and nothing else. */
    public static DataMeaning meaning(Path file) {
        try (TensorFile tensors = SafeTensors.open(file)) {
            requireVersion(tensors);
            return DataMeaning.read(tensors.metadata(), file.toString());
        }
    }

    private static void requireVersion(TensorFile tensors) {
        if (!VERSION.equals(tensors.metadata().get(FORMAT))) {
            throw new UserException(tensors.file() + ": is not a checkpoint of this version of Gimbal (its metadata "
                    + "has no " + FORMAT + " " + VERSION + ")");
        }
    }

    /**
     * Reads a checkpoint of that model.
     *
     * @param moments how many moment buffers the optimiser keeps
     * @param balance what the balancing keeps
     * @throws UserException naming what is missing or does not fit
     */
    public static Checkpoint read(Path file, ModelMemory model, int moments, List<StateRow> balance) {
        try (TensorFile tensors = SafeTensors.open(file)) {
            requireVersion(tensors);
            Map<String, float[]> values = ModelFiles.read(tensors, model, name -> isOther(name,
                    model.shapes().keySet()));
            List<Map<String, float[]>> read = new ArrayList<>();
            for (int k = 0; k < moments; k++) {
                Map<String, float[]> moment = new LinkedHashMap<>();
                for (Map.Entry<String, long[]> entry : model.shapes().entrySet()) {
                    if (!isStatistic(entry.getKey())) {
                        moment.put(entry.getKey(), tensors.floats(MOMENT + k + "." + entry.getKey(),
                                entry.getValue()));
                    }
                }
                read.add(moment);
            }
            refuseMoments(tensors, moments);
            StepState state = new StepState(values, read, balance(tensors, balance), tensors.longs(COUNTERS, 4),
                    averages(tensors, model));
            ModelFiles.refuse(file, state.fault(balance));
            return new Checkpoint(state, Progress.read(tensors));
        }
    }

    /**
     * What the balancing kept. Runs with fixed weights once kept GradNorm's rows, of which such a rule has the first
     * alone.
     */
    private static double[] balance(TensorFile tensors, List<StateRow> rows) {
        int tasks = rows.getFirst().start().length;
        boolean weightsAlone = rows.size() == 1 && tensors.names().contains(BALANCE)
                && Arrays.equals(tensors.entry(BALANCE).shape(), new long[] {ROWS_ONCE, tasks});
        tensors.floats(BALANCE, weightsAlone ? ROWS_ONCE : rows.size(), tasks);
        return Arrays.copyOf(tensors.read(BALANCE).doubles(), rows.size() * tasks);
    }

    private static Optional<Map<String, float[]>> averages(TensorFile tensors, ModelMemory model) {
        Optional<Map<String, float[]>> averages = ModelFiles.readAverages(tensors, model.shapes(),
                model.shapes().keySet());
        if (averages.isPresent() != model.averaged()) {
            throw new UserException(tensors.file() + ": " + (model.averaged()
                    ? "holds no averages of the parameters, which this training keeps. Leave optimizer.average out to "
                            + "go on without, or start a new run with it by --init."
                    : "holds averages of the parameters, and this training keeps none. Give optimizer.average as it "
                            + "was to go on, or start a new run from the averages by --init."));
        }
        return averages;
    }

    private static void refuseMoments(TensorFile tensors, int moments) {
        for (String name : tensors.names()) {
            Matcher moment = MOMENTS.matcher(name);
            if (moment.matches() && Integer.parseInt(moment.group(1)) >= moments) {
                throw new UserException(tensors.file() + ": tensor " + Names.quote(name) + " is not of this training, "
                        + "whose optimiser keeps " + (moments == 0 ? "no moments" : moments == 1 ? "moment 0 alone"
                        : "the moments 0 to " + (moments - 1)) + " of a parameter");
            }
        }
    }

    /** Whether a checkpoint has a tensor of that name besides the model's. */
    static boolean isOther(String name, Set<String> model) {
        Matcher moment = MOMENTS.matcher(name);
        return moment.matches() ? model.contains(moment.group(2)) && !isStatistic(moment.group(2))
                : ModelFiles.isAverage(name, model) || name.equals(BALANCE) || name.equals(COUNTERS)
                        || name.equals(POSITION);
    }

    /**
     * Checks what a checkpoint holds besides the model, for whoever takes the model alone from it.
     *
     * @throws UserException naming the first value that may not be
     */
    static void checkOthers(TensorFile file) {
        List<Map<String, float[]>> moments = new ArrayList<>();
        for (String name : file.names()) {
            Matcher moment = MOMENTS.matcher(name);
            if (moment.matches()) {
                int k = Integer.parseInt(moment.group(1));
                while (moments.size() <= k) {
                    moments.add(new LinkedHashMap<>());
                }
                moments.get(k).put(moment.group(2), file.floats(name, file.entry(name).shape()));
            }
        }
        boolean whole = file.names().contains(BALANCE) && file.names().contains(COUNTERS);
        double[] balance = whole ? doubles(file) : new double[0];
        long[] counters = whole ? file.longs(COUNTERS, 4) : new long[4];
        ModelFiles.refuse(file.file(), new StepState(Map.of(), moments, balance, counters).fault());
    }

    private static double[] doubles(TensorFile file) {
        file.floats(BALANCE, file.entry(BALANCE).shape());
        return file.read(BALANCE).doubles();
    }

    private static boolean isStatistic(String name) {
        return name.endsWith(".running_mean") || name.endsWith(".running_var");
    }
}
