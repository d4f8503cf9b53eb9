package io.gimbal.measure;

import io.gimbal.device.Alignment;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceMemory;
import io.gimbal.device.KernelSignature;
import io.gimbal.device.PinnedMemory;
import io.gimbal.device.Precision;
import io.gimbal.device.Stream;
import io.gimbal.device.ThreadConfinement.Call;
import io.gimbal.dnn.ConvolutionPlanner;
import io.gimbal.dnn.DeviceLimits;
import io.gimbal.engine.TrainingStep;
import io.gimbal.program.Buffer;
import io.gimbal.program.Exchanged;
import io.gimbal.program.Instruction;
import io.gimbal.program.Program;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Times the instructions of a program on its own buffers, in two ways: where each stands, in runs of the whole program
 * with an event behind each instruction; and each by itself, repeated in a small graph. For the latter it walks through
 * the program once: each instruction is timed when all before it have run, so that what it reads is there, and what the
 * repeats did to its buffers is undone.
 *
 * <p>Each run is one more step for the device's counters, of which the host knows nothing. Owns its events; close it
 * before the stream. Not thread-safe.
 */
public final class StepProfiler implements AutoCloseable {
    private static final int UPLOADS = 9;
    private static final int ROUNDS = 5;
    private static final int WARM_UP_MILLISECONDS = 300;
    /** Longer than the host takes to put all instructions of a step in. */
    private static final double HEAD_START_SECONDS = 30e-3;
    private static final int MOST_HEAD_STARTS = 100;

    private final Device device;
    private final Stream stream;
    private final Program program;
    private final WorkTimer timer;

    /**
     * Measures where the time of a step goes: the whole step, a batch's upload, and every instruction by itself and
     * where it stands. Waits for the device. The step can only be closed afterwards ({@link TrainingStep#inspected}).
     *
     * @param device where the step is
     * @param step   which is taken apart
     * @param limits what the device can do at best
     * @param source page-locked memory that holds a batch as the step's layout says
     * @param timed  is run after each measurement, of which there are {@link #measurements}
     * @return the times
     * @throws IllegalStateException if the step has not run as often as the device has slots for batches
     */
    public static StepProfile profile(Device device, TrainingStep step, DeviceLimits limits, PinnedMemory source,
            Runnable timed) {
        try (Call _ = step.confinement().enter()) {
            TrainingStep.Inspected parts = step.inspected();
            long bytes = parts.layout().bytes();
            Distribution upload;
            try (WorkTimer timer = new WorkTimer(device, parts.copies())) {
                upload = timer.time(UPLOADS, () -> parts.copies().copyToDevice(parts.slot(), source, 0, bytes));
            }
            try (StepProfiler profiler = new StepProfiler(device, parts.compute(), parts.program())) {
                Distribution whole = profiler.whole();
                List<Double> inOrder = profiler.inOrder(whole.median(), timed);
                List<Double> alone = profiler.alone(timed);
                return new StepProfile(whole, upload, bytes, limits, StepProfile.joined(profiler.pieces(alone, inOrder,
                        parts.planner(), step.model().precision(), limits)));
            }
        }
    }

    /**
     * {@return how many measurements {@link #profile} makes}
     *
     * @param step which would be taken apart
     */
    public static int measurements(TrainingStep step) {
        return ROUNDS + step.instructions();
    }

    /** @param stream the program's */
    StepProfiler(Device device, Stream stream, Program program) {
        this.device = device;
        this.stream = stream;
        this.program = program;
        this.timer = new WorkTimer(device, stream);
    }

    /** The time of the whole program as one graph. */
    Distribution whole() {
        timer.warmUp(WARM_UP_MILLISECONDS, program::launch);
        return timer.time(ROUNDS, program::launch);
    }

