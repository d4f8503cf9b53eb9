package io.gimbal.checkpoint;

import io.gimbal.config.UserException;
import io.gimbal.data.DataIdentity;
import io.gimbal.engine.ModelMemory;
import io.gimbal.engine.StepState;
import io.gimbal.storage.SafeTensors;
import io.gimbal.storage.TensorFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The step whose validation was the best so far, by one figure. A file of it holds the model's tensors at that step, as
 * a {@link Checkpoint} has them but without what training needs besides, and their averages in their place where the
 * training keeps these; this and a {@link DataMeaning} stand in its
 * metadata.
 *
 * @param step    how many steps had been made
 * @param figure  what it was judged by, as a configuration's {@code best} has it
 * @param value   the figure's
 * @param heldOut the data that it was validated on
 */
public record BestStep(long step, String figure, double value, Optional<DataIdentity> heldOut) {
    private static final String STEP = "best.step";
    private static final String FIGURE = "best.figure";
    private static final String VALUE = "best.value";

    /** Writes it with the model as it is now, over the one before, which stays if anything fails. */
    public void write(Path file, ModelMemory model, StepState state, DataMeaning meaning) {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put(STEP, Long.toString(step));
        metadata.put(FIGURE, figure);
        metadata.put(VALUE, Double.toString(value));
        Progress.put(metadata, Progress.HELD_OUT, heldOut);
        metadata.putAll(meaning.metadata());
        SafeTensors.write(file, ModelFiles.tensors(model, state.evaluated(), ModelFiles.advanced(model, Map.of(),
                state.accepted())), metadata);
    }

    /**
     * What a file says of itself; its tensors are not read.
     *
     * @throws UserException if it is no such file
     */
    public static BestStep read(Path file) {
        try (TensorFile tensors = SafeTensors.open(file)) {
            return of(tensors).orElseThrow(() -> new UserException(file + ": is no file of a run's best step (its "
                    + "metadata have no " + STEP + ", " + FIGURE + " and " + VALUE + "). Take it away; the next best "
                    + "step is written anew."));
        }
    }

    /** What a file says, where it says it. */
    static Optional<BestStep> of(TensorFile file) {
        Map<String, String> metadata = file.metadata();
        if (!metadata.containsKey(STEP) || !metadata.containsKey(FIGURE) || !metadata.containsKey(VALUE)) {
            return Optional.empty();
        }
        return Optional.of(new BestStep(Progress.number(file, STEP).orElseThrow(), metadata.get(FIGURE), value(file),
                Progress.identity(file, Progress.HELD_OUT)));
    }

    private static double value(TensorFile file) {
        String text = file.metadata().get(VALUE);
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new UserException(file.file() + ": its metadata's " + VALUE + " is '" + text
                    + "', where a number must stand", e);
        }
    }
}
