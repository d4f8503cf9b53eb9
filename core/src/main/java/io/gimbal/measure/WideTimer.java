package io.gimbal.measure;

import io.gimbal.device.Alignment;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceMemory;
import io.gimbal.device.Precision;
import io.gimbal.device.RandomMemory;
import io.gimbal.device.Resources;
import io.gimbal.device.ThreadConfinement.Call;
import io.gimbal.device.ThreadConfinement;
import io.gimbal.dnn.ConvolutionGeometry;
import io.gimbal.dnn.ConvolutionPlanner;
import io.gimbal.dnn.TimedPlanner;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.engine.StepPlan;
import io.gimbal.graph.Graph;
import io.gimbal.graph.Learned;
import io.gimbal.graph.Measurement;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Parameter;
import io.gimbal.graph.Pitches;
import io.gimbal.graph.Rows;
import io.gimbal.graph.Tasks;
import io.gimbal.graph.operation.Convolution;
import io.gimbal.graph.operation.SideBySide;
import io.gimbal.graph.operation.TransposedConvolution;
import io.gimbal.measure.WideComparison.Side;
import io.gimbal.measure.WideComparison.Subject;
import io.gimbal.program.Buffer;
import io.gimbal.program.Instruction;
import io.gimbal.program.Program;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import io.gimbal.program.View;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Times what a step does once for all its tasks against the same for each task by itself: each a small program over
 * memory of its own with random values, the two in turn, each convolution by the engine that the planner takes for it.
 * Owns its plans, stream and events; closing the device closes it. For one thread, and refuses others by name
 * ({@link ThreadConfinement}).
 */
public final class WideTimer implements AutoCloseable {
    private static final int ROUNDS = 9;
    private static final int WARM_UP_MILLISECONDS = 300;

    private final Device device;
    private final Precision precision;
    private final Runnable compared;
    private final Resources resources = new Resources();
    private final ThreadConfinement confinement;
    private final ConvolutionPlanner planner;
    private final WorkTimer timer;

    /**
     * For a device and a precision.
     *
     * @param device    where it runs
     * @param precision of the step
     * @param planned   is run after each convolution is planned
     * @param compared  is run after each comparison
     */
    public WideTimer(Device device, Precision precision, Runnable planned, Runnable compared) {
        this.device = device;
        this.precision = precision;
        this.compared = compared;
        this.confinement = new ThreadConfinement(device, "the timer of what is done at once", resources::close);
        try {
            timer = resources.keep(new WorkTimer(device));
            planner = resources.keep(new TimedPlanner(device, timer.stream(), precision)).telling(planned);
        } catch (RuntimeException | Error failure) {
            confinement.closeAfter(failure);
            throw failure;
        }
    }

    /**
     * Compares everything that the step does at once.
     *
     * @param plan of the step
     * @return what was compared
     */
    public WideComparison.All compare(StepPlan plan) {
        try (Call _ = confinement.enter()) {
            NetworkGraph graph = plan.graph();
            if (graph.tasks().size() < 2) {
                return new WideComparison.All(List.of(), List.of("there is one task: nothing is done for several at"
                        + " once"));
            }
            List<WideComparison> comparisons = new ArrayList<>();
            List<String> absent = new ArrayList<>();
            Pitches pitches = graph.pitches(precision);
            Graph operations = graph.forTraining(plan.measurement());
            Optional<SideBySide> heads = operations.operations().stream().filter(SideBySide.class::isInstance)
                    .map(SideBySide.class::cast).findFirst();
            if (plan.measures()) {
                plan.graph().shared().forEach(shared -> sharedGradient(plan, operations, pitches, shared, heads,
                        comparisons, absent));
            } else {
                absent.add(Subject.SHARED_GRADIENT.text() + ": the balancing asks for no norms, so there is one"
                        + " gradient, of the sum");
            }
            heads.ifPresentOrElse(wide -> heads(plan, operations, pitches, wide, comparisons), () -> absent.add(
                    "the heads' first convolutions: they do not run as one, since the heads do not all start with"
                    + " convolutions that are alike"));
            return new WideComparison.All(comparisons, absent);
        }
    }

    private void sharedGradient(StepPlan plan, Graph graph, Pitches pitches, Parameter shared,
            Optional<SideBySide> heads, List<WideComparison> comparisons, List<String> absent) {
        int tasks = plan.graph().tasks().size();
        Operation owner = graph.users(shared).getFirst();
        switch (owner) {
            case Convolution convolution when convolution.grouped() -> absent.add(Subject.SHARED_GRADIENT.text()
                    + ": W is " + shared.name() + " of a convolution in groups, whose gradients are taken a task at a"
                    + " time");
            case Convolution convolution when convolution.weight() == shared -> comparisons.add(heads
                    .filter(wide -> ownerBefore(plan, graph, wide).filter(convolution::equals).isPresent())
                    .map(wide -> byHeadsChannels(pitches, convolution, wide))
                    .orElseGet(() -> stacked(pitches, convolution, tasks)));
            case TransposedConvolution transposed when transposed.weight() == shared ->
                    comparisons.add(stacked(pitches, transposed, tasks));
            default -> absent.add(Subject.SHARED_GRADIENT.text() + ": W is " + shared.name() + " of a "
                    + PlannedStep.kind(owner) + " layer, no filter of a convolution");
        }
    }

