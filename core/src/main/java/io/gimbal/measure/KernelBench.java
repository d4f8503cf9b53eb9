package io.gimbal.measure;

import io.gimbal.config.UserException;
import io.gimbal.cuda.CudaException;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceMemory;
import io.gimbal.device.Graph;
import io.gimbal.device.KernelCounts;
import io.gimbal.device.KernelResources;
import io.gimbal.device.LoadedKernel;
import io.gimbal.device.NvrtcLibrary;
import io.gimbal.device.Precision;
import io.gimbal.device.RandomMemory;
import io.gimbal.device.Resources;
import io.gimbal.device.SoftDevice;
import io.gimbal.device.Stream;
import io.gimbal.dnn.DeviceDescription;
import io.gimbal.dnn.DeviceLimits;
import io.gimbal.picture.NumberArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * Measures kernels of somebody's own file of CUDA C++, compiled by NVIDIA's NVRTC. On a GPU they are timed. On the
 * software device their PTX is run instruction by instruction, watched for faults and counted, and nothing is timed.
 *
 * <p>Owns a stream, events and what it allocates while it measures; whoever made the device closes it. For one thread.
 * After a fault of a kernel the device takes no further work: close both.
 */
public final class KernelBench implements AutoCloseable {
    private static final String DESCRIBED = "h200";
    private static final int ROUNDS = 9;
    private static final int WARM_UP_MILLISECONDS = 200;
    /** What is written to push all else out of the caches: twice what an H200's second cache holds. */
    private static final long FLUSHED_BYTES = 128L << 20;

    private final Device device;
    private final NvrtcLibrary nvrtc;
    private final Settings settings;
    private final boolean timed;
    private final WorkTimer timer;

    /**
     * How it is measured.
     *
     * @param seed             of random arguments: argument k, counted from 0, takes it plus k
     * @param mostInstructions of warps that an interpreted launch may execute, since it may never end; 0 for no bound
     * @param bytes            that a launch moves, for the rates; empty for what is counted, or on a GPU for all
     *                         arrays, each once for what it holds before and once where it is an output
     * @param tolerance        of checks; empty for that of each output's type: 1e-5 of float and double, 2e-3 of half,
     *                         2e-2 of bf16, and 0 of whole numbers
     */
    public record Settings(long seed, long mostInstructions, OptionalLong bytes, OptionalDouble tolerance) {
        /** Seed 1, at most a thousand million instructions, and the rest by the arguments. */
        public static final Settings USUAL = new Settings(1, 1_000_000_000, OptionalLong.empty(),
                OptionalDouble.empty());
    }

    /**
     * Two kernels on the same arguments.
     *
     * @param own    the first; its checks are of its outputs beside the other's
     * @param other  the second
     */
    public record Pair(MeasuredKernel own, MeasuredKernel other) {
        /** {@return the other's time with cold caches over the first's; NaN where nothing was timed} */
        public double ratio() {
            return own.times().isEmpty() ? Double.NaN : other.times().orElseThrow().cold().median()
                    / own.times().get().cold().median();
        }
    }

    /**
     * Takes the device for its measurements, until it is closed.
     *
     * @param device   a GPU or the software device
     * @param nvrtc    compiles, with or without a GPU
     * @param settings how it measures
     */
    public KernelBench(Device device, NvrtcLibrary nvrtc, Settings settings) {
        this(device, nvrtc, settings, !device.soft());
    }

    /** @param timed whether launches are timed, which says nothing where they are interpreted */
    KernelBench(Device device, NvrtcLibrary nvrtc, Settings settings, boolean timed) {
        this.device = device;
        this.nvrtc = nvrtc;
        this.settings = settings;
        this.timed = timed;
        timer = new WorkTimer(device);
    }

    /** {@return what kernels are compiled for: the GPU at hand, or an H200} */
    public String architecture() {
        return device.soft() ? KernelCounter.ARCHITECTURE : device.architecture();
    }