    /**
     * The time of each instruction where it stands, the median of some runs. The graph runs before each: while it does,
     * the host puts all the instructions in, so that the device does not wait for any.
     *
     * @param stepSeconds of the whole program
     */
    List<Double> inOrder(double stepSeconds, Runnable timed) {
        int before = (int) Math.clamp(Math.ceil(HEAD_START_SECONDS / stepSeconds), 1, MOST_HEAD_STARTS);
        List<Runnable> works = program.instructions().stream().<Runnable>map(instruction -> () ->
                instruction.enqueue(device, stream)).toList();
        List<List<Double>> rounds = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            for (int launch = 0; launch < before; launch++) {
                program.launch();
            }
            rounds.add(timer.oneBehindTheOther(works));
            timed.run();
        }
        List<Double> medians = new ArrayList<>();
        for (int instruction = 0; instruction < works.size(); instruction++) {
            int place = instruction;
            medians.add(Distribution.of(rounds.stream().map(round -> round.get(place)).toList()).median());
        }
        return medians;
    }

    /** The time of each instruction by itself. */
    List<Double> alone(Runnable timed) {
        List<Double> seconds = new ArrayList<>();
        long most = program.instructions().stream().mapToLong(StepProfiler::bufferBytes).max().orElse(1);
        try (DeviceMemory saved = device.allocate(most)) {
            for (Instruction instruction : program.instructions()) {
                save(instruction, saved);
                seconds.add(repeated(instruction));
                restore(instruction, saved);
                instruction.enqueue(device, stream);
                timed.run();
            }
            stream.synchronize();
        }
        return seconds;
    }

    private double repeated(Instruction instruction) {
        Runnable work = () -> instruction.enqueue(device, stream);
        return timer.captured(ROUNDS, timer.repeats(work), work).median();
    }

    private static Set<Buffer> buffers(Instruction instruction) {
        return new LinkedHashSet<>(instruction.buffers());
    }

    private static long bufferBytes(Instruction instruction) {
        return buffers(instruction).stream().mapToLong(buffer -> Alignment.roundUp(buffer.bytes())).sum();
    }

    private void save(Instruction instruction, DeviceMemory saved) {
        long place = saved.address();
        for (Buffer buffer : buffers(instruction)) {
            copy(place, buffer.address(), buffer.bytes());
            place += Alignment.roundUp(buffer.bytes());
        }
    }

    private void restore(Instruction instruction, DeviceMemory saved) {
        long place = saved.address();
        for (Buffer buffer : buffers(instruction)) {
            copy(buffer.address(), place, buffer.bytes());
            place += Alignment.roundUp(buffer.bytes());
        }
    }

    private void copy(long destination, long source, long bytes) {
        if (bytes > 0) {
            stream.copy(destination, source, bytes);
        }
    }

    /** The instructions with their times, each a piece. */
    List<StepProfile.Piece> pieces(List<Double> alone, List<Double> inOrder, ConvolutionPlanner planner,
            Precision precision, DeviceLimits limits) {
        List<StepProfile.Piece> pieces = new ArrayList<>();
        for (int place = 0; place < program.instructions().size(); place++) {
            Instruction instruction = program.instructions().get(place);
            PlannedStep.Cost cost = CallCost.of(instruction.call(), precision).at(Optional.of(limits));
            List<Integer> places = List.of(place);
            double own = alone.get(place);
            double standing = inOrder.get(place);
            String section = instruction.section();
            pieces.add(switch (instruction.call()) {
                case Instruction.Call.Kernel kernel -> new StepProfile.Piece(section, kernel.name(), shape(kernel),
                        Optional.empty(), OptionalInt.of(kernel.blocks()), places, own, standing, cost);
                case Instruction.Call.Product product -> new StepProfile.Piece(section, "product", shape(product),
                        Optional.empty(), OptionalInt.empty(), places, own, standing, cost);
                case Instruction.Call.Convolved convolved -> new StepProfile.Piece(section,
                        "convolution " + convolved.direction().text(), convolved.geometry().describe(),
                        Optional.of(PlannedStep.convolution(section, convolved, planner, precision)),
                        OptionalInt.empty(), places, own, standing, cost);
                case Instruction.Call.Exchange exchange -> new StepProfile.Piece(section, "exchange",
                        exchange.parts().stream().mapToLong(Exchanged::bytes).sum() + " bytes", Optional.empty(),
                        OptionalInt.empty(), places, own, standing, cost);
                case Instruction.Call.Awaited _ -> new StepProfile.Piece(section, "exchanges awaited", "",
                        Optional.empty(), OptionalInt.empty(), places, own, standing, cost);
            });
        }
        return pieces;
    }

    /** The sizes that it is launched with, by the parameters' names; strides, null pointers and zeros are left out. */
    private static String shape(Instruction.Call.Kernel kernel) {
        List<String> names = KernelSignature.of(kernel.file(), kernel.name()).parameters();
        List<String> sizes = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            Object argument = kernel.arguments().get(i);
            boolean whole = argument instanceof Integer || argument instanceof Long;
            if (whole && ((Number) argument).longValue() != 0 && !names.get(i).endsWith("_stride")) {
                sizes.add(names.get(i) + "=" + argument);
            }
        }
        return String.join(" ", sizes);
    }

    private static String shape(Instruction.Call.Product product) {
        return "%d x %d by %d x %d".formatted(product.rows(), product.inner(), product.inner(), product.columns());
    }

    @Override
    public void close() {
        timer.close();
    }
}
