package io.gimbal.engine;

import io.gimbal.config.Names;
import io.gimbal.device.BFloat16;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceMemory;
import io.gimbal.device.Precision;
import io.gimbal.device.Resources;
import io.gimbal.device.Stream;
import io.gimbal.device.ThreadConfinement.Call;
import io.gimbal.device.ThreadConfinement;
import io.gimbal.graph.Parameter;
import io.gimbal.graph.operation.BatchNorm;
import io.gimbal.program.Exchanged;
import io.gimbal.program.Region;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import java.util.Optional;

/**
 * What a network keeps from step to step, on a device. It belongs to a training step: that step's thread reads and
 * writes it, and it ends with the step, and with it whatever was handed out or built over it. Any number of inference
 * steps may be over it, each for a thread of its own.
 */
public final class ModelMemory extends ModelLayout {
    private final Device device;
    private final Stream compute;
    private final ThreadConfinement owner;
    private final NetworkGraph graph;
    private final DeviceMemory memory;
    private final Map<String, DeviceMemory> handedOut = new HashMap<>();
    private final List<ThreadConfinement> readers = new ArrayList<>();

    /** Without averages, as the other makes it. */
    ModelMemory(Device device, Stream compute, ThreadConfinement owner, NetworkGraph graph, Precision precision) {
        this(device, compute, owner, graph, precision, false);
    }

    /**
     * @param compute  where the steps run that change it
     * @param averaged whether averages are kept
     */
    ModelMemory(Device device, Stream compute, ThreadConfinement owner, NetworkGraph graph, Precision precision,
            boolean averaged) {
        super(graph, precision, averaged);
        this.device = device;
        this.compute = compute;
        this.owner = owner;
        this.graph = graph;
        memory = device.allocate(bytes());
        try {
            place(memory.address());
            zero(memory.address(), memory.bytes());
            setMomentum();
        } catch (RuntimeException | Error failure) {
            memory.close();
            throw failure;
        }
    }

    /** Sets so many bytes, a multiple of four, to zero, and waits for it. */
    void zero(long address, long bytes) {
        compute.fillWords(address, 0, bytes / Float.BYTES);
        compute.synchronize();
    }

    private void setMomentum() {
        if (waves() == 0) {
            return;
        }
        float[] each = new float[Math.toIntExact(waves() * statisticWords())];
        graph.everyBatchNorm().filter(norm -> !norm.statistics().frozen()).forEach(norm -> {
            int from = Math.toIntExact(norm.statistics().use() * statisticWords() + statisticOffset(norm.statistics()));
            Arrays.fill(each, from, from + 2 * (int) roundUp(norm.channels()), norm.statistics().momentum());
        });
        upload(momentum(0).address(), each);
    }

    /**
     * Parameters and running statistics by name, in the files' order and layout. Waits for the steps so far.
     *
     * @return copies
     * @throws IllegalStateException if the model's step is closed, or belongs to another thread
     */
    public Map<String, float[]> read() {
        return read(values(), running());
    }

    /**
     * The same of what inference reads: the averages where the training keeps them, else the parameters themselves.
     *
     * @return copies
     * @throws IllegalStateException as {@link #read} throws it
     */
    public Map<String, float[]> readEvaluated() {
        return averaged() ? read(averages(), runningAverages()) : read();
    }

    private Map<String, float[]> read(Region parameterPlace, Region statisticPlace) {
        try (Call _ = owner.enter()) {
            compute.synchronize();
            float[] parameters = download(parameterPlace.address(), Math.toIntExact(parameterWords()));
            float[] statistics = download(statisticPlace.address(), Math.toIntExact(statisticWords()));
            Map<String, float[]> tensors = new LinkedHashMap<>();
            for (Parameter parameter : graph.parameters()) {
                tensors.put(parameter.name(), placed(parameter).takenFrom(parameters));
            }
            for (BatchNorm norm : graph.batchNorms()) {
                int mean = Math.toIntExact(statisticOffset(norm.statistics()));
                int variance = mean + Math.toIntExact(roundUp(norm.channels()));
                tensors.put(norm.name() + ".running_mean", Arrays.copyOfRange(statistics, mean, mean
                        + norm.channels()));
                tensors.put(norm.name() + ".running_var", Arrays.copyOfRange(statistics, variance, variance
                        + norm.channels()));
            }
            return tensors;
        }
    }

    /**
     * One parameter where it lies: float32, filters as (out, height, width, in), padded channels included; weights of
     * linear layers as (out, in). It changes as steps run. The memory stays the model's: closing what is returned frees
     * nothing, and it is closed with the model's step.
     *
     * @param name as in files, such as {@code trunk.0.weight}
     * @return memory that is the model's
     * @throws IllegalArgumentException if the network has no parameter of that name
     * @throws IllegalStateException    if the model's step is closed
     */
    public DeviceMemory parameter(String name) {
        Parameter parameter = graph.parameters().stream().filter(one -> one.name().equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("the network has no parameter " + Names.quote(name)
                + "; it has " + Names.list(graph.parameters().stream().map(Parameter::name).toList())));
        synchronized (handedOut) {
            owner.requireOpen();
            return handedOut.compute(name, (_, known) -> known != null && !known.closed() ? known : DeviceMemory.of(
                    device, value(parameter).address(), (long) placed(parameter).count() * Float.BYTES));
        }
    }

