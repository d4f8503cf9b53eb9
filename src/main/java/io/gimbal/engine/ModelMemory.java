package io.gimbal.engine;

import io.gimbal.device.Device;
import io.gimbal.device.DeviceMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a network keeps from step to step: parameters, their gradients, and batch-norm statistics, each kind flat and
 * contiguous, so that an optimiser step is one launch. Owns its device memory.
 */
public final class ModelMemory implements AutoCloseable {
    /**
     * Each tensor starts at a multiple of 128 bytes, as vector loads and cuDNN want it; the words between stay zero.
     */
    private static final int ALIGNMENT_WORDS = 32;

    private final Device device;
    private final NetworkGraph graph;
    private final long parameterWords;
    private final long statisticWords;
    private final Map<String, Parameter> byName = new HashMap<>();
    private final DeviceMemory memory;
    private final Buffer values;
    private final Buffer gradients;
    private final Buffer running;
    private final Buffer batch;
    private final Buffer momentum;

    ModelMemory(Device device, NetworkGraph graph) {
        this.device = device;
        this.graph = graph;
        long words = 0;
        for (Parameter parameter : graph.parameters()) {
            parameter.place(words);
            byName.put(parameter.name(), parameter);
            words += roundUp(parameter.count());
        }
        parameterWords = Math.max(words, ALIGNMENT_WORDS);
        statisticWords = Math.max(ALIGNMENT_WORDS, graph.batchNorms().stream().mapToLong(norm -> 2L
                * roundUp(norm.channels())).sum());
        long parameterBytes = parameterWords * Float.BYTES;
        long statisticBytes = statisticWords * Float.BYTES;
        memory = device.allocate(2 * parameterBytes + 3 * statisticBytes);
        long address = memory.address();
        values = Buffer.fixed("parameters", parameterBytes, address);
        gradients = Buffer.fixed("gradients", parameterBytes, address += parameterBytes);
        running = Buffer.fixed("running statistics", statisticBytes, address += parameterBytes);
        batch = Buffer.fixed("batch statistics", statisticBytes, address += statisticBytes);
        momentum = Buffer.fixed("momentum of the statistics", statisticBytes, address + statisticBytes);
        upload(memory.address(), new float[Math.toIntExact(memory.bytes() / Float.BYTES)]);
        setMomentum();
    }

    static long roundUp(long words) {
        return (words + ALIGNMENT_WORDS - 1) / ALIGNMENT_WORDS * ALIGNMENT_WORDS;
    }

    private void setMomentum() {
        float[] each = new float[Math.toIntExact(statisticWords)];
        for (BatchNorm norm : graph.batchNorms()) {
            int from = Math.toIntExact(statisticOffset(norm));
            Arrays.fill(each, from, from + 2 * (int) roundUp(norm.channels()), norm.momentum());
        }
        upload(momentum.address(), each);
    }

    private long statisticOffset(BatchNorm norm) {
        long offset = 0;
        for (BatchNorm other : graph.batchNorms()) {
            if (other.name().equals(norm.name())) {
                return offset;
            }
            offset += 2 * roundUp(other.channels());
        }
        throw new IllegalArgumentException(norm.name() + " is not of this network");
    }

    /** Words of the flat parameter buffer, gaps included: what an optimiser runs over. */
    public long parameterWords() {
        return parameterWords;
    }

    /** All parameters, flat. */
    public Region values() {
        return values.region();
    }

    /** All gradients, laid out as the parameters are. */
    public Region gradients() {
        return gradients.region();
    }

    /**
     * Where the parameter of that name lies: a graph of another batch size has parameters of its own, alike but without
     * a place.
     */
    private long offset(Parameter parameter) {
        Parameter own = byName.get(parameter.name());
        if (own == null || !Arrays.equals(own.shape(), parameter.shape())) {
            throw new IllegalArgumentException(parameter + " is not of this network"
                    + (own == null ? "" : ", which has " + own));
        }
        return own.offset();
    }

    Region value(Parameter parameter) {
        return values.region().words(offset(parameter));
    }

    Region gradient(Parameter parameter) {
        return gradients.region().words(offset(parameter));
    }

    long statisticWords() {
        return statisticWords;
    }

    Region running() {
        return running.region();
    }

    Region batch() {
        return batch.region();
    }

    Region momentum() {
        return momentum.region();
    }

    Region runningMean(BatchNorm norm) {
        return running.region().words(statisticOffset(norm));
    }

    Region runningVariance(BatchNorm norm) {
        return runningMean(norm).words(roundUp(norm.channels()));
    }

    Region batchMean(BatchNorm norm) {
        return batch.region().words(statisticOffset(norm));
    }