    private static Optional<Convolution> ownerBefore(StepPlan plan, Graph graph, SideBySide heads) {
        Measurement measurement = plan.measurement();
        return heads.ownerBefore(graph, Rows.of(graph, Tasks.of(graph), measurement), measurement);
    }

    private WideComparison stacked(Pitches pitches, Convolution convolution, int tasks) {
        ConvolutionGeometry single = convolution.stored(pitches);
        ConvolutionGeometry wide = single.withOut(single.out() * tasks);
        return compare(Subject.SHARED_GRADIENT, "one filter gradient with " + tasks + " x " + single.out() + " outputs",
                tasks, scratch -> backwardFilter(scratch, wide, scratch.x(wide)), scratch -> {
                    Region x = scratch.x(single);
                    for (int task = 0; task < tasks; task++) {
                        backwardFilter(scratch, single, x);
                    }
                });
    }

    /** The filters of a transposed convolution lie mirrored: the tasks stand on the side of x. */
    private WideComparison stacked(Pitches pitches, TransposedConvolution transposed, int tasks) {
        ConvolutionGeometry single = transposed.mirrored(pitches);
        int out = single.in();
        ConvolutionGeometry wide = single.withIn(out * tasks);
        long each = single.filterElements();
        return compare(Subject.SHARED_GRADIENT, "one filter gradient with " + tasks + " x " + out
                + " outputs, then put apart", tasks, scratch -> {
                    Region gradients = scratch.w(wide);
                    scratch.builder.convolutionBackwardFilter(wide, scratch.x(wide), gradients, scratch.y(wide));
                    for (int task = 0; task < tasks; task++) {
                        scratch.builder.copy(new View(scratch.builder.element(gradients, (long) out * task),
                                out * tasks), new View(scratch.w(single), out), each / out, out);
                    }
                }, scratch -> {
                    Region y = scratch.y(single);
                    for (int task = 0; task < tasks; task++) {
                        scratch.builder.convolutionBackwardFilter(single, scratch.x(single), scratch.w(single), y);
                    }
                });
    }

    /** Where linear heads stand right behind W: G_i = V_i^T H_i, as {@link SideBySide} says. */
    private WideComparison byHeadsChannels(Pitches pitches, Convolution last, SideBySide heads) {
        ConvolutionGeometry single = last.stored(pitches);
        ConvolutionGeometry narrow = single.withOut(heads.wide(pitches).out());
        int columns = Math.toIntExact(single.filterElements() / single.out());
        int tasks = heads.convolutions().size();
        return compare(Subject.SHARED_GRADIENT, "one filter gradient with the heads' " + narrow.out()
                + " outputs, and a product a task", tasks, scratch -> {
                    Region h = scratch.w(narrow);
                    scratch.builder.convolutionBackwardFilter(narrow, scratch.x(narrow), h, scratch.y(narrow));
                    long row = 0;
                    for (Convolution head : heads.convolutions()) {
                        int channels = pitches.of(head.output());
                        scratch.builder.multiply(true, false, single.out(), columns, channels,
                                scratch.elements((long) channels * single.out()),
                                scratch.builder.element(h, row * columns), scratch.w(single), false);
                        row += channels;
                    }
                }, scratch -> {
                    Region x = scratch.x(single);
                    for (int task = 0; task < tasks; task++) {
                        backwardFilter(scratch, single, x);
                    }
                });
    }

    private void heads(StepPlan plan, Graph graph, Pitches pitches, SideBySide heads,
            List<WideComparison> comparisons) {
        ConvolutionGeometry wide = heads.wide(pitches);
        List<ConvolutionGeometry> singles = heads.convolutions().stream().map(head -> head.stored(pitches)).toList();
        String outputs = " with " + wide.out() + " outputs";
        comparisons.add(compare(Subject.HEADS_FORWARD, "one" + outputs, singles.size(), scratch ->
                forward(scratch, wide, scratch.x(wide)), scratch -> {
                    Region x = scratch.x(wide);
                    singles.forEach(single -> forward(scratch, single, x));
                }));
        comparisons.add(compare(Subject.HEADS_BACKWARD_FILTER, "one" + outputs, singles.size(), scratch ->
                backwardFilter(scratch, wide, scratch.x(wide)), scratch -> {
                    Region x = scratch.x(wide);
                    singles.forEach(single -> backwardFilter(scratch, single, x));
                }));
        if (Learned.of(graph).of(heads.input())) {
            comparisons.add(backwardData(plan, graph, heads, wide, singles));
        }
    }

