package io.gimbal.engine;

import io.gimbal.config.Counts;
import io.gimbal.config.Names;
import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import io.gimbal.device.Precision;
import io.gimbal.device.ThreadConfinement;
import io.gimbal.dnn.ConvolutionGeometry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Builds a {@link NetworkGraph}: first the trunk's operations, then {@link #endTrunk}, then for each task {@link
 * #beginHead}, its operations and {@link #endHead}. Each operation has a name, which its parameters carry as a prefix
 * and messages say. For one thread, and refuses others by name.
 *
 * @see NetworkGraph
 */
public final class GraphBuilder {
    private static final int TRUNK = -1;
    private static final int LARGEST_POOL = 15;
    /** Every task's channels stand side by side, and its images one behind the other: their number is an int, too. */
    private static final int MOST_CHANNELS = Integer.MAX_VALUE / NetworkGraph.MOST_TASKS;
    private static final int MOST_IMAGES = MOST_CHANNELS;
    /** Up to here a row's middle, p + 1/2, is a float32. */
    private static final int LONGEST_UPSAMPLED = 1 << 23;

    private final ThreadConfinement confinement = new ThreadConfinement("the graph builder");
    private final Value input;
    /** Each value with the number of the task in whose head it was made, or {@link #TRUNK}. */
    private final Map<Value, Integer> sections = new HashMap<>();
    private final Set<Value> read = new HashSet<>();
    private final List<Operation> operations = new ArrayList<>();
    private final List<Parameter> trunkParameters = new ArrayList<>();
    private final List<String> tasks = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private final List<Value> outputs = new ArrayList<>();
    private final Map<String, MaxPool> poolings = new LinkedHashMap<>();
    private Value trunkOutput;
    private Parameter lastWeight;
    private int section = TRUNK;
    private boolean trunkIsRead;
    private boolean open = true;

    public GraphBuilder(Shape input) {
        requireRoom("the network's input", input);
        this.input = Value.input(input);
        sections.put(this.input, TRUNK);
    }

    public Value input() {
        return input;
    }

    /**
     * The trunk ends here: what every head starts from.
     *
     * @throws UserException if it has ended already, the value is not one of it, or it has no weight to share
     */
    public void endTrunk(Value output) {
        confinement.require();
        requireKnown("endTrunk", output);
        if (trunkOutput != null) {
            throw new UserException("endTrunk was called already, with " + trunkOutput.describe()
                    + ": a network has one trunk");
        }
        if (lastWeight == null) {
            throw new UserException("model.trunk has no conv2d, conv_transpose2d or linear layer: GradNorm needs a "
                    + "weight that all tasks share");
        }
        trunkOutput = output;
        open = false;
    }

    /**
     * Starts a task's head; gives the trunk's output.
     *
     * @throws UserException if the trunk or the head before has not ended, the task has a head already, or there are
     *                       {@value NetworkGraph#MOST_TASKS} tasks
     */
    public Value beginHead(String task) {
        Names.check("a task's name", task);
        confinement.require();
        String head = "beginHead(" + Names.quote(task) + ")";
        if (trunkOutput == null) {
            throw new UserException(head + " comes before endTrunk: end the trunk first, with what heads start from");
        }
        if (open) {
            throw new UserException(head + " comes before the head of task " + Names.quote(tasks.getLast())
                    + " has ended: call endHead first, with what that one predicts");
        }
        if (tasks.contains(task)) {
            throw new UserException("task " + Names.quote(task) + " has a head already");
        }
        if (tasks.size() == NetworkGraph.MOST_TASKS) {
            throw new UserException("task " + Names.quote(task) + " is one too many: a network has at most "
                    + NetworkGraph.MOST_TASKS + " tasks");
        }
        tasks.add(task);
        section = tasks.size() - 1;
        trunkIsRead = false;
        open = true;
        return trunkOutput;
    }