    /** {@return one line: the device, and for what and by what kernels are compiled} */
    public String describe() {
        return device.describe() + "; kernels for " + architecture() + " by NVRTC " + nvrtc.compiler().version();
    }

    /**
     * Compiles a file.
     *
     * @param file which is compiled
     * @return what came of it
     * @throws UserException         with the compiler's log if it does not compile
     * @throws IllegalStateException if there is no NVRTC, with every place where it was looked for
     */
    public CompiledFile compile(CudaFile file) {
        return file.compile(nvrtc, architecture());
    }

    /**
     * Measures a launch.
     *
     * @param kernel    which is launched
     * @param arguments one for each parameter
     * @param launch    how
     * @param due       what the outputs should be, each in its order; none for no check
     * @return its figures
     * @throws UserException if the arguments or the launch are not the kernel's, an array of {@code due} is not of its
     *                       output's shape, or the kernel does what a GPU would not do, or not always the same way: a
     *                       race, an access out of its place, an instruction that is not known; names the line
     */
    public MeasuredKernel measure(CompiledKernel kernel, List<KernelArgument> arguments, KernelLaunch launch,
            List<NumberArray> due) {
        List<KernelArgument.Array> outputs = KernelMemory.outputs(arguments);
        requireDue(outputs, due);
        return measure(List.of(kernel), arguments, launch, memories -> IntStream.range(0, due.size()).mapToObj(k ->
                check(outputs, k, memories.getFirst(), OutputNumbers.of(due.get(k)))).toList()).getFirst();
    }

    /**
     * Measures two kernels on the same arguments, by the same launch; on a GPU in turn.
     *
     * @param own       one kernel
     * @param other     the other
     * @param arguments one for each parameter of both
     * @param launch    how
     * @return the figures of both
     * @throws UserException as {@link #measure} does, or where there is no output to compare
     */
    public Pair compare(CompiledKernel own, CompiledKernel other, List<KernelArgument> arguments,
            KernelLaunch launch) {
        List<KernelArgument.Array> outputs = KernelMemory.outputs(arguments);
        if (outputs.isEmpty()) {
            throw new UserException("Nothing can be compared: no argument is an output. Write out in front of those "
                    + "that the kernels write.");
        }
        List<MeasuredKernel> both = measure(List.of(own, other), arguments, launch, memories -> IntStream.range(0,
                outputs.size()).mapToObj(k -> check(outputs, k, memories.getFirst(),
                memories.get(1).output(k))).toList());
        return new Pair(both.getFirst(), both.get(1));
    }

    private static void requireDue(List<KernelArgument.Array> outputs, List<NumberArray> due) {
        if (!due.isEmpty() && due.size() != outputs.size()) {
            throw new UserException(due.size() + (due.size() == 1 ? " array is" : " arrays are")
                    + " given to check by, and "
                    + outputs.size() + " arguments are outputs; give one for each, in their order.");
        }
        for (int k = 0; k < due.size(); k++) {
            KernelArgument.Array output = outputs.get(k);
            boolean like = output.type().real() ? due.get(k).type().real()
                    : due.get(k).type() == output.type().stored();
            if (!due.get(k).shape().equals(output.shape()) || !like) {
                throw new UserException("Output " + (k + 1) + ", " + output + ", cannot be checked by an array of "
                        + due.get(k).type() + " of the shape " + due.get(k).shape() + ": it must have the same shape, "
                        + "and numbers of " + (output.type().real() ? "a type with a fraction" : output.type().stored())
                        + ".");
            }
        }
    }

    private OutputCheck check(List<KernelArgument.Array> outputs, int k, KernelMemory memory,
            OutputNumbers due) {
        KernelArgument.Array output = outputs.get(k);
        return OutputCheck.of(k + 1, output.count(), settings.tolerance().orElse(output.type().tolerance()),
                output.type().real(), memory.output(k), due);
    }

