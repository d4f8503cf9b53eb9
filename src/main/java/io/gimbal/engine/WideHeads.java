package io.gimbal.engine;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The first convolutions of all heads as one: they read the trunk's output once, and their outputs stand side by side in
 * the channels of one tensor. Each head goes on from its slice.
 *
 * <p>Backward, the heads' cotangents stand side by side likewise; one filter gradient serves all heads. What goes on to
 * the trunk is their sum, by one data gradient; or, where each task's part is wanted, a grouped one (a group a task),
 * which leaves the parts side by side. Where the trunk ends with W itself, neither is needed for the norms: each task's
 * gradient of W is V_i^T H_i, with V_i the head's 1 x 1 filters and H the filter gradient of W's convolution for the
 * heads' few channels in place of W's many.
 */
final class WideHeads extends Operation {
    private final List<Convolution> heads;

    private WideHeads(List<Convolution> heads) {
        super("heads", List.of(heads.getFirst().input()), heads.stream().flatMap(head ->
                head.parameters().stream()).toList());
        this.heads = List.copyOf(heads);
        produce(heads.getFirst().output());
    }

    /**
     * The heads' first convolutions as one operation, where that is possible: all heads start with a convolution of one
     * geometry that alone reads the trunk's output for its task, and their filters stand close in memory.
     *
     * @param shared GradNorm's W
     */
    static Optional<WideHeads> of(List<Operation> operations, Value trunkOutput, int tasks, Parameter shared) {
        List<Operation> readers = trunkOutput.consumers();
        if (tasks < 2 || readers.size() != tasks || !readers.stream().allMatch(Convolution.class::isInstance)
                || readers.stream().map(reader -> reader.output().task()).distinct().count() != tasks
                || !operations.containsAll(readers)) {
            return Optional.empty();
        }
        List<Convolution> heads = readers.stream().map(Convolution.class::cast).toList();
        ConvolutionGeometry first = heads.getFirst().geometry();
        boolean alike = heads.stream().allMatch(head -> head.geometry().withOut(1).equals(first.withOut(1)));
        boolean equal = heads.stream().allMatch(head -> head.geometry().out() == first.out());
        boolean close = heads.stream().allMatch(head -> head.weight().count() % ModelLayout.ALIGNMENT_WORDS == 0);
        boolean linear = first.pointwise()
                && trunkOutput.producer() instanceof Convolution last && last.weight() == shared;
        return alike && close && (equal || linear) ? Optional.of(new WideHeads(heads)) : Optional.empty();
    }

    List<Convolution> heads() {
        return heads;
    }

    @Override
    List<Value> outputs() {
        return heads.stream().map(Convolution::output).toList();
    }

    @Override
    void padParameters(Precision precision) {
        heads.forEach(head -> head.padParameters(precision));
    }

    /** Channels of the one tensor. */
    int channels(ForwardPass pass) {
        return wide(pass).out();
    }

    /** The channel at which a head's slice begins. */
    int offset(ForwardPass pass, Value output) {
        int offset = 0;
        for (Convolution head : heads) {
            if (head.output() == output) {
                return offset;
            }
            offset += pass.pitch(head.output());
        }
        throw new IllegalArgumentException("the value is no head's first");
    }

    private ConvolutionGeometry wide(ForwardPass pass) {
        return wide(pass.program().precision());
    }

    /** The one convolution with the channels that its values have in memory. */
    ConvolutionGeometry wide(Precision precision) {
        return heads.getFirst().stored(precision).withOut(heads.stream().mapToInt(head ->
                head.output().pitch(precision)).sum());
    }

    private Parameter firstWeight() {
        return heads.getFirst().weight();
    }

    @Override
    void forward(ForwardPass pass) {
        ProgramBuilder program = pass.program();
        long places = output().shape().places();
        int channels = channels(pass);
        Region y = program.elements("heads", places * channels);
        program.convolutionForward(wide(pass), pass.at(input()), pass.memory().factor(firstWeight()), y);
        for (Convolution head : heads) {
            Region slice = program.element(y, offset(pass, head.output()));
            head.bias().ifPresent(bias -> bias.forward(pass, slice, places, pass.pitch(head.output()), channels));
            pass.putSlice(head.output(), new Tensor(slice, channels));
        }
    }

    @Override
    void backward(BackwardPass pass) {
        ProgramBuilder program = pass.program();
        ForwardPass forward = pass.forward();
        Region dy = pass.heads(this);
        for (Convolution head : heads) {
            head.bias().ifPresent(bias -> bias.backward(pass, head));
        }
        program.convolutionBackwardFilter(wide(forward), forward.at(input()), pass.memory().gradient(firstWeight()),
                dy);
        if (!input().learned()) {
            return;
        }
        boolean shortCut = linear(pass);
        if (shortCut) {
            measureLinear(pass, dy);
        }
        if (shortCut || pass.stack(input()) == 1) {
            Region dx = program.elements("cotangent", input().shape().elements());
            program.convolutionBackwardData(wide(forward), dx, pass.memory().factor(firstWeight()), dy);
            pass.contributeTrunk(Cotangent.single(dx, input().shape().channels()));
            return;
        }
        int tasks = pass.tasks();
        Region dx = program.elements("cotangents by task", input().shape().elements() * tasks);
        program.convolutionBackwardData(wide(forward).inGroups(tasks), dx, pass.memory().factor(firstWeight()), dy);
        pass.contributeTrunk(Cotangent.packed(dx, tasks, input().shape()));
    }

    /** Whether nothing lies between W's convolution and the heads' 1 x 1 convolutions. */
    private boolean linear(BackwardPass pass) {
        return linearBehind(pass::measures);
    }

    /** The same, where it is told which parameter is W. */
    boolean linearBehind(Predicate<Parameter> measured) {
        ConvolutionGeometry first = heads.getFirst().geometry();
        return first.pointwise() && input().producer() instanceof Convolution last && measured.test(last.weight());
    }

    /** G_i = V_i^T H_i with H = the gradient of W's convolution for the heads' channels. */
    private void measureLinear(BackwardPass pass, Region dy) {
        ProgramBuilder program = pass.program();
        ForwardPass forward = pass.forward();
        Convolution last = (Convolution) input().producer();
        ConvolutionGeometry geometry = last.stored(forward).withOut(channels(forward));
        int columns = last.weight().deviceCount() / last.geometry().out();
        Region h = program.elements("gradients of W for the heads' channels", (long) channels(forward) * columns);
        program.convolutionBackwardFilter(geometry, forward.at(last.input()), h, dy);
        for (int task = 0; task < heads.size(); task++) {
            Convolution head = heads.get(task);
            Region rows = program.element(h, (long) offset(forward, head.output()) * columns);
            program.multiply(true, false, last.geometry().out(), columns, forward.pitch(head.output()),
                    pass.memory().factor(head.weight()), rows,
                    program.element(pass.taskGradients(), (long) task * last.weight().deviceCount()), false);
        }
        pass.gram();
    }
}
