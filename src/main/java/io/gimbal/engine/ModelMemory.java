package io.gimbal.engine;

import io.gimbal.device.BFloat16;
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
import java.util.Optional;
import java.util.function.Predicate;

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
    private final Precision precision;
    private final long parameterWords;
    private final long filterWords;
    private final long factorWords;
    private final long statisticWords;
    private final Map<String, Parameter> byName = new HashMap<>();
    private final Map<String, Long> statisticOffsets = new HashMap<>();
    private final DeviceMemory memory;
    private final Buffer values;
    private final Buffer gradients;
    private final Buffer running;
    private final Buffer batch;
    private final Buffer momentum;
    private final Buffer copies;
    private final Buffer filterGradients;

    ModelMemory(Device device, NetworkGraph graph, Precision precision) {
        this.device = device;
        this.graph = graph;
        this.precision = precision;
        graph.operations().forEach(operation -> operation.padParameters(precision));
        filterWords = place(0, Parameter::filter);
        factorWords = place(filterWords, parameter -> parameter.factor() && !parameter.filter());
        parameterWords = Math.max(place(factorWords, parameter -> !parameter.factor()), ALIGNMENT_WORDS);
        long statistics = 0;
        for (BatchNorm norm : graph.batchNorms()) {
            statisticOffsets.put(norm.name(), statistics);
            statistics += 2 * roundUp(norm.channels());
        }
        statisticWords = Math.max(ALIGNMENT_WORDS, statistics);
        long parameterBytes = parameterWords * Float.BYTES;
        long statisticBytes = statisticWords * Float.BYTES;
        long copyBytes = precision.low() ? MemoryPlan.roundUp(factorWords * BFloat16.BYTES) : 0;
        long filterGradientBytes = precision.low() ? MemoryPlan.roundUp(filterWords * BFloat16.BYTES) : 0;
        memory = device.allocate(2 * parameterBytes + 3 * statisticBytes + copyBytes + filterGradientBytes);
        try {
            long address = memory.address();
            values = Buffer.fixed("parameters", parameterBytes, address);
            gradients = Buffer.fixed("gradients", parameterBytes, address += parameterBytes);
            running = Buffer.fixed("running statistics", statisticBytes, address += parameterBytes);
            batch = Buffer.fixed("batch statistics", statisticBytes, address += statisticBytes);
            momentum = Buffer.fixed("momentum of the statistics", statisticBytes, address += statisticBytes);
            copies = Buffer.fixed("copies of the parameters", copyBytes, address += statisticBytes);
            filterGradients = Buffer.fixed("gradients of the filters", filterGradientBytes, address + copyBytes);
            upload(memory.address(), new float[Math.toIntExact(memory.bytes() / Float.BYTES)]);
            setMomentum();
        } catch (RuntimeException failure) {
            memory.close();
            throw failure;
        }
    }

    /** Places the parameters of one kind one behind the other; gives the end. */
    private long place(long from, Predicate<Parameter> kind) {
        long words = from;
        for (Parameter parameter : graph.parameters()) {
            if (kind.test(parameter)) {
                parameter.place(words);
                byName.put(parameter.name(), parameter);
                words += roundUp(parameter.deviceCount());
            }
        }
        return words;
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
        Long offset = statisticOffsets.get(norm.name());
        if (offset == null) {
            throw new IllegalArgumentException(norm.name() + " is not of this network");
        }
        return offset;
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

    Precision precision() {
        return precision;
    }

    /** Words of the filters, with which the flat buffers begin. */
    public long filterWords() {
        return filterWords;
    }

    /** Words of all that products read, with which the flat buffers begin: filters, then the linear layers' weights. */
    public long factorWords() {
        return factorWords;
    }

    /** The bf16 copies of the first {@link #factorWords} parameters; in float32 there are none. */
    public Optional<Region> copies() {
        return precision.low() ? Optional.of(copies.region()) : Optional.empty();
    }

    /** The gradients of the first {@link #filterWords} parameters in bf16, as cuDNN wants them; in float32 none. */
    public Optional<Region> filterGradients() {
        return precision.low() ? Optional.of(filterGradients.region()) : Optional.empty();
    }

    /** The float32 value. */
    Region value(Parameter parameter) {
        return values.region().words(offset(parameter));
    }

    /** What a product reads: the value, or its bf16 copy. */
    Region factor(Parameter parameter) {
        return precision.low() ? copies.region().plusBytes(offset(parameter) * BFloat16.BYTES) : value(parameter);
    }

    /** Where the gradient goes; that of filters is in the precision's elements, all others' in float32. */
    Region gradient(Parameter parameter) {
        if (precision.low() && parameter.filter()) {
            return filterGradients.region().plusBytes(offset(parameter) * BFloat16.BYTES);
        }
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
                    + parameter.deviceCount())));
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
                    parameter.deviceCount());
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
        uploadCopies(parameters);
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

    private void uploadCopies(float[] parameters) {
        if (!precision.low() || factorWords == 0) {
            return;
        }
        int count = Math.toIntExact(factorWords);
        ByteBuffer bytes = ByteBuffer.allocateDirect(count * BFloat16.BYTES).order(ByteOrder.nativeOrder());
        for (int i = 0; i < count; i++) {
            bytes.putShort(BFloat16.of(parameters[i]));
        }
        device.upload(copies.address(), bytes.flip());
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