    /**
     * Ends the head: that value is the task's prediction.
     *
     * @throws UserException if no head has begun, or the value is neither of the head nor the trunk's output
     */
    public void endHead(Value prediction) {
        confinement.require();
        requireKnown("endHead", prediction);
        if (trunkOutput == null || !open) {
            throw new UserException("endHead comes without a head: call beginHead first");
        }
        String head = "the head of task " + Names.quote(tasks.getLast());
        if (sections.get(prediction) != section && prediction != trunkOutput) {
            throw new UserException(head + " ends with " + prediction.describe() + ", which is not of it: a head"
                    + " predicts what one of its own operations leaves, or the trunk's output as it is");
        }
        if (prediction != trunkOutput && !trunkIsRead) {
            throw new UserException(head + " does not read the trunk's output: start it from what beginHead gives");
        }
        outputs.add(prediction);
        open = false;
    }

    /** A convolution with a square kernel; filters named {@code NAME.weight}, {@code NAME.bias}. */
    public Value convolution(String name, Value x, int out, int kernel, int stride, int padding, int dilation,
            boolean bias) {
        Counts.atLeast(name + " (conv2d): out", out, 1);
        Counts.atLeast(name + " (conv2d): kernel", kernel, 1);
        Counts.atLeast(name + " (conv2d): stride", stride, 1);
        Counts.atLeast(name + " (conv2d): padding", padding, 0);
        Counts.atLeast(name + " (conv2d): dilation", dilation, 1);
        Shape in = needImage(name, "conv2d", x);
        ConvolutionGeometry geometry = new ConvolutionGeometry(in.batch(), in.height(), in.width(), in.channels(), out,
                kernel, stride, padding,
                dilation);
        String window = "a kernel of " + ((long) dilation * (kernel - 1) + 1) + " with padding " + padding;
        Shape left = windows(name, "conv2d", in, out, kernel, stride, padding, dilation, window);
        checkWeight(name, out, in.channels(), kernel);
        int fanIn = in.channels() * kernel * kernel;
        Parameter weight = weight(Parameter.uniform(name + ".weight", fanIn, out, in.channels(), kernel, kernel));
        Parameter shift = bias ? Parameter.uniform(name + ".bias", fanIn, out) : null;
        return add(new Convolution(name, x, leave(name, left), geometry, weight, shift));
    }

    /**
     * A transposed convolution with a square kernel; filters named {@code NAME.weight} [in, out, kernel, kernel], as
     * PyTorch's ConvTranspose2d has them and their start values.
     */
    public Value transposedConvolution(String name, Value x, int out, int kernel, int stride, int padding,
            boolean bias) {
        Counts.atLeast(name + " (conv_transpose2d): out", out, 1);
        Counts.atLeast(name + " (conv_transpose2d): kernel", kernel, 1);
        Counts.atLeast(name + " (conv_transpose2d): stride", stride, 1);
        Counts.atLeast(name + " (conv_transpose2d): padding", padding, 0);
        Shape in = needImage(name, "conv_transpose2d", x);
        long height = (in.height() - 1L) * stride - 2L * padding + kernel;
        long width = (in.width() - 1L) * stride - 2L * padding + kernel;
        if (height < 1 || width < 1) {
            throw tooSmall(name, "conv_transpose2d", in, "a kernel of " + kernel + " with stride " + stride
                    + " and padding " + padding);
        }
        checkCount(name, (double) height * width);
        checkWeight(name, out, in.channels(), kernel);
        int fan = out * kernel * kernel;
        Parameter weight = weight(Parameter.uniform(name + ".weight", fan, in.channels(), out, kernel, kernel));
        Parameter shift = bias ? Parameter.uniform(name + ".bias", fan, out) : null;
        Value y = leave(name, Shape.image(in.batch(), out, (int) height, (int) width));
        return add(new TransposedConvolution(name, x, y, kernel, stride, padding, weight, shift));
    }

