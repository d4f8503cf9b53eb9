package io.gimbal.model;

import io.gimbal.config.Counts;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.engine.GraphBuilder;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.engine.Shape;
import io.gimbal.engine.Value;
import io.gimbal.nn.Layer;
import io.gimbal.nn.Layers;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * A network as a description: the input, one trunk that every task shares, and a head a task. Immutable; the methods
 * return a changed copy. Parameters are named {@code trunk.I.weight}, {@code heads.TASK.I.weight}, and so on.
 */
public final class Network {
    private static final String STEP = "step";

    private final Shape input;
    private final List<Layer> trunk;
    private final SequencedMap<String, List<Layer>> heads;
    private final String shared;
    private final List<Pretrained> pretrained;

    private Network(Shape input, List<Layer> trunk, SequencedMap<String, List<Layer>> heads, String shared,
            List<Pretrained> pretrained) {
        this.input = input;
        this.trunk = trunk;
        this.heads = heads;
        this.shared = shared;
        this.pretrained = pretrained;
    }

    private static Network of(Shape input) {
        return new Network(input, List.of(), new LinkedHashMap<>(), null, List.of());
    }

    /** A network that reads images. */
    public static Network ofImages(int channels, int height, int width) {
        Counts.atLeast("channels", channels, 1);
        Counts.atLeast("height", height, 1);
        Counts.atLeast("width", width, 1);
        return of(Shape.image(1, channels, height, width));
    }

    /** A network that reads plain features. */
    public static Network ofFeatures(int features) {
        Counts.atLeast("features", features, 1);
        return of(Shape.features(1, features));
    }

    /** With these as the shared layers. */
    public Network trunk(Layer... layers) {
        return trunk(Layers.listed("trunk", layers));
    }

    /** With these as the shared layers. */
    public Network trunk(List<Layer> layers) {
        return new Network(input, Layers.listed("trunk", layers), heads, shared, List.of());
    }

    /** With a head for one more task. */
    public Network head(String task, Layer... layers) {
        return head(task, Layers.listed("the head of task " + Names.quote(String.valueOf(task)), layers));
    }

    /**
     * With a head for one more task.
     *
     * @param task its name: at most 100 letters, digits, blanks and signs that print, other than {@code step}, which is
     *             a key beside the tasks' in {@code metrics.jsonl}
     * @throws UserException if a task cannot be named so, or has a head already
     */
    public Network head(String task, List<Layer> layers) {
        Names.check("a task's name", task);
        if (task.equals(STEP)) {
            throw new UserException("a task's name is 'step', which is a key of its own in metrics.jsonl beside the "
                    + "tasks; name the task otherwise.");
        }
        SequencedMap<String, List<Layer>> more = new LinkedHashMap<>(heads);
        if (more.put(task, Layers.listed("the head of task " + Names.quote(task), layers)) != null) {
            throw new UserException("task " + Names.quote(task) + " has a head already");
        }
        return new Network(input, trunk, more, shared, pretrained);
    }

    /**
     * With that trunk parameter as GradNorm's W; by default the weight of the trunk's last convolution or linear layer.
     */
    public Network shared(String parameter) {
        return new Network(input, trunk, heads, parameter, pretrained);
    }

    /** With trunk parameters that these published networks can give. */
    Network pretrained(List<Pretrained> networks) {
        return new Network(input, trunk, heads, shared, List.copyOf(networks));
    }

    /** Published networks whose parameters the trunk can start from; none for a trunk that was put together by hand. */
    public List<Pretrained> pretrained() {
        return pretrained;
    }

    /** The tasks in the order of their heads. */
    public List<String> tasks() {
        return List.copyOf(heads.keySet());
    }

    /** The shape of one input, as a batch of one. */
    public Shape input() {
        return input;
    }

    /**
     * The network as a graph for batches of that size.
     *
     * @throws UserException where a layer cannot take what arrives: it names the layer, what arrives and what it needs
     */
    public NetworkGraph graph(int batch) {
        Counts.atLeast("batch", batch, 1);
        GraphBuilder graph = new GraphBuilder(input.withBatch(batch));
        graph.endTrunk(Layers.build(graph, graph.input(), "trunk", trunk));
        for (Map.Entry<String, List<Layer>> head : heads.entrySet()) {
            Value output = graph.beginHead(head.getKey());
            graph.endHead(Layers.build(graph, output, "heads." + head.getKey(), head.getValue()));
        }
        return graph.build(shared);
    }
}