    Region batchVariance(BatchNorm norm) {
        return batchMean(norm).words(roundUp(norm.channels()));
    }

    /** Parameters and running statistics by name, in the files' order and layout. Waits for the device. */
    public Map<String, float[]> read() {
        float[] parameters = download(values.address(), Math.toIntExact(parameterWords));
        float[] statistics = download(running.address(), Math.toIntExact(statisticWords));
        Map<String, float[]> tensors = new LinkedHashMap<>();
        for (Parameter parameter : graph.parameters()) {
            int from = Math.toIntExact(parameter.offset());
            tensors.put(parameter.name(), parameter.toFile(Arrays.copyOfRange(parameters, from, from
                    + parameter.count())));
        }
        for (BatchNorm norm : graph.batchNorms()) {
            int mean = Math.toIntExact(statisticOffset(norm));
            int variance = mean + Math.toIntExact(roundUp(norm.channels()));
            tensors.put(norm.name() + ".running_mean", Arrays.copyOfRange(statistics, mean, mean + norm.channels()));
            tensors.put(norm.name() + ".running_var", Arrays.copyOfRange(statistics, variance, variance
                    + norm.channels()));
        }
        return tensors;
    }

    /** Sets every parameter and running statistic; the names and sizes are those of {@link #read}. */
    public void write(Map<String, float[]> tensors) {
        float[] parameters = new float[Math.toIntExact(parameterWords)];
        float[] statistics = new float[Math.toIntExact(statisticWords)];
        for (Parameter parameter : graph.parameters()) {
            float[] value = take(tensors, parameter.name(), parameter.count());
            System.arraycopy(parameter.toDevice(value), 0, parameters, Math.toIntExact(parameter.offset()),
                    parameter.count());
        }
        for (BatchNorm norm : graph.batchNorms()) {
            int mean = Math.toIntExact(statisticOffset(norm));
            int variance = mean + Math.toIntExact(roundUp(norm.channels()));
            System.arraycopy(take(tensors, norm.name() + ".running_mean", norm.channels()), 0, statistics, mean,
                    norm.channels());
            System.arraycopy(take(tensors, norm.name() + ".running_var", norm.channels()), 0, statistics, variance,
                    norm.channels());
        }
        upload(values.address(), parameters);
        upload(running.address(), statistics);
    }

    private static float[] take(Map<String, float[]> tensors, String name, int count) {
        float[] value = tensors.get(name);
        if (value == null || value.length != count) {
            throw new IllegalArgumentException(name + " has " + (value == null ? "no values" : value.length
                    + " values") + " where " + count + " are due");
        }
        return value;
    }

    /** Start values from a seed: those of PyTorch's layers; statistics 0 and 1. */
    public void initialize(long seed) {
        Map<String, float[]> tensors = new LinkedHashMap<>();
        graph.parameters().forEach(parameter -> tensors.put(parameter.name(), parameter.initialValues(seed)));
        for (BatchNorm norm : graph.batchNorms()) {
            tensors.put(norm.name() + ".running_mean", new float[norm.channels()]);
            float[] ones = new float[norm.channels()];
            Arrays.fill(ones, 1);
            tensors.put(norm.name() + ".running_var", ones);
        }
        write(tensors);
    }

    private void upload(long address, float[] data) {
        ByteBuffer bytes = ByteBuffer.allocateDirect(data.length * Float.BYTES).order(ByteOrder.nativeOrder());
        bytes.asFloatBuffer().put(data);
        device.upload(address, bytes);
    }

    private float[] download(long address, int count) {
        ByteBuffer bytes = ByteBuffer.allocateDirect(count * Float.BYTES).order(ByteOrder.nativeOrder());
        device.download(address, bytes);
        float[] data = new float[count];
        bytes.asFloatBuffer().get(data);
        return data;
    }

    /** The tensors' names in order with their shapes in files. */
    public Map<String, long[]> shapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        graph.parameters().forEach(parameter -> shapes.put(parameter.name(), parameter.shape()));
        for (BatchNorm norm : graph.batchNorms()) {
            shapes.put(norm.name() + ".running_mean", new long[] {norm.channels()});
            shapes.put(norm.name() + ".running_var", new long[] {norm.channels()});
        }
        return shapes;
    }

    /** The name of GradNorm's W. */
    public String sharedName() {
        return graph.shared().name();
    }

    /** The names of the batch norms, whose counters files carry too. */
    public List<String> batchNormNames() {
        List<String> names = new ArrayList<>();
        graph.batchNorms().forEach(norm -> names.add(norm.name()));
        return names;
    }

    @Override
    public void close() {
        memory.close();
    }
}