    /** A linear layer on plain features. */
    public Value linear(String name, Value x, int out, boolean bias) {
        Counts.atLeast(name + " (linear): out", out, 1);
        Shape in = x.shape();
        if (!in.flat()) {
            throw new UserException(name + " (linear): what arrives is " + in.describe()
                    + ", an image; it needs plain features: put flatten or "
                    + "global_avg_pool before it");
        }
        checkWeight(name, out, in.channels(), 1);
        Parameter weight = weight(Parameter.uniform(name + ".weight", in.channels(), out, in.channels()));
        Parameter shift = bias ? Parameter.uniform(name + ".bias", in.channels(), out) : null;
        return add(new Linear(name, x, leave(name, Shape.features(in.batch(), out)), weight, shift));
    }

    /**
     * Batch normalisation: parameters {@code NAME.weight} and {@code NAME.bias}, statistics {@code NAME.running_mean}
     * and {@code NAME.running_var}.
     */
    public Value batchNorm(String name, Value x, float eps, float momentum) {
        Range.POSITIVE.check(name + " (batch_norm): eps", eps);
        Range.FRACTION.check(name + " (batch_norm): momentum", momentum);
        Shape in = needImage(name, "batch_norm", x);
        if (in.places() == 1) {
            throw new UserException(name + " (batch_norm): what arrives is one pixel of one image; a variance needs at "
                    + "least two: use a larger batch");
        }
        Parameter gamma = Parameter.constant(name + ".weight", 1, in.channels());
        Parameter beta = Parameter.constant(name + ".bias", 0, in.channels());
        return add(new BatchNorm(name, x, leave(name, in), gamma, beta, eps, momentum));
    }

    /** An elementwise activation. */
    public Value activation(String name, Value x, ActivationKind kind) {
        return add(new Activation(name, x, leave(name, x.shape()), kind));
    }

    /** Max pooling; a window always touches the image. */
    public Value maxPool(String name, Value x, int kernel, int stride, int padding) {
        Counts.atLeast(name + " (max_pool): kernel", kernel, 1);
        Counts.atLeast(name + " (max_pool): stride", stride, 1);
        Counts.atLeast(name + " (max_pool): padding", padding, 0);
        Shape in = needImage(name, "max_pool", x);
        if (padding * 2 > kernel) {
            throw new UserException(name + " (max_pool): padding " + padding + " is more than half of the kernel "
                    + kernel);
        }
        if (kernel > LARGEST_POOL) {
            throw new UserException(name + " (max_pool): kernel " + kernel + " is too large; at most " + LARGEST_POOL);
        }
        Shape out = windows(name, "max_pool", in, in.channels(), kernel, stride, padding, 1, "a kernel of " + kernel
                + " with padding " + padding);
        MaxPool pooling = new MaxPool(name, x, leave(name, out), kernel, stride, padding);
        Value y = add(pooling);
        poolings.put(name, pooling);
        return y;
    }

    /**
     * Upsampling through the indices of an earlier max pooling; leaves images of the size that this pooling took.
     *
     * @param pool the pooling's name: one of the trunk or of the same head, whose windows do not overlap
     */
    public Value maxUnpool(String name, Value x, String pool) {
        Shape in = needImage(name, "max_unpool", x);
        MaxPool pooling = pooling(name, pool);
        Shape pooled = pooling.output().shape();
        if (!in.equals(pooled)) {
            throw new UserException(name + " (max_unpool): what arrives is " + in.describe() + ", but the max_pool "
                    + Names.quote(pool) + " leaves " + pooled.describe() + "; only images of that size can go back "
                    + "through it");
        }
        return add(new Unpool(name, x, leave(name, pooling.input().shape()), pooling));
    }

