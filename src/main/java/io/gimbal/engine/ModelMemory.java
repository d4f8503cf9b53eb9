package io.gimbal.engine;

import io.gimbal.device.BFloat16;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a network keeps from step to step, on a device. Owns its device memory. */
public final class ModelMemory extends ModelLayout implements AutoCloseable {
    private final Device device;
    private final NetworkGraph graph;
    private final DeviceMemory memory;

    ModelMemory(Device device, NetworkGraph graph, Precision precision) {
        super(graph, precision);
        this.device = device;
        this.graph = graph;
        memory = device.allocate(bytes());
        try {
            place(memory.address());
            upload(memory.address(), new float[Math.toIntExact(memory.bytes() / Float.BYTES)]);
            setMomentum();
        } catch (RuntimeException failure) {
            memory.close();
            throw failure;
        }
    }

    private void setMomentum() {
        float[] each = new float[Math.toIntExact(statisticWords())];
        for (BatchNorm norm : graph.batchNorms()) {
            int from = Math.toIntExact(statisticOffset(norm));
            Arrays.fill(each, from, from + 2 * (int) roundUp(norm.channels()), norm.momentum());
        }
        upload(momentum().address(), each);
    }

    /** Parameters and running statistics by name, in the files' order and layout. Waits for the device. */
    public Map<String, float[]> read() {
        float[] parameters = download(values().address(), Math.toIntExact(parameterWords()));
        float[] statistics = download(running().address(), Math.toIntExact(statisticWords()));
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

    /**
     * One parameter where it lies: float32, filters as (out, height, width, in), padded channels included; weights of
     * linear layers as (out, in). It changes as steps run. The memory stays the model's: closing what is returned frees
     * nothing, and it must not be used once the model is closed.
     *
     * @throws IllegalArgumentException if the network has no parameter of that name
     */
    public DeviceMemory parameter(String name) {
        Parameter parameter = graph.parameters().stream().filter(one -> one.name().equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("the network has no parameter " + name + "; it has "
                + graph.parameters().stream().map(Parameter::name).toList()));
        return DeviceMemory.of(device, values().words(parameter.offset()).address(),
                (long) parameter.deviceCount() * Float.BYTES);
    }

    /**
     * Sets every parameter and running statistic; the names and sizes are those of {@link #read}.
     *
     * @throws IllegalArgumentException if one is missing, has another size, or holds what {@link SoundValues} refuses
     */
    public void write(Map<String, float[]> tensors) {
        SoundValues.fault(tensors).ifPresent(fault -> {
            throw new IllegalArgumentException("a network cannot be set to these values: " + fault);
        });
        float[] parameters = new float[Math.toIntExact(parameterWords())];
        float[] statistics = new float[Math.toIntExact(statisticWords())];
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
        upload(values().address(), parameters);
        uploadCopies(parameters);
        upload(running().address(), statistics);
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
        if (!precision().low() || factorWords() == 0) {
            return;
        }
        int count = Math.toIntExact(factorWords());
        ByteBuffer bytes = ByteBuffer.allocateDirect(count * BFloat16.BYTES).order(ByteOrder.nativeOrder());
        for (int i = 0; i < count; i++) {
            bytes.putShort(BFloat16.of(parameters[i]));
        }
        device.upload(copies().orElseThrow().address(), bytes.flip());
    }

    private float[] download(long address, int count) {
        ByteBuffer bytes = ByteBuffer.allocateDirect(count * Float.BYTES).order(ByteOrder.nativeOrder());
        device.download(address, bytes);
        float[] data = new float[count];
        bytes.asFloatBuffer().get(data);
        return data;
    }

    @Override
    public void close() {
        memory.close();
    }
}
