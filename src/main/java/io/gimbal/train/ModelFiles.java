package io.gimbal.train;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.engine.ModelMemory;
import io.gimbal.engine.SoundValues;
import io.gimbal.storage.HostTensor;
import io.gimbal.storage.TensorFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A network's parameters and statistics in safetensors files, by the names that PyTorch's state dictionary gives them.
 */
final class ModelFiles {
    private static final String COUNTER = ".num_batches_tracked";
    /** The reference's files hold W a second time under this name, since its module has W as an attribute. */
    private static final String SHARED = "shared";

    private ModelFiles() {}

    /**
     * Reads every parameter and statistic of the model, and checks what else the file holds.
     *
     * @param others the names that are not the model's and may stand in the file all the same; whoever allows them
     *               checks what they hold
     * @throws UserException naming the first tensor that is missing, has another shape, holds a value that may not be
     *                       ({@link SoundValues}), or that the network does not have
     */
    static Map<String, float[]> read(TensorFile file, ModelMemory model, Predicate<String> others) {
        return read(file, model.shapes(), model.batchNormNames(), others);
    }

    /** The same for a model that is not on a device yet, by its tensors' shapes. */
    static Map<String, float[]> read(TensorFile file, Map<String, long[]> shapes, List<String> batchNorms,
            Predicate<String> others) {
        for (String name : file.names()) {
            boolean other = others.test(name) || isCounter(name, batchNorms) || name.equals(SHARED);
            if (!other && !shapes.containsKey(name)) {
                throw new UserException(file.file() + ": tensor '" + name + "' is not of this network."
                        + Names.hint(name, shapes.keySet()));
            }
        }
        Map<String, float[]> tensors = new LinkedHashMap<>();
        shapes.forEach((name, shape) -> tensors.put(name, file.floats(name, shape)));
        refuse(file.file(), SoundValues.fault(tensors));
        for (String norm : batchNorms) {
            if (file.names().contains(norm + COUNTER)) {
                refuse(file.file(), SoundValues.fault(norm + COUNTER, file.longs(norm + COUNTER)));
            }
        }
        if (file.names().contains(SHARED)) {
            refuse(file.file(), SoundValues.fault(SHARED, file.floats(SHARED, file.entry(SHARED).shape())));
        }
        return tensors;
    }

    /** @throws UserException if there is a fault */
    static void refuse(Path file, Optional<String> fault) {
        fault.ifPresent(sentence -> {
            throw new UserException(file + ": " + sentence);
        });
    }

    private static boolean isCounter(String name, List<String> batchNorms) {
        return name.endsWith(COUNTER) && batchNorms.contains(name.substring(0, name.length() - COUNTER.length()));
    }

    /** Reads how many batches each batch norm has seen; 0 where the file does not say. */
    static Map<String, Long> readCounters(TensorFile file, ModelMemory model) {
        Map<String, Long> counters = new LinkedHashMap<>();
        for (String norm : model.batchNormNames()) {
            boolean present = file.names().contains(norm + COUNTER);
            counters.put(norm, present ? file.longs(norm + COUNTER)[0] : 0L);
        }
        return counters;
    }

    /** The model's tensors as files have them. */
    static Map<String, HostTensor> tensors(ModelMemory model, Map<String, float[]> values, Map<String, Long> counters) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        model.shapes().forEach((name, shape) -> tensors.put(name, HostTensor.ofFloats(shape, values.get(name))));
        tensors.put(SHARED, tensors.get(model.sharedName()));
        counters.forEach((norm, count) -> tensors.put(norm + COUNTER, HostTensor.ofLongs(new long[0], count)));
        return tensors;
    }

    /** Counters that have moved on by that many steps. */
    static Map<String, Long> advanced(Map<String, Long> counters, long steps) {
        Map<String, Long> moved = new LinkedHashMap<>();
        counters.forEach((norm, count) -> moved.put(norm, count + steps));
        return moved;
    }
}
