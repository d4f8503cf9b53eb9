package io.gimbal.program;

import io.gimbal.cuda.Blas;
import io.gimbal.cuda.Collectives.Element;
import io.gimbal.device.Device;
import io.gimbal.device.Precision;
import io.gimbal.device.Stream;
import io.gimbal.dnn.ConvolutionDirection;
import io.gimbal.dnn.ConvolutionGeometry;
import io.gimbal.dnn.ConvolutionPlan;
import io.gimbal.dnn.ConvolutionPlanner;
import io.gimbal.program.Instruction.Call.Exchange.Kind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Writes a program, instruction by instruction, over buffers that have no address yet. Until {@link #build} there need
 * be no device: what a step would do can be written, and counted, for one that is elsewhere. Not thread-safe.
 *
 * <p>Kernel arguments are a {@link Region} (a device pointer), {@link Integer}, {@link Long}, {@link Float}, {@link
 * Double}, or {@link #NULL}.
 */
public final class ProgramBuilder {
    /** The null pointer as a kernel argument. */
    public static final Object NULL = 0L;

    /**
     * {@return the region, or the null pointer, as a kernel argument}
     *
     * @param region may be empty
     */
    public static Object orNull(Optional<Region> region) {
        return region.isPresent() ? region.get() : NULL;
    }

    private static final int ELEMENTS_A_BLOCK = 2048;
    /**
     * Eight blocks for each of the 132 multiprocessors of an H200; a block walks its range, so that more would only add
     * partial sums.
     */
    private static final int MOST_BLOCKS = 1056;
    private static final int ELEMENTS_A_REDUCING_BLOCK = 8192;
    private static final int MOST_REDUCING_BLOCKS = 528;
    /** {@code FINISH_COLUMNS} in {@code common.cuh}. */
    private static final int COLUMNS_A_FINISHING_BLOCK = 8;
    /** What cuBLAS asks for on Hopper. */
    private static final long BLAS_WORKSPACE_BYTES = 32L << 20;

    private record KernelName(String file, String name) {}

    private final ConvolutionPlanner convolutions;
    private final Precision precision;
    private final Peers peers;
    private final Set<Buffer> beside = new LinkedHashSet<>();
    private final List<Instruction> instructions = new ArrayList<>();
    private final Set<Buffer> planned = new HashSet<>();
    private final Set<KernelName> kernels = new LinkedHashSet<>();
    private String section = "";

    /**
     * Begins a program without instructions.
     *
     * @param convolutions plans each convolution for the device that the program is for
     * @param precision    of activations and products
     */
    public ProgramBuilder(ConvolutionPlanner convolutions, Precision precision) {
        this(convolutions, precision, Peers.NONE);
    }

    /**
     * Begins a program without instructions, which several ranks run together.
     *
     * @param convolutions plans each convolution for the device that the program is for
     * @param precision    of activations and products
     * @param peers        the ranks
     */
    public ProgramBuilder(ConvolutionPlanner convolutions, Precision precision, Peers peers) {
        this.convolutions = convolutions;
        this.precision = precision;
        this.peers = peers;
    }

    /** {@return the ranks that run it} */
    public Peers peers() {
        return peers;
    }

    /** {@return what activations are in memory, and what products are computed in} */
    public Precision precision() {
        return precision;
    }

    /**
     * {@return how many blocks of threads work on that many elements}
     *
     * @param elements at least 1
     */
    public static int blocks(long elements) {
        return Math.clamp((elements + ELEMENTS_A_BLOCK - 1) / ELEMENTS_A_BLOCK, 1, MOST_BLOCKS);
    }

    /**
     * {@return how many blocks work on that many items, each of which takes a block}
     *
     * @param items at least 1
     */
    public static int itemBlocks(long items) {
        return Math.clamp(items, 1, MOST_BLOCKS);
    }

    /**
     * {@return how many blocks leave partial sums of that many elements: fewer, since one block adds the partial sums
     * up}
     *
     * @param elements at least 1
     */
    public static int reductionBlocks(long elements) {
        return Math.clamp((elements + ELEMENTS_A_REDUCING_BLOCK - 1) / ELEMENTS_A_REDUCING_BLOCK, 1,
                MOST_REDUCING_BLOCKS);
    }

    /**
     * {@return how many blocks add up partial sums of so many columns: each takes a few of them, one beside the other}
     *
     * @param columns at least 1
     */
    public static int finishBlocks(long columns) {
        return Math.clamp((columns + COLUMNS_A_FINISHING_BLOCK - 1) / COLUMNS_A_FINISHING_BLOCK, 1, MOST_BLOCKS);
    }

    /**
     * A buffer of the arena for that many 32-bit words.
     *
     * @param name  for messages and listings
     * @param count of words
     * @return its start
     */
    public Region floats(String name, long count) {
        return bytes(name, count * Float.BYTES);
    }

    /**
     * A buffer of the arena for that many elements of activations or their cotangents.
     *
     * @param name  for messages and listings
     * @param count of elements
     * @return its start
     */
    public Region elements(String name, long count) {
        return bytes(name, count * precision.bytes());
    }

    /**
     * {@return the place {@code count} elements of an activation further on}
     *
     * @param region where an activation lies
     * @param count  may be 0
     */
    public Region element(Region region, long count) {
        return region.plusBytes(count * precision.bytes());
    }

    /**
     * A buffer of the arena.
     *
     * @param name  for messages and listings
     * @param count of bytes
     * @return its start
     */
    public Region bytes(String name, long count) {
        Buffer buffer = Buffer.planned(name, count);
        planned.add(buffer);
        return buffer.region();
    }

    /**
     * Launches a kernel of {@code kernels/FILE.cu} with that many blocks.
     *
     * @param file       the subject, such as "elementwise"
     * @param kernelName the kernel's
     * @param blocks     how many
     * @param arguments  one for each parameter: a {@link Region} or its null, or a number
     */
    public void launch(String file, String kernelName, int blocks, Object... arguments) {
        kernels.add(new KernelName(file, kernelName));
        List<Buffer> touched = new ArrayList<>();
        for (Object argument : arguments) {
            if (argument instanceof Region region) {
                touched.add(region.buffer());
            }
        }
        add(touched, new Instruction.Call.Kernel(file, kernelName, blocks, List.of(arguments)), (device, stream) ->
                device.kernel(file, kernelName).launch(stream, blocks, resolve(arguments)));
    }

    /**
     * Launches the kernel of a pair that is for this program's activations: {@code kernelName} or its bf16 twin.
     *
     * @param file       the subject, such as "elementwise"
     * @param kernelName the kernel's
     * @param blocks     how many
     * @param arguments  one for each parameter: a {@link Region} or its null, or a number
     */
    public void launchPair(String file, String kernelName, int blocks, Object... arguments) {
        launch(file, precision.kernel(kernelName), blocks, arguments);
    }

    /**
     * Copies that many channels of each place; either side may be a slice of a wider tensor.
     *
     * @param from     where they stand
     * @param to       where they go
     * @param places   how many
     * @param channels how many of each
     */
    public void copy(View from, View to, long places, int channels) {
        launchPair("elementwise", "sum_tasks", blocks(places * channels), from.region(), to.region(), places, channels,
                1, 0L, (long) from.pitch(), (long) to.pitch());
    }

    /**
     * y = convolution of x with the filter.
     *
     * @param geometry its shapes
     * @param x        images
     * @param filter   filters
     * @param y        is written
     */
    public void convolutionForward(ConvolutionGeometry geometry, Region x, Region filter, Region y) {
        convolve(ConvolutionDirection.FORWARD, geometry, x, filter, y);
    }

    /**
     * dx from dy and the filter.
     *
     * @param geometry its shapes
     * @param dx       is written
     * @param filter   filters
     * @param dy       the output's cotangent
     */
    public void convolutionBackwardData(ConvolutionGeometry geometry, Region dx, Region filter, Region dy) {
        convolve(ConvolutionDirection.BACKWARD_DATA, geometry, dx, filter, dy);
    }

    /**
     * The filter's gradient from x and dy.
     *
     * @param geometry       its shapes
     * @param x              images
     * @param filterGradient is written
     * @param dy             the output's cotangent
     */
    public void convolutionBackwardFilter(ConvolutionGeometry geometry, Region x, Region filterGradient, Region dy) {
        convolve(ConvolutionDirection.BACKWARD_FILTER, geometry, x, filterGradient, dy);
    }

    private void convolve(ConvolutionDirection direction, ConvolutionGeometry geometry, Region x, Region filter,
            Region y) {
        ConvolutionPlan plan = convolutions.plan(direction, geometry);
        List<Buffer> touched = new ArrayList<>(List.of(x.buffer(), filter.buffer(), y.buffer()));
        Region workspace = plan.workspaceBytes() == 0 ? null : bytes("workspace", plan.workspaceBytes());
        if (workspace != null) {
            touched.add(workspace.buffer());
        }
        add(touched, new Instruction.Call.Convolved(direction, geometry, plan, x, filter, y), (device, stream) ->
                plan.enqueue(device, stream, x.address(), filter.address(), y.address(),
                        workspace == null ? 0 : workspace.address()));
    }

    /**
     * Row-major C [rows, columns] = op(A) op(B), the inner dimension {@code inner}; {@code transposeA} says that A lies
     * as [inner, rows], {@code transposeB} that B lies as [columns, inner].
     *
     * @param transposeA whether A lies transposed
     * @param transposeB whether B lies transposed
     * @param rows       of C
     * @param columns    of C
     * @param inner      the dimension that is summed over
     * @param a          where A lies
     * @param b          where B lies
     * @param c          is written
     * @param floats     whether C is float32 even where A and B are not
     */
    public void multiply(boolean transposeA, boolean transposeB, int rows, int columns, int inner, Region a, Region b,
            Region c, boolean floats) {
        Blas.Product product = switch (precision) {
            case FLOAT32 -> Blas.Product.FLOAT32;
            case TF32 -> Blas.Product.TF32;
            case BF16 -> floats ? Blas.Product.BF16_TO_FLOAT32 : Blas.Product.BF16;
        };
        int strideA = transposeA ? rows : inner;
        int strideB = transposeB ? inner : columns;
        Region workspace = bytes("workspace", BLAS_WORKSPACE_BYTES);
        // cuBLAS is column-major: the row-major product is its product of the swapped operands.
        List<Buffer> touched = List.of(a.buffer(), b.buffer(), c.buffer(), workspace.buffer());
        add(touched, new Instruction.Call.Product(transposeA, transposeB, rows, columns, inner, a, b, c, floats),
                (device, stream) -> {
            // Without a workspace of ours cuBLAS would allocate one inside the graph.
            device.blas().setWorkspace(stream.blasHandle(), workspace.address(), BLAS_WORKSPACE_BYTES);
            device.blas().gemm(stream.blasHandle(), product, transposeB, transposeA, columns, rows, inner, 1,
                    b.address(), strideB, a.address(), strideA, 0, c.address(), columns);
        });
    }

    /**
     * Adds up over the ranks, in place. One rank alone has its sum.
     *
     * @param region  of the first element
     * @param count   how many
     * @param element what they are
     */
    public void sumOverRanks(Region region, long count, Element element) {
        exchange(Kind.SUM, List.of(new Exchanged(region, count, element)), false);
    }

    /**
     * The same, of several at once.
     *
     * @param parts what is added up, each by itself
     */
    public void sumOverRanks(List<Exchanged> parts) {
        exchange(Kind.SUM, parts, false);
    }

    /**
     * The same, while later work goes on: up to {@link #awaitRanks}, which must follow, nothing may touch the parts.
     *
     * @param parts what is added up, each by itself
     */
    public void sumOverRanksBeside(List<Exchanged> parts) {
        exchange(Kind.SUM, parts, true);
    }

    /**
     * Puts the mean over the ranks in place of each rank's floats.
     *
     * @param region of the first
     * @param count  how many
     */
    public void averageOverRanks(Region region, long count) {
        exchange(Kind.AVERAGE, List.of(new Exchanged(region, count, Element.FLOAT32)), false);
    }

    /**
     * Gathers floats of all ranks, where each has written its own.
     *
     * @param region [ranks][count]
     * @param count  of a rank
     */
    public void gatherFromRanks(Region region, long count) {
        exchange(Kind.GATHER, List.of(new Exchanged(region, count, Element.FLOAT32)), false);
    }

    private void exchange(Kind kind, List<Exchanged> parts, boolean goesOn) {
        if (peers.alone() || parts.isEmpty()) {
            return;
        }
        Instruction.Call.Exchange exchange = new Instruction.Call.Exchange(kind, List.copyOf(parts), goesOn);
        List<Buffer> touched = parts.stream().map(part -> part.region().buffer()).distinct().toList();
        add(touched, exchange, (_, stream) -> peers.put(exchange, stream));
        if (goesOn) {
            beside.addAll(touched);
        }
    }

    /** Lets later work wait for what the ranks exchange beside it. */
    public void awaitRanks() {
        if (!beside.isEmpty()) {
            add(List.copyOf(beside), new Instruction.Call.Awaited(), (_, stream) -> peers.await(stream));
            beside.clear();
        }
    }

    private static Object[] resolve(Object[] arguments) {
        Object[] resolved = arguments.clone();
        for (int i = 0; i < resolved.length; i++) {
            if (resolved[i] instanceof Region region) {
                resolved[i] = region.address();
            }
        }
        return resolved;
    }

    private void add(List<Buffer> buffers, Instruction.Call call, Instruction.Work work) {
        instructions.add(new Instruction(section, List.copyOf(buffers), call, work));
    }

    /**
     * Names the part of the step that the next instructions belong to.
     *
     * @param newSection such as "losses"
     */
    public void begin(String newSection) {
        section = newSection;
    }

    /** {@return what was written so far, in order} */
    public List<Instruction> instructions() {
        return List.copyOf(instructions);
    }

    /** {@return where the buffers of the arena would lie} */
    public MemoryPlan memory() {
        return new MemoryPlan(instructions, planned);
    }

    /**
     * Ends the program on a device: compiles its kernels, plans and allocates its memory, captures the graph.
     *
     * @param device on which it runs
     * @param stream of the device in which it runs
     * @return the program, to be closed
     */
    public Program build(Device device, Stream stream) {
        return build(device, stream, Optional.empty());
    }

    /**
     * The same.
     *
     * @param device on which it runs
     * @param stream of the device in which it runs
     * @param beside a program of the same stream that outlives this one; both work in one arena where that is large
     *               enough, since no two programs of a stream run at once
     * @return the program, to be closed
     */
    public Program build(Device device, Stream stream, Optional<Program> beside) {
        // While a stream is captured nothing may be loaded.
        kernels.forEach(kernel -> device.kernel(kernel.file(), kernel.name()));
        return new Program(device, stream, instructions, planned, beside);
    }
}
