package io.gimbal.model;

import io.gimbal.config.Counts;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.engine.GraphBuilder;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.graph.Shape;
import io.gimbal.graph.Value;
import io.gimbal.nn.Join;
import io.gimbal.nn.Layer;
import io.gimbal.nn.Layers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * A network as a description: the input, blocks of layers, each of which reads the input or blocks before it, and the
 * block that predicts for each task. {@link #trunk} and {@link #head} are short for the most common form: a block that
 * every task shares, and a block a task that reads it. Immutable; the methods return a changed copy. Parameters are
 * named {@code BLOCK.I.weight}, and so on: {@code trunk.I.weight}, {@code heads.TASK.I.weight}.
 */
public final class Network {
    /** What blocks call the network's input. */
    public static final String INPUT = "input";

    private static final String TRUNK = "trunk";
    private static final String HEADS = "heads.";
    private static final String STEP = "step";
    private static final Pattern BLOCK = Pattern.compile("[\\p{L}\\p{N}_.]{1,100}");

    private final Shape input;
    private final SequencedMap<String, Block> blocks;
    private final SequencedMap<String, List<String>> outputs;
    private final List<String> shared;
    private final Optional<String> representation;
    private final List<Pretrained> pretrained;
    /** Whether it was begun by {@link #trunk}, in which W is then by default. */
    private final boolean trunked;
    private final boolean frozen;

    /**
     * @param reads one block, or those that {@code join} joins
     * @param owner the block whose parameters it uses, if it has none of its own
     */
    record Block(List<String> reads, Optional<Join> join, List<Layer> layers, Optional<String> owner) {
        Block tied(String other) {
            return new Block(reads, join, layers, Optional.of(other));
        }

        Value build(GraphBuilder graph, String name, List<Value> values) {
            Supplier<Value> body = () -> buildLayers(graph, name, values);
            return owner.isPresent() ? graph.tied(name, owner.get(), body) : graph.block(name, body);
        }

        private Value buildLayers(GraphBuilder graph, String name, List<Value> values) {
            Value start = join.map(joined -> joined.build(graph, values, name + ".0")).orElseGet(values::getFirst);
            return Layers.build(graph, start, name, join.isPresent() ? 1 : 0, layers);
        }
    }

    private Network(Shape input, SequencedMap<String, Block> blocks, SequencedMap<String, List<String>> outputs,
            List<String> shared, Optional<String> representation, List<Pretrained> pretrained, boolean trunked,
            boolean frozen) {
        this.input = input;
        this.blocks = blocks;
        this.outputs = outputs;
        this.shared = shared;
        this.representation = representation;
        this.pretrained = pretrained;
        this.trunked = trunked;
        this.frozen = frozen;
    }

    private static Network of(Shape input) {
        return new Network(input, new LinkedHashMap<>(), new LinkedHashMap<>(), List.of(),
                Optional.empty(), List.of(), false, false);
    }

    /**
     * A network that reads images.
     *
     * @param channels at least 1
     * @param height   at least 1
     * @param width    at least 1
     * @return a network without layers
     */
    public static Network ofImages(int channels, int height, int width) {
        Counts.atLeast("channels", channels, 1);
        Counts.atLeast("height", height, 1);
        Counts.atLeast("width", width, 1);
        return of(Shape.image(1, channels, height, width));
    }

    /**
     * A network that reads plain features.
     *
     * @param features at least 1
     * @return a network without layers
     */
    public static Network ofFeatures(int features) {
        Counts.atLeast("features", features, 1);
        return of(Shape.features(1, features));
    }

    /**
     * With one more block, which reads one block before it.
     *
     * @param name   letters, digits, {@code _} and {@code .}
     * @param reads  a block's name, or {@link #INPUT}
     * @param layers one behind the other; none: it leaves what it reads
     * @return another description; this one stays
     * @throws UserException if the name is another's or cannot be one, or there is no such block before it
     */
    public Network block(String name, String reads, Layer... layers) {
        return block(name, reads, Layers.listed("block " + Names.quote(String.valueOf(name)), layers));
    }

    /**
     * As {@link #block(String, String, Layer...)}; without layers it leaves what it reads.
     *
     * @param name   letters, digits, {@code _} and {@code .}
     * @param reads  a block's name, or {@link #INPUT}
     * @param layers one behind the other
     * @return another description; this one stays
     */
    public Network block(String name, String reads, List<Layer> layers) {
        Objects.requireNonNull(reads, "reads is null");
        return with(name, List.of(reads), Optional.empty(), layers);
    }

    /**
     * With one more block, which reads several: {@code block("up", concat("coarse", "skip"), conv2d(8, 3))}. Joining is
     * its layer 0.
     *
     * @param name   letters, digits, {@code _} and {@code .}
     * @param join   how what several blocks leave is joined
     * @param layers behind that
     * @return another description; this one stays
     * @throws UserException as {@link #block(String, String, Layer...)} throws it
     */
    public Network block(String name, Join join, Layer... layers) {
        return block(name, join, Layers.listed("block " + Names.quote(String.valueOf(name)), layers));
    }

    /**
     * As {@link #block(String, Join, Layer...)}.
     *
     * @param name   letters, digits, {@code _} and {@code .}
     * @param join   how what several blocks leave is joined
     * @param layers behind that
     * @return another description; this one stays
     */
    public Network block(String name, Join join, List<Layer> layers) {
        return with(name, join.blocks(), Optional.of(join), layers);
    }

    private Network with(String name, List<String> reads, Optional<Join> join, List<Layer> layers) {
        Objects.requireNonNull(name, "name is null");
        if (!BLOCK.matcher(name).matches() || name.equals(INPUT)) {
            throw new UserException("a block's name is " + Names.quote(name) + (name.equals(INPUT)
                    ? ", which is the network's input" : "; it has 1 to 100 letters, digits, '_' and '.'"));
        }
        String block = "block " + Names.quote(name);
        if (reads.isEmpty()) {
            throw new UserException(block + " reads nothing; name the blocks that it joins");
        }
        reads.forEach(read -> require(block + " reads ", read, ", and there is no such block before it."));
        return put(name, new Block(reads, join, Layers.listed(block, layers), Optional.empty()));
    }

    /**
     * With a block that is there already using the parameters and running statistics of a block before it instead of
     * its own (a siamese network; one refinement for all tasks):
     * {@code block("right", "input.right", eye).tied("right", "left")}. Both have the same layers, as far as these have
     * parameters. Files know the parameters by the owner's name; the gradients of all uses add up, and running
     * statistics move once for each use, in the order of the blocks.
     *
     * @param block whose parameters become another's
     * @param owner a block before it
     * @return another description; this one stays
     * @throws UserException if there is no such block, or the owner is not before it; {@link #graph} throws one where
     *                       the layers differ
     */
    public Network tied(String block, String owner) {
        require("tied: ", block, " is no block.");
        List<String> names = List.copyOf(blocks.keySet());
        if (!names.subList(0, Math.max(0, names.indexOf(block))).contains(owner)) {
            throw new UserException("block " + Names.quote(block) + " has the weights of " + Names.quote(owner)
                    + ", and there is no such block before it." + Names.hint(owner, names));
        }
        SequencedMap<String, Block> more = new LinkedHashMap<>(blocks);
        more.put(block, blocks.get(block).tied(owner));
        return new Network(input, more, outputs, shared, representation, pretrained, trunked, frozen);
    }

    private void require(String start, String block, String end) {
        List<String> known = new ArrayList<>(List.of(INPUT));
        known.addAll(blocks.keySet());
        if (!known.contains(block)) {
            throw new UserException(start + Names.quote(block) + end + Names.hint(block, known) + " There are "
                    + Names.list(known));
        }
    }

    private Network put(String name, Block block) {
        SequencedMap<String, Block> more = new LinkedHashMap<>(blocks);
        if (more.put(name, block) != null) {
            throw new UserException("two blocks are named " + Names.quote(name));
        }
        return new Network(input, more, outputs, shared, representation, pretrained, trunked, frozen);
    }

    /**
     * With a block that predicts for one more task, or several (deep supervision): the task's loss is the sum of their
     * losses against the one target. The first is the task's result, which metrics and predictions show; one may stand
     * twice.
     *
     * @param task   its name: at most 100 letters, digits, blanks and signs that print, other than {@code step}, which
     *               is a key beside the tasks' in {@code metrics.jsonl}
     * @param block  that predicts for it
     * @param others more that do
     * @return another description; this one stays
     * @throws UserException if a task cannot be named so, or has a prediction already, or there is no such block
     */
    public Network output(String task, String block, String... others) {
        List<String> predicting = new ArrayList<>(List.of(others));
        predicting.addFirst(block);
        return output(task, predicting);
    }

    /**
     * As {@link #output(String, String, String...)}.
     *
     * @param task       its name
     * @param predicting the blocks' names, at least one
     * @return another description; this one stays
     */
    public Network output(String task, List<String> predicting) {
        Names.check("a task's name", task);
        if (task.equals(STEP)) {
            throw new UserException("a task's name is 'step', which is a key of its own in metrics.jsonl beside the "
                    + "tasks; name the task otherwise.");
        }
        if (predicting.isEmpty()) {
            throw new UserException("task " + Names.quote(task) + " is predicted by no block; name one, or several");
        }
        predicting.forEach(block -> require("task " + Names.quote(task) + " is predicted by ", block,
                ", and there is no such block."));
        SequencedMap<String, List<String>> more = new LinkedHashMap<>(outputs);
        if (more.put(task, List.copyOf(predicting)) != null) {
            throw new UserException("task " + Names.quote(task) + " is predicted already, by block "
                    + Names.quote(outputs.get(task).getFirst()));
        }
        return new Network(input, blocks, more, shared, representation, pretrained, trunked, frozen);
    }

    /**
     * With these as the shared layers: the block {@code trunk}, which reads the input.
     *
     * @param layers one behind the other
     * @return another description; this one stays
     */
    public Network trunk(Layer... layers) {
        return trunk(Layers.listed("trunk", layers));
    }

    /**
     * With these as the shared layers.
     *
     * @param layers one behind the other
     * @return another description; this one stays
     */
    public Network trunk(List<Layer> layers) {
        Network without = new Network(input, blocks, outputs, shared, representation, List.of(), true,
                frozen);
        return without.put(TRUNK, new Block(List.of(INPUT), Optional.empty(), Layers.listed("trunk", layers),
                Optional.empty()));
    }

    /**
     * With a head for one more task: the block {@code heads.TASK}, which reads the trunk and predicts.
     *
     * @param task   its name
     * @param layers one behind the other
     * @return another description; this one stays
     */
    public Network head(String task, Layer... layers) {
        return head(task, Layers.listed("the head of task " + Names.quote(String.valueOf(task)), layers));
    }

    /**
     * With a head for one more task.
     *
     * @param task   its name
     * @param layers one behind the other
     * @return another description; this one stays
     * @throws UserException if a task cannot be named so, or has a head already, or there is no trunk yet
     */
    public Network head(String task, List<Layer> layers) {
        Names.check("a task's name", task);
        if (outputs.containsKey(task)) {
            throw new UserException("task " + Names.quote(task) + " has a head already");
        }
        List<Layer> listed = Layers.listed("the head of task " + Names.quote(task), layers);
        require("the head of task " + Names.quote(task) + " reads ", TRUNK, ", and there is none:"
                + " give the network its trunk first.");
        return put(HEADS + task, new Block(List.of(TRUNK), Optional.empty(), listed, Optional.empty()))
                .output(task, HEADS + task);
    }

    /**
     * With that parameter as GradNorm's W, or several together; each task must depend on each. By default it is the
     * weight of the last convolution or linear layer on which all tasks depend; where there is a trunk, of the trunk's
     * last.
     *
     * @param parameters names such as {@code trunk.3.weight}
     * @return another description; this one stays
     */
    public Network shared(String... parameters) {
        return new Network(input, blocks, outputs, List.of(parameters), representation, pretrained, trunked, frozen);
    }

    /**
     * With that block as Z, the representation at which rules that combine the tasks' gradients do so: all paths from
     * the input to the losses lead through it, and no parameter is used on both sides. By default the trunk; without
     * one, the last block through which all paths lead.
     *
     * @param block the name of one that is there
     * @return another description; this one stays
     */
    public Network representation(String block) {
        require("the representation is ", block, ", and there is no such block.");
        return new Network(input, blocks, outputs, shared, Optional.of(block), pretrained, trunked, frozen);
    }

    /**
     * With every batch norm normalising by its running statistics in training, too, and leaving them as they are, as
     * PyTorch's do in {@code eval()}: for small batches, from start values that bring statistics. Their weights and
     * biases are learned all the same.
     *
     * @return another description; this one stays
     */
    public Network frozenBatchNorm() {
        return new Network(input, blocks, outputs, shared, representation, pretrained, trunked, true);
    }

    /** Whether batch norms are {@linkplain #frozenBatchNorm frozen}. */
    boolean hasFrozenBatchNorm() {
        return frozen;
    }

    /** With trunk parameters that these published networks can give. */
    Network pretrained(List<Pretrained> networks) {
        return new Network(input, blocks, outputs, shared, representation, List.copyOf(networks), trunked, frozen);
    }

    /**
     * {@return published networks whose parameters the trunk can start from; none for a trunk that was put together by
     * hand}
     */
    public List<Pretrained> pretrained() {
        return pretrained;
    }

    Block block(String name) {
        return blocks.get(name);
    }

    /** What predicts for a task: its result, then whatever else is held against its target. */
    List<String> predicting(String task) {
        return outputs.get(task);
    }

    List<String> measured() {
        return shared;
    }

    Optional<String> meeting() {
        return representation.or(() -> trunked ? Optional.of(TRUNK) : Optional.empty());
    }

    /** {@return the blocks' names, in order} */
    public List<String> blocks() {
        return List.copyOf(blocks.keySet());
    }

    /** {@return the tasks in the order in which their predictions were named} */
    public List<String> tasks() {
        return List.copyOf(outputs.keySet());
    }

    /** {@return the shape of one input, as a batch of one} */
    public Shape input() {
        return input;
    }

    /**
     * {@return the network as a graph for batches of that size}
     *
     * @param batch how many examples, at least 1
     * @throws UserException where a layer cannot take what arrives: it names the layer, what arrives and what it needs
     */
    public NetworkGraph graph(int batch) {
        Counts.atLeast("batch", batch, 1);
        if (outputs.isEmpty()) {
            throw new UserException("model.heads, or model.outputs, is empty; a network needs at least one task");
        }
        requireUsed();
        GraphBuilder graph = new GraphBuilder(input.withBatch(batch));
        if (frozen) {
            graph.freezeBatchNorms();
        }
        Map<String, Value> left = new HashMap<>();
        left.put(INPUT, graph.input());
        List<String> measured = shared;
        for (String name : blocks.keySet()) {
            left.put(name, build(graph, name, left));
            if (trunked && name.equals(TRUNK) && measured.isEmpty()) {
                measured = graph.lastWeight().stream().toList();
            }
        }
        outputs.forEach((task, predicting) -> graph.output(task, predicting.stream().map(left::get).toList()));
        return graph.build(measured, meeting().map(left::get).or(() -> graph.meeting(blocks.keySet().stream()
                .map(left::get).toList())));
    }

    /**
     * Puts a block down.
     *
     * @param left what the blocks before it leave, and the input
     */
    Value build(GraphBuilder graph, String name, Map<String, Value> left) {
        Block block = blocks.get(name);
        return block.build(graph, name, block.reads().stream().map(left::get).toList());
    }

    private void requireUsed() {
        Set<String> used = new HashSet<>();
        outputs.values().forEach(used::addAll);
        blocks.values().forEach(block -> used.addAll(block.reads()));
        blocks.keySet().stream().filter(block -> !used.contains(block)).findFirst().ifPresent(block -> {
            throw new UserException("block " + Names.quote(block)
                    + " is read by no block and predicts for no task: take it out, or use it");
        });
    }
}
