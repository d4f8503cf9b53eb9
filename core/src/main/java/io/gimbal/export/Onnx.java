package io.gimbal.export;

import io.gimbal.checkpoint.DataMeaning;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.data.Field;
import io.gimbal.data.Normalisation;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.graph.Graph;
import io.gimbal.graph.Shape;
import io.gimbal.graph.Value;
import io.gimbal.storage.AtomicFile;
import io.gimbal.storage.ProtobufWriter;
import io.gimbal.storage.Sizes;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.stream.IntStream;

/**
 * A network with its parameters as an ONNX file, in its form for predictions (running statistics, no dropout), float32.
 *
 * <p>The graph's input is {@code image} [N, channels, height, width] or {@code features} [N, features], float32; its
 * outputs are named after the tasks and have the same layout; N, the batch, is any number. Parameters have their own
 * names. (The input's name has {@code _} behind it where a task is called so.) Immutable; the methods return a changed
 * copy.
 *
 * @see <a href="https://onnx.ai/onnx/repo-docs/IR.html">ONNX</a>
 */
public final class Onnx {
    /** The newest operator set of which ONNX Runtime 1.29 has every operator, and the file format that came with it. */
    private static final int OPERATORS = 24;
    private static final int FORMAT = 12;
    /** Fields of ONNX's ModelProto, its OperatorSetIdProto and its StringStringEntryProto. */
    private static final int IR_VERSION = 1;
    private static final int PRODUCER = 2;
    private static final int PRODUCER_VERSION = 3;
    private static final int GRAPH = 7;
    private static final int OPERATOR_SET = 8;
    private static final int METADATA = 14;
    private static final int SET_VERSION = 2;
    private static final int KEY = 1;
    private static final int TEXT = 2;
    /** What a message of Protocol Buffers has at most. */
    private static final long MOST_BYTES = Integer.MAX_VALUE;

    private final NetworkGraph network;
    private final Map<String, float[]> values;
    private final String name;
    private final DataMeaning meaning;
    private final boolean bytes;

    private Onnx(NetworkGraph network, Map<String, float[]> values, String name, DataMeaning meaning, boolean bytes) {
        this.network = network;
        this.values = values;
        this.name = name;
        this.meaning = meaning;
        this.bytes = bytes;
    }

    /**
     * A network, of whatever batch size.
     *
     * @param network whose predictions are exported
     * @param values  its parameters and running statistics by name, in files' layout, as
     *                {@code trainer.step().model().readEvaluated()} gives them; not copied
     * @return a description of a file, which is written by {@link #write}
     * @throws UserException if the file would have 2 GiB or more; if a value is missing, has another size, or holds
     *                       what cannot be, such as NaN
     */
    public static Onnx of(NetworkGraph network, Map<String, float[]> values) {
        requireRoom("the network", Values.bytes(network));
        Values.check(network, values);
        return new Onnx(network, values, "run", DataMeaning.UNKNOWN, false);
    }

    private static void requireRoom(String what, long due) {
        if (due > MOST_BYTES) {
            throw new UserException(what + " has " + Sizes.shown(due) + " of parameters, and an ONNX file holds at"
                    + " most " + Sizes.shown(MOST_BYTES) + ": take a network with fewer, or the folder of parameters"
                    + " and configuration, which has no such bound");
        }
    }

    /**
     * With a name, which the file's metadata have as {@code gimbal.run}; otherwise it is "run".
     *
     * @param run what the file's metadata call it
     * @return another description; this one stays
     */
    public Onnx named(String run) {
        return new Onnx(network, values, Names.check("a run's name", run), meaning, bytes);
    }

    /**
     * With how stored values were brought to those that the network learned from, (value / full - mean) / deviation:
     * metadata {@code gimbal.data.mean} and {@code gimbal.data.deviation}, a JSON list of a number a channel.
     *
     * @param how with an entry for each channel, or one for all
     * @return another description; this one stays
     * @throws UserException if the network's input has another number of channels
     */
    public Onnx normalised(Normalisation how) {
        return new Onnx(network, values, name, meaning.normalised(how.spread(network.input().channels())),
                bytes);
    }

    /**
     * With all that is known of the numbers: {@link #normalised} and {@link #naming}, as far as it says so; coordinates
     * have their points' names with x and y.
     *
     * @param known what is known
     * @return another description; this one stays
     */
    public Onnx meaning(DataMeaning known) {
        Onnx all = known.normalisation().map(this::normalised).orElse(this);
        for (Map.Entry<String, List<String>> named : known.names().entrySet()) {
            boolean points = known.kinds().get(named.getKey()) == Field.Kind.COORDINATES;
            all = all.naming(named.getKey(), points ? channels(named.getValue()) : named.getValue());
        }
        return all;
    }

    /** What the channels of named points' coordinates are called. */
    private static List<String> channels(List<String> points) {
        Field field = Field.ofCoordinates("points", points.size(), -1).named(points);
        return IntStream.range(0, field.channels()).mapToObj(field::channelName).toList();
    }

    /**
     * With pictures as bytes for the input: {@code image} is uint8 [N, height, width, channels], as libraries hand out
     * red, green and blue, and the graph normalises.
     *
     * @return another description; this one stays
     * @throws UserException if the network takes no images, or it is not known how: see {@link #normalised}
     */
    public Onnx takingBytes() {
        if (network.input().flat()) {
            throw new UserException("the network takes " + network.input().describe() + ", and no pictures");
        }
        if (meaning.normalisation().isEmpty()) {
            throw new UserException("how bytes become the values that the network learned from is not known: say it by"
                    + " normalised(...)");
        }
        return new Onnx(network, values, name, meaning, true);
    }