    private interface Checking {
        /** @param memories of each kernel, behind its first launch */
        List<OutputCheck> of(List<KernelMemory> memories);
    }

    private List<MeasuredKernel> measure(List<CompiledKernel> kernels, List<KernelArgument> arguments,
            KernelLaunch launch, Checking checking) {
        for (CompiledKernel kernel : kernels) {
            kernel.requireArguments(arguments);
            kernel.requireLaunch(launch);
        }
        Resources made = new Resources();
        try {
            List<LoadedKernel> loaded = new ArrayList<>();
            List<KernelMemory> memories = new ArrayList<>();
            List<Optional<KernelCounts>> counts = new ArrayList<>();
            for (CompiledKernel kernel : kernels) {
                loaded.add(made.keep(load(kernel)));
                memories.add(made.keep(new KernelMemory(device, arguments, settings.seed())));
                counts.add(launchOnce(kernel, loaded.getLast(), launch, memories.getLast()));
            }
            List<OutputCheck> checks = checking.of(memories);
            List<MeasuredKernel.Times> times = timed ? time(loaded, launch, memories) : List.of();
            List<MeasuredKernel> measured = new ArrayList<>();
            for (int k = 0; k < kernels.size(); k++) {
                measured.add(result(kernels.get(k), loaded.get(k), arguments, launch, counts.get(k),
                        k < times.size() ? Optional.of(times.get(k)) : Optional.empty(), k == 0 ? checks : List.of()));
            }
            made.close();
            return measured;
        } catch (RuntimeException | Error failure) {
            made.closeAfter(failure);
            throw failure;
        }
    }

    private LoadedKernel load(CompiledKernel kernel) {
        try {
            return LoadedKernel.load(device, device.soft() ? kernel.ptx() : kernel.cubin(), kernel.name());
        } catch (CudaException refused) {
            throw fault(kernel, refused);
        }
    }

    private Optional<KernelCounts> launchOnce(CompiledKernel kernel, LoadedKernel loaded, KernelLaunch launch,
            KernelMemory memory) {
        Optional<SoftDevice> soft = device.softDevice();
        try {
            soft.ifPresent(switches -> {
                switches.mostInstructions(settings.mostInstructions());
                switches.count(true);
            });
            launch(loaded, launch, memory);
            timer.stream().synchronize();
            return soft.flatMap(switches -> switches.counts().stream().filter(counts -> counts.kernel().equals(
                    kernel.name())).findFirst());
        } catch (CudaException failure) {
            throw fault(kernel, failure);
        } finally {
            soft.ifPresent(switches -> {
                switches.count(false);
                switches.mostInstructions(0);
            });
        }
    }

    private void launch(LoadedKernel loaded, KernelLaunch launch, KernelMemory memory) {
        loaded.launch(timer.stream(), launch.grid(), launch.block(), launch.sharedBytes(), memory.arguments());
    }

    /** What a kernel did wrong, as the device tells it. */
    private RuntimeException fault(CompiledKernel kernel, CudaException failure) {
        String told = device.softDevice().map(SoftDevice::lastMessage).filter(message -> !message.isEmpty())
                .orElse(failure.getMessage());
        String raise = told.contains("a launch that does not end") ? " Should it end, allow it more instructions." : "";
        return new UserException(kernel.file().path() + ": " + told + "." + raise, failure);
    }

    private List<MeasuredKernel.Times> time(List<LoadedKernel> loaded, KernelLaunch launch,
            List<KernelMemory> memories) {
        List<Runnable> works = new ArrayList<>();
        for (int k = 0; k < loaded.size(); k++) {
            LoadedKernel kernel = loaded.get(k);
            KernelMemory memory = memories.get(k);
            works.add(() -> launch(kernel, launch, memory));
        }
        works.forEach(work -> timer.warmUp(WARM_UP_MILLISECONDS, work));
        List<Distribution> cold = cold(works);
        List<Distribution> warm = warm(works);
        return IntStream.range(0, works.size()).mapToObj(k -> new MeasuredKernel.Times(cold.get(k), warm.get(k)))
                .toList();
    }