    private MaxPool pooling(String name, String pool) {
        List<String> usable = poolings.values().stream().filter(this::mayUnpool).map(Operation::name).toList();
        if (usable.contains(pool)) {
            return poolings.get(pool);
        }
        String start = name + " (max_unpool): \"pool\" is " + Names.quote(pool) + ", ";
        MaxPool present = poolings.get(pool);
        if (present != null && present.stride() < present.kernel()) {
            throw new UserException(start + "whose windows overlap (kernel " + present.kernel() + ", stride "
                    + present.stride() + "): two values could go back to one place; its stride must be at least its "
                    + "kernel");
        }
        throw new UserException(start + (present == null ? "which is no max_pool before this layer."
                : "which is in another head; only poolings of the trunk and of its own head can be reached.")
                + Names.hint(pool, usable) + (usable.isEmpty() ? " There is none" : " There are "
                + Names.list(usable)));
    }

    private boolean mayUnpool(MaxPool pooling) {
        int owner = sections.get(pooling.output());
        return pooling.stride() >= pooling.kernel() && (owner == TRUNK || owner == section);
    }

    public Value upsample(String name, Value x, int scale, boolean bilinear) {
        Counts.atLeast(name + " (upsample): scale", scale, 1);
        Shape in = needImage(name, "upsample", x);
        checkCount(name, (double) in.height() * scale * in.width() * scale);
        if (Math.max(in.height(), in.width()) * (long) scale > LONGEST_UPSAMPLED) {
            throw new UserException(name + " (upsample): " + in.describe() + " times " + scale + " has more than "
                    + LONGEST_UPSAMPLED + " rows or columns, whose places float32 does not tell apart");
        }
        Shape out = Shape.image(in.batch(), in.channels(), in.height() * scale, in.width() * scale);
        return add(new Upsample(name, x, leave(name, out), scale, bilinear));
    }

    /** The mean over each image; leaves plain features. */
    public Value globalAverage(String name, Value x) {
        Shape in = needImage(name, "global_avg_pool", x);
        return add(new GlobalAverage(name, x, leave(name, Shape.features(in.batch(), in.channels()))));
    }

    /** Images to plain features; that many must come out. */
    public Value flatten(String name, Value x, int features) {
        Shape in = x.shape();
        long present = in.elements() / in.batch();
        if (present != features) {
            throw new UserException(name + " (flatten): what arrives is " + in.describe() + ", " + present
                    + " features; \"features\" says " + features);
        }
        return add(new Flatten(name, x, leave(name, Shape.features(in.batch(), features))));
    }

    /** a + b, of one shape. */
    public Value add(String name, Value a, Value b) {
        if (!a.shape().equals(b.shape())) {
            throw new UserException(name + " (residual): its body leaves " + a.shape().describe()
                    + " and its shortcut " + b.shape().describe()
                    + "; both must be alike to be added");
        }
        return add(new Add(name, a, b, leave(name, a.shape())));
    }

    /**
     * Ends the network.
     *
     * @param shared the name of GradNorm's W among the trunk's parameters; null for the weight of the trunk's last
     *               convolution or linear layer
     */
    public NetworkGraph build(String shared) {
        confinement.require();
        if (tasks.isEmpty()) {
            throw new UserException("model.heads is empty; a network needs at least one task");
        }
        if (open) {
            throw new UserException("the head of task " + Names.quote(tasks.getLast())
                    + " has not ended: call endHead with what it predicts");
        }
        for (Operation operation : operations) {
            Value left = operation.output();
            if (!read.contains(left) && left != trunkOutput && !outputs.contains(left)) {
                throw new UserException(operation.name() + " leaves what no operation reads and no task predicts:"
                        + " take it out, or use it");
            }
        }
        Graph graph = new Graph(input, operations, IntStream.range(0, outputs.size()).mapToObj(task ->
                new Output(outputs.get(task), task)).toList());
        return new NetworkGraph(graph, tasks, shared == null ? lastWeight : find(shared));
    }

    private Parameter find(String shared) {
        List<String> names = trunkParameters.stream().map(Parameter::name).toList();
        for (Parameter parameter : trunkParameters) {
            if (parameter.name().equals(shared)) {
                return parameter;
            }
        }
        throw new UserException("model.shared: there is no parameter " + Names.quote(shared) + " in the trunk."
                + Names.hint(shared, names) + " It has " + Names.list(names));
    }

