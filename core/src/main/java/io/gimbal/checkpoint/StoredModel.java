package io.gimbal.checkpoint;

import io.gimbal.config.UserException;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.engine.StepState;
import io.gimbal.storage.SafeTensors;
import io.gimbal.storage.TensorFile;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalLong;

/**
 * All of a network's parameters and running statistics as a checkpoint, or another file of Gimbal's, has them, read
 * without a device; the averages of them, where the file has these.
 *
 * @param values by name, in files' layout
 * @param steps  how many steps were made, where the file says it
 */
public record StoredModel(Map<String, float[]> values, DataMeaning meaning, OptionalLong steps) {
    /**
     * Reads it, and checks all that the file holds.
     *
     * @throws UserException naming the file and everything that does not fit the network or may not be
     */
    public static StoredModel read(Path path, NetworkGraph graph) {
        try (TensorFile file = SafeTensors.open(path)) {
            Map<String, float[]> values = StartValues.own(file, graph).tensors();
            boolean counted = file.names().contains(StepState.COUNTERS);
            return new StoredModel(values, DataMeaning.read(file.metadata(), path.toString()), counted
                    ? OptionalLong.of(file.longs(StepState.COUNTERS, 4)[0])
                    : BestStep.of(file).map(best -> OptionalLong.of(best.step())).orElse(OptionalLong.empty()));
        }
    }
}