    private WideComparison backwardData(StepPlan plan, Graph graph, SideBySide heads, ConvolutionGeometry wide,
            List<ConvolutionGeometry> singles) {
        int tasks = singles.size();
        boolean apart = Rows.of(graph, Tasks.of(graph), plan.measurement()).kept(heads.input()) > 1
                && ownerBefore(plan, graph, heads).isEmpty();
        if (apart) {
            return compare(Subject.HEADS_BACKWARD_DATA, "one in " + tasks + " groups", tasks, scratch ->
                    backwardData(scratch, wide.inGroups(tasks)), scratch ->
                    singles.forEach(single -> backwardData(scratch, single)));
        }
        return compare(Subject.HEADS_BACKWARD_DATA, "one that leaves the sum", tasks, scratch ->
                backwardData(scratch, wide), scratch -> {
                    List<Region> parts = singles.stream().map(single -> backwardData(scratch, single)).toList();
                    long count = wide.inputElements();
                    for (Region part : parts.subList(1, tasks)) {
                        scratch.builder.launchPair("elementwise", "add", ProgramBuilder.blocks(count),
                                parts.getFirst(), part, parts.getFirst(), count);
                    }
                });
    }

    private static void forward(Scratch scratch, ConvolutionGeometry geometry, Region x) {
        scratch.builder.convolutionForward(geometry, x, scratch.w(geometry), scratch.y(geometry));
    }

    private static void backwardFilter(Scratch scratch, ConvolutionGeometry geometry, Region x) {
        scratch.builder.convolutionBackwardFilter(geometry, x, scratch.w(geometry), scratch.y(geometry));
    }

    private static Region backwardData(Scratch scratch, ConvolutionGeometry geometry) {
        Region dx = scratch.x(geometry);
        scratch.builder.convolutionBackwardData(geometry, dx, scratch.w(geometry), scratch.y(geometry));
        return dx;
    }

    private WideComparison compare(Subject subject, String form, int tasks, Consumer<Scratch> wide,
            Consumer<Scratch> single) {
        try (Scratch atOnce = new Scratch(); Scratch each = new Scratch()) {
            wide.accept(atOnce);
            single.accept(each);
            List<Distribution> seconds = seconds(atOnce.build(), each.build());
            compared.run();
            return new WideComparison(subject, form, tasks, side(atOnce.program, seconds.getFirst()),
                    side(each.program, seconds.getLast()));
        }
    }

    private List<Distribution> seconds(Program wide, Program single) {
        timer.warmUp(WARM_UP_MILLISECONDS, wide::launch);
        int repeats = timer.repeats(wide::launch);
        try (var atOnce = capture(repeats, wide); var each = capture(repeats, single)) {
            return timer.inTurn(ROUNDS, List.of(() -> timer.stream().launch(atOnce), () ->
                    timer.stream().launch(each))).stream().map(seconds -> seconds.over(repeats)).toList();
        }
    }

    private io.gimbal.device.Graph capture(int repeats, Program program) {
        return timer.capture(repeats, () -> program.instructions().forEach(instruction ->
                instruction.enqueue(device, timer.stream())));
    }

    private Side side(Program program, Distribution seconds) {
        List<PlannedStep.PlannedConvolution> convolutions = new ArrayList<>();
        double operations = 0;
        double bytes = 0;
        for (Instruction instruction : program.instructions()) {
            CallCost cost = CallCost.of(instruction.call(), precision);
            operations += cost.operations();
            bytes += cost.bytes();
            if (instruction.call() instanceof Instruction.Call.Convolved call) {
                convolutions.add(PlannedStep.convolution("", call, planner, precision));
            }
        }
        return new Side(convolutions, program.instructions().size(), seconds, operations, bytes);
    }

    /** A small program over tensors of its own, whose memory it owns: each lies by itself, as in a step. */
    private final class Scratch implements AutoCloseable {
        private final ProgramBuilder builder = new ProgramBuilder(planner, precision);
        private final List<Buffer> buffers = new ArrayList<>();
        private final Resources owned = new Resources();
        private Program program;

        Region elements(long count) {
            Buffer buffer = Buffer.unplaced("a tensor", count * precision.bytes());
            buffers.add(buffer);
            return buffer.region();
        }

        Region x(ConvolutionGeometry geometry) {
            return elements(geometry.inputElements());
        }

        Region w(ConvolutionGeometry geometry) {
            return elements(geometry.filterElements());
        }

        Region y(ConvolutionGeometry geometry) {
            return elements(geometry.outputElements());
        }

        Program build() {
            long bytes = buffers.stream().mapToLong(buffer -> Alignment.roundUp(buffer.bytes())).sum();
            DeviceMemory memory = owned.keep(device.allocate(bytes));
            RandomMemory.fill(device, timer.stream(), memory.address(), bytes, precision);
            long place = memory.address();
            for (Buffer buffer : buffers) {
                buffer.place(place);
                place += Alignment.roundUp(buffer.bytes());
            }
            program = owned.keep(builder.build(device, timer.stream()));
            return program;
        }

        @Override
        public void close() {
            owned.close();
        }
    }

    @Override
    public void close() {
        confinement.close();
    }
}