    private Parameter weight(Parameter weight) {
        if (section == TRUNK) {
            lastWeight = weight;
        }
        return weight;
    }

    private static Value leave(String name, Shape shape) {
        requireRoom(name, shape);
        return Value.leftBy(name, shape);
    }

    private Value add(Operation operation) {
        confinement.require();
        if (!open) {
            throw new UserException(operation.name() + " stands " + (tasks.isEmpty() ? "behind the trunk's end"
                    : "behind the end of the head of task " + Names.quote(tasks.getLast()))
                    + " and in no head: call beginHead first");
        }
        operation.inputs().forEach(value -> requireKnown(operation.name(), value));
        if (!names.add(operation.name())) {
            throw new UserException("two layers are named " + Names.quote(operation.name()) + ", by which their "
                    + "parameters could not be told apart.");
        }
        read.addAll(operation.inputs());
        trunkIsRead |= operation.inputs().stream().anyMatch(value -> value == trunkOutput);
        operations.add(operation);
        sections.put(operation.output(), section);
        if (section == TRUNK) {
            trunkParameters.addAll(operation.parameters());
        }
        return operation.output();
    }

    /** Counted with the channels that bf16 adds. */
    private static void requireRoom(String name, Shape shape) {
        if (shape.channels() > MOST_CHANNELS || shape.batch() > MOST_IMAGES) {
            throw new UserException(name + ": " + shape.describe() + " in batches of " + shape.batch()
                    + " are too many: at most " + MOST_CHANNELS + " channels or features, and as many in a batch, may"
                    + " be");
        }
        long elements = shape.places() * Precision.paddedChannels(shape.channels());
        if (shape.places() > Integer.MAX_VALUE || elements > Integer.MAX_VALUE) {
            throw new UserException(name + ": " + shape.describe() + " in batches of " + shape.batch() + " has "
                    + elements + " elements, its channels rounded up to a multiple of 8; at most " + Integer.MAX_VALUE
                    + ": take a smaller batch (data.batch), or smaller images");
        }
    }

    private void requireKnown(String reader, Value value) {
        if (!sections.containsKey(value)) {
            throw new UserException(reader + " is given " + (value == null ? "no value" : value.describe()
                    + ", which another builder made") + ": take one that this builder gave");
        }
    }

    private static Shape windows(String name, String layer, Shape in, int out, int kernel, int stride, int padding,
            int dilation, String window) {
        long height = ConvolutionGeometry.windows(in.height(), kernel, stride, padding, dilation);
        long width = ConvolutionGeometry.windows(in.width(), kernel, stride, padding, dilation);
        if (height < 1 || width < 1) {
            throw tooSmall(name, layer, in, window);
        }
        checkCount(name, (double) height * width);
        return Shape.image(in.batch(), out, (int) height, (int) width);
    }

    private static void checkCount(String name, double count) {
        if (count > Integer.MAX_VALUE) {
            throw new UserException(String.format(java.util.Locale.ROOT, "%s would have %.0f elements; at most %d",
                    name, count, Integer.MAX_VALUE));
        }
    }

    /** Counted with the channels that bf16 adds on either side. */
    private static void checkWeight(String name, int out, int in, int kernel) {
        checkCount(name + ".weight", (double) (out + 7L) * (in + 7L) * kernel * kernel);
    }

    private static Shape needImage(String name, String layer, Value x) {
        if (x.shape().flat()) {
            throw new UserException(name + " (" + layer + "): what arrives is " + x.shape().describe()
                    + "; it needs images (channels x height x width)");
        }
        return x.shape();
    }

    private static UserException tooSmall(String name, String layer, Shape in, String window) {
        return new UserException(name + " (" + layer + "): what arrives is " + in.describe() + ", too small for "
                + window);
    }
}