    /** Each behind what fills the caches, which is not timed with it. */
    private List<Distribution> cold(List<Runnable> works) {
        Stream stream = timer.stream();
        try (DeviceMemory other = device.allocate(FLUSHED_BYTES)) {
            RandomMemory.fill(device, stream, other.address(), FLUSHED_BYTES, Precision.FLOAT32);
            List<Runnable> flushed = new ArrayList<>();
            for (Runnable work : works) {
                flushed.add(() -> stream.copy(other.address(), other.address() + FLUSHED_BYTES / 2, FLUSHED_BYTES / 2));
                flushed.add(work);
            }
            List<Distribution> all = timer.inTurn(ROUNDS, flushed);
            return IntStream.range(0, works.size()).mapToObj(k -> all.get(2 * k + 1)).toList();
        }
    }

    /** Graphs of many launches, so that a start does not count. */
    private List<Distribution> warm(List<Runnable> works) {
        Resources graphs = new Resources();
        try {
            List<Integer> repeats = new ArrayList<>();
            List<Runnable> repeated = new ArrayList<>();
            for (Runnable work : works) {
                repeats.add(timer.repeats(work));
                Graph graph = graphs.keep(timer.capture(repeats.getLast(), work));
                repeated.add(() -> timer.stream().launch(graph));
            }
            List<Distribution> all = timer.inTurn(ROUNDS, repeated);
            return IntStream.range(0, works.size()).mapToObj(k -> all.get(k).over(repeats.get(k))).toList();
        } finally {
            graphs.close();
        }
    }

    private MeasuredKernel result(CompiledKernel kernel, LoadedKernel loaded, List<KernelArgument> arguments,
            KernelLaunch launch, Optional<KernelCounts> counts, Optional<MeasuredKernel.Times> times,
            List<OutputCheck> checks) {
        KernelResources said = kernel.resources();
        KernelResources needs = device.soft() ? said : new KernelResources(loaded.registers(), loaded.localBytes(),
                said.spillBytes(), loaded.sharedBytes());
        OptionalInt resident = KernelResources.knows(kernel.architecture())
                ? OptionalInt.of(kernel.resident(launch)) : OptionalInt.empty();
        long bytes = settings.bytes().orElseGet(() -> counts.map(KernelCounts::bytes).orElseGet(() ->
                bytes(arguments)));
        return new MeasuredKernel(kernel.name(), kernel.place(), launch, needs, resident, bytes, counts,
                counts.map(did -> least(did, launch)), times, checks, KernelFindings.of(kernel, needs, counts));
    }

    private static long bytes(List<KernelArgument> arguments) {
        long bytes = 0;
        for (KernelArgument argument : arguments) {
            if (argument instanceof KernelArgument.Array array) {
                boolean read = !(array.fill() instanceof KernelArgument.Fill.Unwritten);
                bytes += ((read ? 1 : 0) + (array.output() ? 1 : 0)) * array.bytes();
            }
        }
        return bytes;
    }

    private static MeasuredKernel.Least least(KernelCounts counts, KernelLaunch launch) {
        DeviceLimits limits = DeviceDescription.read(DESCRIBED).limits().orElseThrow();
        int blocks = (int) Math.min(launch.grid().count(), Integer.MAX_VALUE);
        CallCost cost = new CallCost(0, counts.bytes(), Precision.FLOAT32, Optional.of(new CallCost.Counted(blocks,
                counts.movedBytes(), counts.sum(KernelCounts.Line::sectorsLoaded),
                counts.sum(KernelCounts.Line::sectorsStored), counts.warpInstructions())));
        return new MeasuredKernel.Least(cost.at(Optional.of(limits)).seconds(), cost.binding(limits));
    }

    @Override
    public void close() {
        timer.close();
    }
}