    /**
     * With what a task's classes, or else channels, are called, by number: metadata {@code gimbal.names.TASK}, a JSON
     * list of texts.
     *
     * @param task     whose output it is
     * @param channels as many names as the output has channels
     * @return another description; this one stays
     * @throws UserException if there is no such task, or it predicts another number of channels
     */
    public Onnx naming(String task, List<String> channels) {
        int number = network.tasks().indexOf(task);
        if (number < 0) {
            throw new UserException("there is no task " + Names.quote(task) + "." + Names.hint(task, network.tasks())
                    + " There are " + Names.list(network.tasks()));
        }
        int predicted = network.prediction(number).channels();
        if (channels.size() != predicted) {
            throw new UserException("task " + Names.quote(task) + " is given " + channels.size()
                    + " names, and predicts " + predicted + " channels");
        }
        SequencedMap<String, List<String>> more = meaning.names();
        more.put(task, List.copyOf(channels));
        return new Onnx(network, values, name, meaning.named(more), bytes);
    }

    /**
     * Writes the file, whole or not at all.
     *
     * @param file is not there yet
     * @throws UserException if something is there already, it cannot be written there, it would have more than 2 GiB,
     *                       or a task has a parameter's name
     */
    public void write(Path file) {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new UserException(file + ": is there already, and nothing is overwritten; name another, or take it"
                    + " away");
        }
        ProtobufWriter model = model();
        requireRoom(file.toString(), model.length());
        AtomicFile.write(file, model.length(), model::writeTo);
    }

    private ProtobufWriter model() {
        ProtobufWriter model = new ProtobufWriter().number(IR_VERSION, FORMAT).text(PRODUCER, "gimbal")
                .text(PRODUCER_VERSION, Objects.requireNonNullElse(Onnx.class.getPackage().getImplementationVersion(),
                        "not packaged"))
                .message(GRAPH, graph()).message(OPERATOR_SET, new ProtobufWriter().number(SET_VERSION, OPERATORS));
        metadata().forEach((key, text) -> model.message(METADATA, new ProtobufWriter().text(KEY, key)
                .text(TEXT, text)));
        return model;
    }

    private Map<String, String> metadata() {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("gimbal.run", name);
        meaning.metadata().forEach((key, text) -> metadata.put("gimbal." + key, text));
        return metadata;
    }

    private ProtobufWriter graph() {
        List<String> tasks = network.tasks();
        tasks.stream().filter(values::containsKey).findFirst().ifPresent(task -> {
            throw new UserException("task " + Names.quote(task) + " has the name of a parameter, and in an ONNX file"
                    + " each name is one thing: call the task otherwise");
        });
        OnnxGraph onnx = new OnnxGraph(name, values, tasks);
        Graph operations = network.forInferenceAsWritten();
        putInput(onnx, operations.input());
        for (int task = 0; task < tasks.size(); task++) {
            onnx.reserve(network.output(task), tasks.get(task));
        }
        new Operations(onnx).put(operations.operations());
        for (int task = 0; task < tasks.size(); task++) {
            putOutput(onnx, tasks.get(task), network.output(task));
        }
        return onnx.message();
    }

    private void putInput(OnnxGraph onnx, Value input) {
        Shape shape = input.shape();
        String given = onnx.fresh(shape.flat() ? "features" : "image");
        if (!bytes) {
            onnx.input(given, OnnxGraph.FLOAT32, OnnxGraph.sizes(shape));
            onnx.set(input, given);
            return;
        }
        onnx.input(given, OnnxGraph.UINT8, shape.height(), shape.width(), shape.channels());
        String planes = onnx.part(given, "planes", new Node("Transpose", given).withAll("perm", 0, 3, 1, 2));
        String real = onnx.part(given, "real", new Node("Cast", planes).with("to", OnnxGraph.FLOAT32));
        onnx.set(input, normalised(onnx, given, real, meaning.normalisation().orElseThrow()));
    }

    /** byte * scale + offset, by channel. */
    private static String normalised(OnnxGraph onnx, String given, String real, Normalisation how) {
        int channels = how.mean().size();
        float[] scale = new float[channels];
        float[] offset = new float[channels];
        for (int channel = 0; channel < channels; channel++) {
            double deviation = how.deviation().get(channel);
            scale[channel] = (float) (1 / (Normalisation.FULL_BYTE * deviation));
            offset[channel] = (float) (-how.mean().get(channel) / deviation);
        }
        long[] shape = {channels, 1, 1};
        String scaled = onnx.part(given, "scaled", new Node("Mul", real, onnx.constants(given, "scale", shape,
                scale)));
        return onnx.part(given, "normalised", new Node("Add", scaled, onnx.constants(given, "offset", shape, offset)));
    }

    /** What a task predicts may be what the network takes, or another task's. */
    private static void putOutput(OnnxGraph onnx, String task, Value prediction) {
        if (!onnx.of(prediction).equals(task)) {
            onnx.put(task, new Node("Identity", onnx.of(prediction)), List.of(task));
        }
        onnx.output(task, prediction.shape());
    }
}
