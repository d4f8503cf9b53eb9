package io.gimbal.checkpoint;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.engine.ModelMemory;
import io.gimbal.engine.SoundValues;
import io.gimbal.engine.StepState;
import io.gimbal.storage.Entry;
import io.gimbal.storage.HostTensor;
import io.gimbal.storage.TensorFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A network's parameters and statistics in safetensors files, by the names that PyTorch's state dictionary gives them.
 */
public final class ModelFiles {
    private static final String COUNTER = ".num_batches_tracked";
    /** The reference's files hold W a second time under this name, since its module has W as an attribute. */
    private static final String SHARED = "shared";

    private ModelFiles() {}

    /**
     * Reads every parameter and statistic of the model, and checks what else the file holds.
     *
     * @param others the names that are not the model's and may stand in the file all the same; whoever allows them
     *               checks what they hold
     * @throws UserException naming every tensor that is missing, has another shape or type, holds a value that may not
     *                       be ({@link SoundValues}), or that the network does not have
     */
    public static Map<String, float[]> read(TensorFile file, ModelMemory model, Predicate<String> others) {
        return read(file, model.shapes(), model.batchNormUses().keySet(), others);
    }

    /** The same for a model that is not on a device yet, by its tensors' shapes. */
    static Map<String, float[]> read(TensorFile file, Map<String, long[]> shapes, Set<String> batchNorms,
            Predicate<String> others) {
        Misfits misfits = new Misfits();
        for (String name : file.names()) {
            if (isCounter(name, batchNorms)) {
                checkCounter(file, name, misfits);
            } else if (name.equals(SHARED)) {
                floats(file, name, file.entry(name).shape(), misfits);
            } else if (!others.test(name) && !shapes.containsKey(name)) {
                misfits.add(name, "is not of this network." + Names.hint(name, shapes.keySet()));
            }
        }
        Map<String, float[]> tensors = new LinkedHashMap<>();
        shapes.forEach((name, shape) -> tensors.put(name, floats(file, name, shape, misfits)));
        misfits.refuse(file.file().toString());
        return tensors;
    }

    /** Whether a tensor of that name is the average of one of the model's. */
    static boolean isAverage(String name, Set<String> model) {
        return name.startsWith(StepState.AVERAGE) && model.contains(name.substring(StepState.AVERAGE.length()))
                && !model.contains(name);
    }

    /**
     * Reads averages of the model's tensors, where the file has any.
     *
     * @param wanted of these tensors, in their shapes: all of them, where there is one
     * @param model  the names of all that the model has
     * @throws UserException naming every average that is missing, has another shape or type, or holds a value that may
     *                       not be
     */
    static Optional<Map<String, float[]>> readAverages(TensorFile file, Map<String, long[]> wanted, Set<String> model) {
        if (file.names().stream().noneMatch(name -> isAverage(name, model))) {
            return Optional.empty();
        }
        Misfits misfits = new Misfits();
        Map<String, float[]> averages = new LinkedHashMap<>();
        wanted.forEach((name, shape) -> averages.put(name, floats(file, StepState.AVERAGE + name, shape, misfits)));
        misfits.refuse(file.file().toString());
        return Optional.of(averages);
    }

    /** The tensor's values if there is such a tensor; what is wrong with it is added to the misfits. */
    private static float[] floats(TensorFile file, String name, long[] shape, Misfits misfits) {
        if (!file.names().contains(name)) {
            misfits.add(name, "is missing; the network needs F32 " + Arrays.toString(shape));
            return new float[0];
        }
        Entry entry = file.entry(name);
        if (!Arrays.equals(entry.shape(), shape) || !entry.type().floating()) {
            misfits.add(name, "is " + entry + ", but must be F32 " + Arrays.toString(shape));
            return new float[0];
        }
        float[] values = file.floats(name, shape);
        misfits.add(SoundValues.fault(name, values));
        return values;
    }

    private static void checkCounter(TensorFile file, String name, Misfits misfits) {
        Entry entry = file.entry(name);
        if (entry.shape().length != 0 || entry.type().floating()) {
            misfits.add(name, "is " + entry + ", but must be I64 []");
        } else {
            misfits.add(SoundValues.fault(name, file.longs(name)));
        }
    }

    /** @throws UserException if there is a fault */
    static void refuse(Path file, Optional<String> fault) {
        fault.ifPresent(sentence -> {
            throw new UserException(file + ": " + sentence);
        });
    }

    private static boolean isCounter(String name, Set<String> batchNorms) {
        return name.endsWith(COUNTER) && batchNorms.contains(name.substring(0, name.length() - COUNTER.length()));
    }

    /** Reads how many batches each batch norm has seen; 0 where the file does not say. */
    public static Map<String, Long> readCounters(TensorFile file, ModelMemory model) {
        Map<String, Long> counters = new LinkedHashMap<>();
        for (String norm : model.batchNormUses().keySet()) {
            boolean present = file.names().contains(norm + COUNTER);
            counters.put(norm, present ? file.longs(norm + COUNTER)[0] : 0L);
        }
        return counters;
    }

    /** The model's tensors as files have them. */
    public static Map<String, HostTensor> tensors(ModelMemory model, Map<String, float[]> values,
            Map<String, Long> counters) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        model.shapes().forEach((name, shape) -> tensors.put(name, HostTensor.ofFloats(shape, values.get(name))));
        model.sharedName().ifPresent(name -> tensors.put(SHARED, tensors.get(name)));
        counters.forEach((norm, count) -> tensors.put(norm + COUNTER, HostTensor.ofLongs(new long[0], count)));
        return tensors;
    }

    /** Counters of the model's batch norms that have moved on by that many steps; where there were none, from 0. */
    public static Map<String, Long> advanced(ModelMemory model, Map<String, Long> counters, long steps) {
        Map<String, Long> moved = new LinkedHashMap<>();
        model.batchNormUses().forEach((norm, uses) -> moved.put(norm, counters.getOrDefault(norm, 0L) + uses * steps));
        return moved;
    }
}
