package io.gimbal.engine;

import io.gimbal.config.Counts;
import io.gimbal.config.Names;
import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import io.gimbal.device.ThreadConfinement;
import io.gimbal.dnn.ConvolutionGeometry;
import io.gimbal.graph.Graph;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Output;
import io.gimbal.graph.Parameter;
import io.gimbal.graph.Shape;
import io.gimbal.graph.Statistics;
import io.gimbal.graph.Value;
import io.gimbal.graph.operation.Activation;
import io.gimbal.graph.operation.ActivationKind;
import io.gimbal.graph.operation.Add;
import io.gimbal.graph.operation.Attention;
import io.gimbal.graph.operation.AveragePool;
import io.gimbal.graph.operation.BatchNorm;
import io.gimbal.graph.operation.Concatenation;
import io.gimbal.graph.operation.Convolution;
import io.gimbal.graph.operation.Dropout;
import io.gimbal.graph.operation.Flatten;
import io.gimbal.graph.operation.GlobalAverage;
import io.gimbal.graph.operation.Linear;
import io.gimbal.graph.operation.MaxPool;
import io.gimbal.graph.operation.Mix;
import io.gimbal.graph.operation.Multiply;
import io.gimbal.graph.operation.PixelShuffle;
import io.gimbal.graph.operation.Resize;
import io.gimbal.graph.ShapeChecks;
import io.gimbal.graph.operation.Slice;
import io.gimbal.graph.operation.Softmax;
import io.gimbal.graph.operation.TransposedConvolution;
import io.gimbal.graph.operation.Unpool;
import io.gimbal.graph.operation.Upsample;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Builds a {@link NetworkGraph}: operations one behind the other, each of which reads values that were made before, and
 * what each task predicts ({@link #output}). Each operation has a name, which its parameters carry as a prefix and
 * messages say. For one thread, and refuses others by name.
 *
 * @see NetworkGraph
 */
public final class GraphBuilder {
    private static final int LARGEST_POOL = 15;
    /** Up to here a row's middle, p + 1/2, is a float32. */
    private static final int LONGEST_UPSAMPLED = 1 << 23;

    private final ThreadConfinement confinement = new ThreadConfinement("the graph builder");
    private final Value input;
    private final Set<Value> values = new HashSet<>();
    private final Set<Value> read = new HashSet<>();
    private final List<Operation> operations = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private final Map<String, BuiltBlock> blocks = new LinkedHashMap<>();
    private final Map<Parameter, Operation> firstUsers = new HashMap<>();
    private final Map<String, Integer> statisticsUses = new HashMap<>();
    /** That which is being built. */
    private BuiltBlock block;
    private final Map<String, MaxPool> poolings = new LinkedHashMap<>();
    private final SequencedMap<String, List<Value>> outputs = new LinkedHashMap<>();
    private int dropouts;
    private boolean frozenBatchNorms;

    /**
     * Begins a network.
     *
     * @param input what it takes, with its batch
     */
    public GraphBuilder(Shape input) {
        ShapeChecks.requireRoom("the network's input", input);
        this.input = Value.input(input);
        values.add(this.input);
    }

    /** {@return the network's input} */
    public Value input() {
        return input;
    }

    /**
     * Has the batch norms that come from now on normalise by their running statistics in training, too, and leave these
     * as they are. Their weights and biases are learned all the same.
     */
    public void freezeBatchNorms() {
        confinement.require();
        frozenBatchNorms = true;
    }

    /**
     * Says what a task predicts. As {@link #output(String, List)}.
     *
     * @param task       its name
     * @param prediction the one value that its loss reads
     */
    public void output(String task, Value prediction) {
        output(task, List.of(prediction));
    }

    /**
     * Says what a task predicts: its loss is the sum of the losses of these values, each against the one target (deep
     * supervision). One may stand twice. The first is the task's result, which metrics and inference show.
     *
     * @param task        its name
     * @param predictions those that its loss reads, at least one
     * @throws UserException if the task predicts already, or nothing, or in several shapes, or there are
     *                       {@value NetworkGraph#MOST_TASKS} tasks
     */
    public void output(String task, List<Value> predictions) {
        Names.check("a task's name", task);
        confinement.require();
        String quoted = "task " + Names.quote(task);
        predictions.forEach(prediction -> requireKnown("the " + quoted, prediction));
        if (outputs.containsKey(task)) {
            throw new UserException(quoted + " predicts already, " + outputs.get(task).getFirst().describe());
        }
        if (predictions.isEmpty()) {
            throw new UserException(quoted + " predicts nothing: name at least one value that its loss reads");
        }
        Value result = predictions.getFirst();
        predictions.stream().filter(other -> !other.shape().equals(result.shape())).findFirst().ifPresent(other -> {
            throw new UserException(quoted + ": " + result.describe() + " is " + result.shape().describe() + ", and "
                    + other.describe() + " is " + other.shape().describe() + "; all that predicts for a task is held"
                    + " against one target: bring it to one shape (resize, upsample)");
        });
        if (outputs.size() == NetworkGraph.MOST_TASKS) {
            throw new UserException("task " + Names.quote(task) + " is one too many: a network has at most "
                    + NetworkGraph.MOST_TASKS + " tasks");
        }
        outputs.put(task, List.copyOf(predictions));
    }

    /**
     * {@return the name of the weight of the last convolution or linear layer so far that has one of its own; empty if
     * there is none}
     */
    public Optional<String> lastWeight() {
        return Graph.weights(operations).reversed().stream().findFirst().map(Parameter::name);
    }

    /**
     * A convolution with a square kernel; filters named {@code NAME.weight}, {@code NAME.bias}.
     *
     * @param name     the operation's; its parameters' names begin with it
     * @param x        what arrives
     * @param out      how many channels leave it
     * @param kernel   the side of its window
     * @param stride   from window to window, at least 1
     * @param padding  rows and columns of zeros on each side
     * @param dilation from tap to tap, at least 1
     * @param bias     whether it has one
     * @return what leaves it
     */
    public Value convolution(String name, Value x, int out, int kernel, int stride, int padding, int dilation,
            boolean bias) {
        return convolution(name, x, out, kernel, stride, padding, dilation, 1, bias);
    }

    /**
     * As {@link #convolution(String, Value, int, int, int, int, int, int, boolean, Optional)}, starting as PyTorch's.
     *
     * @param name     the operation's; its parameters' names begin with it
     * @param x        what arrives
     * @param out      how many channels leave it
     * @param kernel   the side of its window
     * @param stride   from window to window, at least 1
     * @param padding  rows and columns of zeros on each side
     * @param dilation from tap to tap, at least 1
     * @param groups   which divide the channels on both sides
     * @param bias     whether it has one
     * @return what leaves it
     */
    public Value convolution(String name, Value x, int out, int kernel, int stride, int padding, int dilation,
            int groups, boolean bias) {
        return convolution(name, x, out, kernel, stride, padding, dilation, groups, bias, Optional.empty());
    }

    /**
     * A convolution whose channels are cut into groups on both sides, each with filters of its own, {@code NAME.weight}
     * [out, in / groups, kernel, kernel]; as many groups as channels make it depthwise.
     *
     * @param name     the operation's; its parameters' names begin with it
     * @param x        what arrives
     * @param out      how many channels leave it
     * @param kernel   the side of its window
     * @param stride   from window to window, at least 1
     * @param padding  rows and columns of zeros on each side
     * @param dilation from tap to tap, at least 1
     * @param groups   which divide the channels on both sides
     * @param bias     whether it has one
     * @param initial  where its filters start, the bias then at 0; left out: as PyTorch's do
     * @return what leaves it
     */
    public Value convolution(String name, Value x, int out, int kernel, int stride, int padding, int dilation,
            int groups, boolean bias, Optional<Initial> initial) {
        Counts.atLeast(name + " (conv2d): out", out, 1);
        Counts.atLeast(name + " (conv2d): kernel", kernel, 1);
        Counts.atLeast(name + " (conv2d): stride", stride, 1);
        Counts.atLeast(name + " (conv2d): padding", padding, 0);
        Counts.atLeast(name + " (conv2d): dilation", dilation, 1);
        Counts.atLeast(name + " (conv2d): groups", groups, 1);
        Shape in = ShapeChecks.needImage(name, "conv2d", x);
        if (in.channels() % groups != 0 || out % groups != 0) {
            throw new UserException(name + " (conv2d): what arrives is " + in.describe() + ", and " + out
                    + " channels are to leave; " + groups + " groups need a multiple of " + groups
                    + " channels on both sides");
        }
        ConvolutionGeometry geometry = new ConvolutionGeometry(in.batch(), in.height(), in.width(), in.channels(), out,
                kernel, stride, padding, dilation, groups);
        String window = "a kernel of " + ((long) dilation * (kernel - 1) + 1) + " with padding " + padding;
        Shape left = ShapeChecks.windows(name, "conv2d", in, out, kernel, stride, padding, dilation, window);
        int each = in.channels() / groups;
        ShapeChecks.checkWeight(name, out, each, kernel);
        int fanIn = each * kernel * kernel;
        int[] filters = {out, each, kernel, kernel};
        Parameter weight = parameter(initial.map(start -> switch (start) {
            case Initial.Zero() -> Parameter.constant(name + ".weight", 0, filters);
            case Initial.Normal(double deviation) -> Parameter.normal(name + ".weight", deviation, filters);
            case Initial.Blocks(List<Double> numbers) -> {
                checkBlocks(name, in, out, kernel, groups, numbers);
                yield Parameter.blocks(name + ".weight", numbers, filters);
            }
        }).orElseGet(() -> Parameter.uniform(name + ".weight", fanIn, filters)));
        Parameter shift = !bias ? null : parameter(initial.isPresent() ? Parameter.constant(name + ".bias", 0, out)
                : Parameter.uniform(name + ".bias", fanIn, out));
        return add(new Convolution(name, x, Value.leftBy(name, left), geometry, weight, shift));
    }

    private static void checkBlocks(String name, Shape in, int out, int kernel, int groups, List<Double> numbers) {
        if (in.channels() != (long) numbers.size() * out || kernel % 2 == 0 || groups != 1) {
            throw new UserException(name + " (conv2d): initial has " + numbers.size()
                    + " numbers, for as many blocks of "
                    + out + " channels each; what arrives is " + in.describe() + ", in " + groups
                    + " groups, for a kernel of " + kernel + ": it needs " + (long) numbers.size() * out
                    + " channels in one group, and an odd kernel");
        }
    }

    /**
     * A transposed convolution with a square kernel; filters named {@code NAME.weight} [in, out, kernel, kernel], as
     * PyTorch's ConvTranspose2d has them and their start values.
     *
     * @param name    the operation's; its parameters' names begin with it
     * @param x       what arrives
     * @param out     how many channels leave it
     * @param kernel  the side of its window
     * @param stride  from window to window, at least 1
     * @param padding rows and columns of zeros on each side
     * @param bias    whether it has one
     * @return what leaves it
     */
    public Value transposedConvolution(String name, Value x, int out, int kernel, int stride, int padding,
            boolean bias) {
        Counts.atLeast(name + " (conv_transpose2d): out", out, 1);
        Counts.atLeast(name + " (conv_transpose2d): kernel", kernel, 1);
        Counts.atLeast(name + " (conv_transpose2d): stride", stride, 1);
        Counts.atLeast(name + " (conv_transpose2d): padding", padding, 0);
        Shape in = ShapeChecks.needImage(name, "conv_transpose2d", x);
        long height = (in.height() - 1L) * stride - 2L * padding + kernel;
        long width = (in.width() - 1L) * stride - 2L * padding + kernel;
        if (height < 1 || width < 1) {
            throw ShapeChecks.tooSmall(name, "conv_transpose2d", in, "a kernel of " + kernel + " with stride " + stride
                    + " and padding " + padding);
        }
        ShapeChecks.checkCount(name, (double) height * width);
        ShapeChecks.checkWeight(name, out, in.channels(), kernel);
        int fan = out * kernel * kernel;
        Parameter weight = parameter(Parameter.uniform(name + ".weight", fan, in.channels(), out, kernel, kernel));
        Parameter shift = bias ? parameter(Parameter.uniform(name + ".bias", fan, out)) : null;
        Value y = Value.leftBy(name, Shape.image(in.batch(), out, (int) height, (int) width));
        return add(new TransposedConvolution(name, x, y, kernel, stride, padding, weight, shift));
    }

    /**
     * A linear layer on plain features.
     *
     * @param name the operation's; its parameters' names begin with it
     * @param x    what arrives
     * @param out  how many features leave it
     * @param bias whether it has one
     * @return what leaves it
     */
    public Value linear(String name, Value x, int out, boolean bias) {
        Counts.atLeast(name + " (linear): out", out, 1);
        Shape in = x.shape();
        if (!in.flat()) {
            throw new UserException(name + " (linear): what arrives is " + in.describe()
                    + ", an image; it needs plain features: put flatten or "
                    + "global_avg_pool before it");
        }
        ShapeChecks.checkWeight(name, out, in.channels(), 1);
        Parameter weight = parameter(Parameter.uniform(name + ".weight", in.channels(), out, in.channels()));
        Parameter shift = bias ? parameter(Parameter.uniform(name + ".bias", in.channels(), out)) : null;
        return add(new Linear(name, x, Value.leftBy(name, Shape.features(in.batch(), out)), weight, shift));
    }

    /**
     * Batch normalisation: parameters {@code NAME.weight} and {@code NAME.bias}, statistics {@code NAME.running_mean}
     * and {@code NAME.running_var}.
     *
     * @param name     the operation's; its parameters' names begin with it
     * @param x        what arrives
     * @param eps      added to the variance, above 0
     * @param momentum how far running statistics move each step, from 0 to 1
     * @return what leaves it
     */
    public Value batchNorm(String name, Value x, float eps, float momentum) {
        Range.POSITIVE.check(name + " (batch_norm): eps", eps);
        Range.FRACTION.check(name + " (batch_norm): momentum", momentum);
        Shape in = ShapeChecks.needImage(name, "batch_norm", x);
        Parameter gamma = parameter(Parameter.constant(name + ".weight", 1, in.channels()));
        Parameter beta = parameter(Parameter.constant(name + ".bias", 0, in.channels()));
        return add(new BatchNorm(name, x, Value.leftBy(name, in), gamma, beta, eps,
                statistics(name, in.channels(), momentum)));
    }

    /**
     * An elementwise activation, with its usual parameter if it has one.
     *
     * @param name the operation's; its parameters' names begin with it
     * @param x    what arrives
     * @param kind which function
     * @return what leaves it
     */
    public Value activation(String name, Value x, ActivationKind kind) {
        return activation(name, x, kind, kind.usual());
    }

    /**
     * An elementwise activation.
     *
     * @param name      the operation's; its parameters' names begin with it
     * @param x         what arrives
     * @param kind      which function
     * @param parameter the kind's, any finite number; 0 where it has none
     * @return what leaves it
     */
    public Value activation(String name, Value x, ActivationKind kind, double parameter) {
        return add(Activation.of(name, x, kind, parameter));
    }

    /**
     * Softmax over all channels of each place, or all features.
     *
     * @param name the operation's; its parameters' names begin with it
     * @param x    what arrives
     * @return what leaves it
     */
    public Value softmax(String name, Value x) {
        return add(Softmax.of(name, x));
    }

    /**
     * Softmax over each run of so many adjacent channels, or features; they must divide all of them.
     *
     * @param name     the operation's; its parameters' names begin with it
     * @param x        what arrives
     * @param channels in each run
     * @return what leaves it
     */
    public Value softmaxOfAdjacent(String name, Value x, int channels) {
        return add(Softmax.ofAdjacent(name, x, channels));
    }

    /**
     * Softmax over so many groups of channels, or features, which must divide all of them: over the first of each
     * group, over the second, and so on.
     *
     * @param name   the operation's; its parameters' names begin with it
     * @param x      what arrives
     * @param groups how many
     * @return what leaves it
     */
    public Value softmaxOverGroups(String name, Value x, int groups) {
        return add(Softmax.overGroups(name, x, groups));
    }

    /**
     * Dropout with probability p, from 0 to below 1; its random numbers are those of how many dropouts were put before
     * it.
     *
     * @param name the operation's; its parameters' names begin with it
     * @param x    what arrives
     * @param p    the probability of a value to be 0 in training
     * @return what leaves it
     */
    public Value dropout(String name, Value x, double p) {
        return add(Dropout.of(name, x, p, dropouts++));
    }

    /**
     * Max pooling; a window always touches the image.
     *
     * @param name    the operation's; its parameters' names begin with it
     * @param x       what arrives
     * @param kernel  the side of its window
     * @param stride  from window to window, at least 1
     * @param padding rows and columns of zeros on each side
     * @return what leaves it
     */
    public Value maxPool(String name, Value x, int kernel, int stride, int padding) {
        Counts.atLeast(name + " (max_pool): kernel", kernel, 1);
        Counts.atLeast(name + " (max_pool): stride", stride, 1);
        Counts.atLeast(name + " (max_pool): padding", padding, 0);
        Shape in = ShapeChecks.needImage(name, "max_pool", x);
        if (padding * 2 > kernel) {
            throw new UserException(name + " (max_pool): padding " + padding + " is more than half of the kernel "
                    + kernel);
        }
        if (kernel > LARGEST_POOL) {
            throw new UserException(name + " (max_pool): kernel " + kernel + " is too large; at most " + LARGEST_POOL);
        }
        Shape out = ShapeChecks.windows(name, "max_pool", in, in.channels(), kernel, stride, padding, 1,
                "a kernel of " + kernel + " with padding " + padding);
        MaxPool pooling = new MaxPool(name, x, Value.leftBy(name, out), kernel, stride, padding);
        Value y = add(pooling);
        poolings.put(name, pooling);
        return y;
    }

    /**
     * Upsampling through the indices of an earlier max pooling; leaves images of the size that this pooling took.
     *
     * @param name the operation's; its parameters' names begin with it
     * @param x    what arrives
     * @param pool the pooling's name: one before this operation, whose windows do not overlap
     * @return what leaves it
     */
    public Value maxUnpool(String name, Value x, String pool) {
        Shape in = ShapeChecks.needImage(name, "max_unpool", x);
        MaxPool pooling = pooling(name, pool);
        Shape pooled = pooling.output().shape();
        if (!in.equals(pooled)) {
            throw new UserException(name + " (max_unpool): what arrives is " + in.describe() + ", but the max_pool "
                    + Names.quote(pool) + " leaves " + pooled.describe() + "; only images of that size can go back "
                    + "through it");
        }
        return add(new Unpool(name, x, Value.leftBy(name, pooling.input().shape()), pooling));
    }

    private MaxPool pooling(String name, String pool) {
        List<String> usable = poolings.values().stream().filter(GraphBuilder::mayUnpool).map(Operation::name).toList();
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
        throw new UserException(start + "which is no max_pool before this layer." + Names.hint(pool, usable)
                + (usable.isEmpty() ? " There is none" : " There are " + Names.list(usable)));
    }

    private static boolean mayUnpool(MaxPool pooling) {
        return pooling.stride() >= pooling.kernel();
    }

    /**
     * Images so many times as high and wide: bilinear without aligned corners, or nearest.
     *
     * @param name     the operation's; its parameters' names begin with it
     * @param x        what arrives
     * @param scale    at least 1
     * @param bilinear whether it is bilinear; otherwise nearest
     * @return what leaves it
     */
    public Value upsample(String name, Value x, int scale, boolean bilinear) {
        Counts.atLeast(name + " (upsample): scale", scale, 1);
        Shape in = ShapeChecks.needImage(name, "upsample", x);
        ShapeChecks.checkCount(name, (double) in.height() * scale * in.width() * scale);
        if (Math.max(in.height(), in.width()) * (long) scale > LONGEST_UPSAMPLED) {
            throw new UserException(name + " (upsample): " + in.describe() + " times " + scale + " has more than "
                    + LONGEST_UPSAMPLED + " rows or columns, whose places float32 does not tell apart");
        }
        Shape out = Shape.image(in.batch(), in.channels(), in.height() * scale, in.width() * scale);
        return add(new Upsample(name, x, Value.leftBy(name, out), scale, bilinear));
    }

    /**
     * Images of that size: bilinear without aligned corners and without smoothing, or nearest.
     *
     * @param name     the operation's; its parameters' names begin with it
     * @param x        what arrives
     * @param height   of the images that leave it
     * @param width    of the images that leave it
     * @param bilinear whether it is bilinear; otherwise nearest
     * @return what leaves it
     */
    public Value resize(String name, Value x, int height, int width, boolean bilinear) {
        return add(Resize.of(name, x, height, width, bilinear));
    }

    /**
     * Average pooling by kernel^2, padding counted; a window always touches the image.
     *
     * @param name    the operation's; its parameters' names begin with it
     * @param x       what arrives
     * @param kernel  the side of its window
     * @param stride  from window to window, at least 1
     * @param padding rows and columns of zeros on each side
     * @return what leaves it
     */
    public Value averagePool(String name, Value x, int kernel, int stride, int padding) {
        return add(AveragePool.of(name, x, kernel, stride, padding));
    }

    /**
     * The mean over each image.
     *
     * @param name the operation's; its parameters' names begin with it
     * @param x    what arrives
     * @param keep whether it leaves images of one pixel; otherwise plain features
     * @return what leaves it
     */
    public Value globalAverage(String name, Value x, boolean keep) {
        return add(GlobalAverage.of(name, x, keep));
    }

    /**
     * Images to plain features; that many must come out.
     *
     * @param name     the operation's; its parameters' names begin with it
     * @param x        what arrives
     * @param features how many
     * @return what leaves it
     */
    public Value flatten(String name, Value x, int features) {
        Shape in = x.shape();
        long present = in.elements() / in.batch();
        if (present != features) {
            throw new UserException(name + " (flatten): what arrives is " + in.describe() + ", " + present
                    + " features; \"features\" says " + features);
        }
        return add(new Flatten(name, x, Value.leftBy(name, Shape.features(in.batch(), features))));
    }

    /**
     * The sum of a residual's body and shortcut, of one shape.
     *
     * @param name     the operation's; its parameters' names begin with it
     * @param body     one of them
     * @param shortcut the other
     * @return what leaves it
     */
    public Value residual(String name, Value body, Value shortcut) {
        if (!body.shape().equals(shortcut.shape())) {
            throw new UserException(name + " (residual): its body leaves " + body.shape().describe()
                    + " and its shortcut " + shortcut.shape().describe()
                    + "; both must be alike to be added");
        }
        return add(Add.of(name, List.of(body, shortcut), List.of()));
    }

    /**
     * The sum of two values or more, of one shape.
     *
     * @param name  the operation's; its parameters' names begin with it
     * @param terms at least two
     * @return what leaves it
     */
    public Value sum(String name, List<Value> terms) {
        return sum(name, terms, List.of());
    }

    /**
     * The same with a constant coefficient for each term.
     *
     * @param name         the operation's; its parameters' names begin with it
     * @param terms        at least two
     * @param coefficients as many as terms; none for 1 each
     * @return what leaves it
     */
    public Value sum(String name, List<Value> terms, List<Double> coefficients) {
        return add(Add.of(name, terms, coefficients));
    }

    /**
     * The product of two values or more: of one shape, that of the product, and others of it or, beside images, N,C,1,1
     * or N,1,H,W.
     *
     * @param name    the operation's; its parameters' names begin with it
     * @param factors at least two
     * @return what leaves it
     */
    public Value product(String name, List<Value> factors) {
        return Multiply.of(name, factors).stream().map(this::add).toList().getLast();
    }

    /**
     * The sum of two values or more, of one shape, with learned coefficients {@code NAME.weight}.
     *
     * @param name      the operation's; its parameters' names begin with it
     * @param terms     at least two
     * @param byChannel whether each channel has its own: the parameter is [terms, channels], otherwise [terms]
     * @param start     where each term's coefficients start; none for 1 over the number of terms
     * @param softmax   whether the coefficients are the parameter's softmax over the terms
     * @return what leaves it
     */
    public Value mix(String name, List<Value> terms, boolean byChannel, List<Double> start, boolean softmax) {
        return add(new Mix(name, terms, parameter(Mix.weight(name, terms, byChannel, start)), softmax));
    }

    /**
     * Attention of q, k and v, in this order (arXiv 1706.03762, equation 1): images of one height and width, q and k of
     * the same channels.
     *
     * @param name   the operation's; its parameters' names begin with it
     * @param values three
     * @param heads  how many runs of channels attend, each by itself; divides the channels of all
     * @param window the odd side of the square around a place that it looks at; none for the whole image
     * @param scale  what products are multiplied by; none for 1 over the square root of a head's channels of q
     * @return what leaves it
     */
    public Value attention(String name, List<Value> values, int heads, OptionalInt window, OptionalDouble scale) {
        return add(Attention.of(name, values, heads, window, scale));
    }

    /**
     * That many channels, or features, from channel {@code start} on.
     *
     * @param name  the operation's; its parameters' names begin with it
     * @param x     what arrives
     * @param start from 0
     * @param count at least 1
     * @return what leaves it
     */
    public Value slice(String name, Value x, int start, int count) {
        return add(Slice.of(name, x, start, count));
    }

    /**
     * Images of scale^2 times as many channels to images scale times as high and wide: y[c, h scale + i, w scale + j] =
     * x[c scale^2 + i scale + j, h, w].
     *
     * @param name  the operation's; its parameters' names begin with it
     * @param x     what arrives
     * @param scale at least 1
     * @return what leaves it
     */
    public Value pixelShuffle(String name, Value x, int scale) {
        return add(PixelShuffle.of(name, x, scale));
    }

    /**
     * Two values or more side by side in the channels, in that order; images of one size, or plain features.
     *
     * @param name  the operation's; its parameters' names begin with it
     * @param parts at least two
     * @return what leaves it
     */
    public Value concatenation(String name, List<Value> parts) {
        ShapeChecks.requireSeveral(name, "concat", parts);
        Shape first = parts.getFirst().shape();
        long channels = 0;
        for (Value part : parts) {
            Shape shape = part.shape();
            if (shape.flat() != first.flat() || shape.height() != first.height() || shape.width() != first.width()) {
                throw ShapeChecks.unlike(name, "concat", parts.getFirst(), part, "side by side stand images of one"
                        + " height and width, or features");
            }
            channels += shape.channels();
        }
        ShapeChecks.checkCount(name, channels);
        return add(new Concatenation(name, parts, Value.leftBy(name, first.withChannels((int) channels))));
    }

    /**
     * Ends the network, without a value at which rules combine the tasks' gradients.
     *
     * @param shared as {@link #build(List, Optional)} says
     * @return the network; nothing can be added to it
     */
    public NetworkGraph build(List<String> shared) {
        return build(shared, Optional.empty());
    }

    /**
     * Ends the network.
     *
     * @param shared         the names of the parameters that are GradNorm's W; none for the weight of the last
     *                       convolution or linear layer on which all tasks depend
     * @param representation Z, the value at which rules combine the tasks' gradients
     * @return the network; nothing can be added to it
     */
    public NetworkGraph build(List<String> shared, Optional<Value> representation) {
        confinement.require();
        if (outputs.isEmpty()) {
            throw new UserException("nothing is predicted; a network needs at least one task");
        }
        for (Operation operation : operations) {
            Value left = operation.output();
            if (!read.contains(left) && outputs.values().stream().noneMatch(all -> all.contains(left))) {
                throw new UserException(operation.name() + " leaves what no operation reads and no task predicts:"
                        + " take it out, or use it");
            }
        }
        List<String> tasks = List.copyOf(outputs.keySet());
        Graph graph = written();
        return new NetworkGraph(graph, tasks, shared.isEmpty() ? graph.lastWeightOfAll(tasks.size()).stream().toList()
                : shared.stream().distinct().map(name -> find(graph, name)).toList(), representation);
    }

    private Graph written() {
        List<List<Value>> predicting = List.copyOf(outputs.values());
        return new Graph(input, operations, IntStream.range(0, predicting.size()).boxed().flatMap(task ->
                predicting.get(task).stream().map(value -> new Output(value, task))).toList());
    }

    /**
     * {@return the last of these values through which all paths from the input to the predictions lead, and that is
     * none}
     *
     * @param candidates in the order in which they were put down
     */
    public Optional<Value> meeting(List<Value> candidates) {
        Graph graph = written();
        Set<Value> meetings = graph.meetings();
        return candidates.reversed().stream().filter(value -> value != input && !graph.isOutput(value)
                && meetings.contains(value)).findFirst();
    }

    private static Parameter find(Graph graph, String shared) {
        List<String> names = graph.parameters().stream().map(Parameter::name).toList();
        return graph.parameters().stream().filter(parameter -> parameter.name().equals(shared)).findFirst()
                .orElseThrow(() -> new UserException("model.shared: there is no parameter " + Names.quote(shared) + "."
                + Names.hint(shared, names) + " There are " + Names.list(names)));
    }

    /** The one door by which operations come by their parameters: their own, or those that their block is tied to. */
    private Parameter parameter(Parameter own) {
        return block == null ? own : block.parameter(own);
    }

    /** Whose running statistics a batch norm of that name moves. */
    private Statistics statistics(String name, int channels, float momentum) {
        String module = block == null ? name : block.module(name);
        return new Statistics(module, statisticsUses.merge(module, 1, Integer::sum) - 1, channels, momentum,
                frozenBatchNorms);
    }

    /**
     * A block of operations, to whose parameters another may be {@link #tied}.
     *
     * @param name what the names of the operations that {@code body} puts down begin with, as {@code NAME.0}
     * @param body puts the operations down, and returns what leaves them
     * @return what leaves the block
     */
    public Value block(String name, Supplier<Value> body) {
        return within(BuiltBlock.of(name), body);
    }

    /**
     * A block that uses the parameters and running statistics of another instead of having any: what would be {@code
     * NAME.0.weight} is {@code OWNER.0.weight}. The gradients of all uses add up; running statistics move once for each
     * use, in the order in which these are put down.
     *
     * @param name  of this block
     * @param owner a block before it
     * @param body  puts down operations of the same kinds, and returns what leaves them
     * @return what leaves the block
     * @throws UserException if the two do not have the same kinds of layers with parameters of the same shapes
     */
    public Value tied(String name, String owner, Supplier<Value> body) {
        BuiltBlock other = blocks.get(owner);
        if (other == null) {
            throw new UserException("block " + Names.quote(name) + " has the weights of " + Names.quote(owner)
                    + ", and there is no such block before it." + Names.hint(owner, blocks.keySet()));
        }
        return within(BuiltBlock.tied(name, other), body);
    }

    private Value within(BuiltBlock built, Supplier<Value> body) {
        confinement.require();
        if (block != null) {
            throw new IllegalStateException(built + " stands inside of " + block);
        }
        block = built;
        try {
            Value left = body.get();
            built.end();
            blocks.put(built.name(), built);
            return left;
        } finally {
            block = null;
        }
    }

    private Value add(Operation operation) {
        confinement.require();
        operation.inputs().forEach(value -> requireKnown(operation.name(), value));
        if (!names.add(operation.name())) {
            throw new UserException("two layers are named " + Names.quote(operation.name()) + ", by which their "
                    + "parameters could not be told apart.");
        }
        operation.parameters().forEach(parameter -> requireOneKind(parameter, operation));
        read.addAll(operation.inputs());
        operations.add(operation);
        values.add(operation.output());
        return operation.output();
    }

    private void requireOneKind(Parameter parameter, Operation user) {
        Operation first = firstUsers.putIfAbsent(parameter, user);
        if (first != null && first.getClass() != user.getClass()) {
            throw new UserException(user.name() + " would use " + parameter.name()
                    + ", but is another kind of layer than " + first.name());
        }
    }

    private void requireKnown(String reader, Value value) {
        if (!values.contains(value)) {
            throw new UserException(reader + " is given " + (value == null ? "no value" : value.describe()
                    + ", which another builder made") + ": take one that this builder gave");
        }
    }
}
