package io.gimbal.engine;

import io.gimbal.dnn.ConvolutionGeometry;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import io.gimbal.program.View;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Convolutions of one value, each for a task of its own, as one: they read the value once, and their outputs stand side
 * by side in the channels of one tensor. Each task goes on from its slice.
 *
 * <p>Backward, the tasks' cotangents stand side by side likewise; one filter gradient serves all. What goes on to the
 * value is their sum, by one data gradient; or, where the value has a row a task, a grouped one (a group a task), which
 * leaves the rows side by side. Where W's own convolution leaves the value, neither is needed for the norms: each
 * task's gradient of W is V_i^T H_i, with V_i the task's 1 x 1 filters and H the filter gradient of W's convolution for
 * the tasks' few channels in place of W's many.
 */
public final class SideBySide extends Operation {
    private final List<Convolution> convolutions;

    SideBySide(List<Convolution> convolutions) {
        super(name(convolutions), List.of(convolutions.getFirst().input()), convolutions.stream().map(Operation::output)
                .toList(), convolutions.stream().flatMap(each -> each.parameters().stream()).toList());
        this.convolutions = List.copyOf(convolutions);
    }

    /** As profiles have it: "heads.depth.0 and 2 more". */
    private static String name(List<Convolution> convolutions) {
        return convolutions.getFirst().name() + " and " + (convolutions.size() - 1) + " more";
    }

    public List<Convolution> convolutions() {
        return convolutions;
    }

    @Override
    Map<Parameter, StoredChannels> padded(Pitches pitches) {
        Map<Parameter, StoredChannels> padded = new HashMap<>();
        convolutions.forEach(each -> padded.putAll(each.padded(pitches)));
        return padded;
    }

    /** Channels of the one tensor. */
    int channels(ForwardPass pass) {
        return wide(pass).out();
    }

    /** The channel at which a head's slice begins. */
    int offset(ForwardPass pass, Value output) {
        int offset = 0;
        for (Convolution head : convolutions) {
            if (head.output() == output) {
                return offset;
            }
            offset += pass.pitch(head.output());
        }
        throw new IllegalArgumentException("the value is no head's first");
    }

    private ConvolutionGeometry wide(ForwardPass pass) {
        return wide(pass::pitch);
    }

    /** The one convolution with the channels that its values have in memory. */
    public ConvolutionGeometry wide(Pitches pitches) {
        return convolutions.getFirst().stored(pitches).withOut(outputs().stream().mapToInt(pitches::of).sum());
    }

    private Parameter firstWeight() {
        return convolutions.getFirst().weight();
    }

    @Override
    void forward(ForwardPass pass) {
        ProgramBuilder program = pass.program();
        long places = output().shape().places();
        int channels = channels(pass);
        Region y = program.elements(name(), places * channels);
        program.convolutionForward(wide(pass), pass.at(input()), pass.memory().factor(firstWeight()), y);
        for (Convolution head : convolutions) {
            Region slice = program.element(y, offset(pass, head.output()));
            head.bias().ifPresent(bias -> bias.forward(pass, slice, places, pass.pitch(head.output()), channels));
            pass.putSlice(head.output(), new View(slice, channels));
        }
    }

    @Override
    void backward(BackwardPass pass) {
        ProgramBuilder program = pass.program();
        ForwardPass forward = pass.forward();
        Region dy = pass.sideBySide(this);
        for (Convolution head : convolutions) {
            head.bias().ifPresent(bias -> bias.backward(pass, head));
        }
        program.convolutionBackwardFilter(wide(forward), forward.at(input()), pass.memory().gradient(firstWeight()),
                dy);
        if (!pass.wants(input())) {
            return;
        }
        Optional<Convolution> owner = pass.ownerBefore(this);
        owner.ifPresent(last -> measureLinear(pass, last, dy));
        int rows = pass.runs(this, input());
        if (owner.isPresent() || rows == 1) {
            Region dx = program.elements("cotangent", input().shape().elements());
            program.convolutionBackwardData(wide(forward), dx, pass.memory().factor(firstWeight()), dy);
            pass.giveWhole(input(), Cotangent.single(dx, input().shape().channels()));
            return;
        }
        Region dx = program.elements("cotangents by task", input().shape().elements() * rows);
        program.convolutionBackwardData(wide(forward).inGroups(rows), dx, pass.memory().factor(firstWeight()), dy);
        pass.giveWhole(input(), Cotangent.packed(dx, rows, input().shape()));
    }

    /**
     * W's convolution, in one group, where nothing lies between it and these, which are 1 x 1, nothing else uses W, and
     * nothing else of it or before it is measured.
     */
    public Optional<Convolution> ownerBefore(Graph graph, Rows rows, Measurement measured) {
        return convolutions.getFirst().geometry().pointwise()
                && graph.maker(input()).orElse(null) instanceof Convolution last && !last.grouped()
                && measured.of(last.weight()) && graph.users(last.weight()).size() == 1
                && last.parameters().stream().filter(measured::of).count() == 1 && rows.kept(last.input()) == 1
                ? Optional.of(last) : Optional.empty();
    }

    /** G_i = V_i^T H_i with H = the gradient of W's convolution for the heads' channels. */
    private void measureLinear(BackwardPass pass, Convolution last, Region dy) {
        ProgramBuilder program = pass.program();
        ForwardPass forward = pass.forward();
        ConvolutionGeometry geometry = last.stored(forward::pitch).withOut(channels(forward));
        long count = pass.memory().placed(last.weight()).count();
        int columns = (int) (count / last.geometry().out());
        TaskSet tasks = pass.rows(input());
        Region all = pass.taskGradients().target(last.weight(), tasks);
        Region h = program.elements("gradients of W for the heads' channels", (long) channels(forward) * columns);
        program.convolutionBackwardFilter(geometry, forward.at(last.input()), h, dy);
        for (int task = 0; task < convolutions.size(); task++) {
            Convolution head = convolutions.get(task);
            Region rows = program.element(h, (long) offset(forward, head.output()) * columns);
            program.multiply(true, false, last.geometry().out(), columns, forward.pitch(head.output()),
                    pass.memory().factor(head.weight()), rows, program.element(all, task * count), false);
        }
        pass.taskGradients().give(last.weight(), tasks, all);
    }
}