    /**
     * Sets every parameter and running statistic, and where averages are kept these, too, which start there; the names
     * and sizes are those of {@link #read}. Waits for the steps so far.
     *
     * @param tensors all of them, by name
     * @throws IllegalArgumentException if one is missing, has another size, or holds what {@link SoundValues} refuses
     * @throws IllegalStateException    as {@link #read} throws it
     */
    public void write(Map<String, float[]> tensors) {
        write(tensors, values(), copies(), running());
        if (averaged()) {
            writeAverages(tensors);
        }
    }

    /** Sets the averages alone, as {@link #write} sets everything. */
    void writeAverages(Map<String, float[]> tensors) {
        write(tensors, averages(), averageCopies(), runningAverages());
    }

    private void write(Map<String, float[]> tensors, Region parameterPlace, Optional<Region> copyPlace,
            Region statisticPlace) {
        SoundValues.fault(tensors).ifPresent(fault -> {
            throw new IllegalArgumentException("a network cannot be set to these values: " + fault);
        });
        try (Call _ = owner.enter()) {
            float[] parameters = new float[Math.toIntExact(parameterWords())];
            float[] statistics = new float[Math.toIntExact(statisticWords())];
            for (Parameter parameter : graph.parameters()) {
                placed(parameter).putInto(parameters, take(tensors, parameter.name(), parameter.count()));
            }
            for (BatchNorm norm : graph.batchNorms()) {
                int mean = Math.toIntExact(statisticOffset(norm.statistics()));
                int variance = mean + Math.toIntExact(roundUp(norm.channels()));
                System.arraycopy(take(tensors, norm.name() + ".running_mean", norm.channels()), 0, statistics, mean,
                        norm.channels());
                System.arraycopy(take(tensors, norm.name() + ".running_var", norm.channels()), 0, statistics, variance,
                        norm.channels());
            }
            compute.synchronize();
            upload(parameterPlace.address(), parameters);
            copyPlace.ifPresent(place -> uploadCopies(place, parameters));
            upload(statisticPlace.address(), statistics);
        }
    }

    private static float[] take(Map<String, float[]> tensors, String name, int count) {
        float[] value = tensors.get(name);
        if (value == null || value.length != count) {
            throw new IllegalArgumentException(name + " has " + (value == null ? "no values" : value.length
                    + " values") + " where " + count + " are due");
        }
        return value;
    }

    /**
     * Start values from a seed: those of PyTorch's layers; statistics 0 and 1.
     *
     * @param seed any number
     */
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

    private void uploadCopies(Region place, float[] parameters) {
        if (factorWords() == 0) {
            return;
        }
        int count = Math.toIntExact(factorWords());
        ByteBuffer bytes = ByteBuffer.allocateDirect(count * BFloat16.BYTES).order(ByteOrder.nativeOrder());
        for (int i = 0; i < count; i++) {
            bytes.putShort(BFloat16.of(parameters[i]));
        }
        device.upload(place.address(), bytes.flip());
    }

    private float[] download(long address, int count) {
        ByteBuffer bytes = ByteBuffer.allocateDirect(count * Float.BYTES).order(ByteOrder.nativeOrder());
        device.download(address, bytes);
        float[] data = new float[count];
        bytes.asFloatBuffer().get(data);
        return data;
    }

    /**
     * Takes note of what reads the model until it is closed.
     *
     * @throws IllegalStateException if the model's step is closed
     */
    void addReader(ThreadConfinement reader) {
        synchronized (readers) {
            owner.requireOpen();
            readers.add(reader);
        }
    }

    /** Says that it reads no more. */
    void removeReader(ThreadConfinement reader) {
        synchronized (readers) {
            readers.remove(reader);
        }
    }

    /** Ends what reads the model, and then its owner: all, or none if one is in use. */
    Resources end() {
        synchronized (readers) {
            List<ThreadConfinement> all = new ArrayList<>(readers.reversed());
            all.add(owner);
            return ThreadConfinement.endTogether(all);
        }
    }

    /**
     * {@return a number of 4 bytes that follows from every bit of the parameters: where it differs, they do (CRC-32C)}
     * Waits for the steps so far.
     *
     * @throws IllegalStateException as {@link #read} throws it
     */
    public byte[] digest() {
        try (Call _ = owner.enter()) {
            compute.synchronize();
            ByteBuffer bytes = ByteBuffer.allocateDirect(Math.toIntExact(parameterWords() * Float.BYTES));
            device.download(values().address(), bytes);
            CRC32C sum = new CRC32C();
            sum.update(bytes.rewind());
            return ByteBuffer.allocate(Integer.BYTES).putInt((int) sum.getValue()).array();
        }
    }

    /** All of it, byte by byte. */
    Exchanged whole() {
        return Exchanged.bytes("model", memory.address(), memory.bytes());
    }

    /** Gives the memory back; the owner is closed. */
    void close() {
        Resources parts = new Resources();
        parts.keep(memory);
        synchronized (handedOut) {
            handedOut.values().forEach(parts::keep);
        }
        parts.close();
    }
}
