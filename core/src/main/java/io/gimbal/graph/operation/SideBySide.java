package io.gimbal.graph.operation;

import io.gimbal.dnn.ConvolutionGeometry;
import io.gimbal.graph.Backward;
import io.gimbal.graph.Cotangent;
import io.gimbal.graph.Forward;
import io.gimbal.graph.Graph;
import io.gimbal.graph.Measurement;
import io.gimbal.graph.Operation;
import io.gimbal.graph.OutputsSideBySide;
import io.gimbal.graph.Parameter;
import io.gimbal.graph.Pitches;
import io.gimbal.graph.Rows;
import io.gimbal.graph.StoredChannels;
import io.gimbal.graph.TaskSet;
import io.gimbal.graph.Value;
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
public final class SideBySide extends Operation implements OutputsSideBySide {
    private final List<Convolution> convolutions;

    public SideBySide(List<Convolution> convolutions) {
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
    public Map<Parameter, StoredChannels> padded(Pitches pitches) {
        Map<Parameter, StoredChannels> padded = new HashMap<>();
        convolutions.forEach(each -> padded.putAll(each.padded(pitches)));
        return padded;
    }

    @Override
    public int channels(Pitches pitches) {
        return wide(pitches).out();
    }

    @Override
    public int offset(Pitches pitches, Value output) {
        int offset = 0;
        for (Convolution head : convolutions) {
            if (head.output() == output) {
                return offset;
            }
            offset += pitches.of(head.output());
        }
        throw new IllegalArgumentException("the value is no head's first");
    }

    /** The one convolution with the channels that its values have in memory. */
    public ConvolutionGeometry wide(Pitches pitches) {
        return convolutions.getFirst().stored(pitches).withOut(outputs().stream().mapToInt(pitches::of).sum());
    }

    private Parameter firstWeight() {
        return convolutions.getFirst().weight();
    }

    @Override
    public void forward(Forward pass) {
        ProgramBuilder program = pass.program();
        long places = output().shape().places();
        int channels = channels(pass::pitch);
        Region y = program.elements(name(), places * channels);
        program.convolutionForward(wide(pass::pitch), pass.at(input()), pass.memory().factor(firstWeight()), y);
        for (Convolution head : convolutions) {
            Region slice = program.element(y, offset(pass::pitch, head.output()));
            head.bias().ifPresent(bias -> bias.forward(pass, slice, places, pass.pitch(head.output()), channels));
            pass.putSlice(head.output(), new View(slice, channels));
        }
    }

    @Override
    public void backward(Backward pass) {
        ProgramBuilder program = pass.program();
        Forward forward = pass.forward();
        Region dy = pass.sideBySide(this);
        for (Convolution head : convolutions) {
            head.bias().ifPresent(bias -> bias.backward(pass, head));
        }
        program.convolutionBackwardFilter(wide(forward::pitch), forward.at(input()),
                pass.memory().gradient(firstWeight()), dy);
        if (!pass.wants(input())) {
            return;
        }
        Optional<Convolution> owner = ownerBefore(pass.graph(), pass.rows(), pass.measurement());
        owner.ifPresent(last -> measureLinear(pass, last, dy));
        int rows = pass.runs(this, input());
        if (owner.isPresent() || rows == 1) {
            Region dx = program.elements("cotangent", input().shape().elements());
            program.convolutionBackwardData(wide(forward::pitch), dx, pass.memory().factor(firstWeight()), dy);
            pass.giveWhole(input(), Cotangent.single(dx, input().shape().channels()));
            return;
        }
        Region dx = program.elements("cotangents by task", input().shape().elements() * rows);
        program.convolutionBackwardData(wide(forward::pitch).inGroups(rows), dx, pass.memory().factor(firstWeight()),
                dy);
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
    private void measureLinear(Backward pass, Convolution last, Region dy) {
        ProgramBuilder program = pass.program();
        Forward forward = pass.forward();
        ConvolutionGeometry geometry = last.stored(forward::pitch).withOut(channels(forward::pitch));
        long count = pass.memory().count(last.weight());
        int columns = (int) (count / last.geometry().out());
        TaskSet tasks = pass.rows(input());
        Region all = pass.taskGradients().target(last.weight(), tasks);
        Region h = program.elements("gradients of W for the heads' channels",
                (long) channels(forward::pitch) * columns);
        program.convolutionBackwardFilter(geometry, forward.at(last.input()), h, dy);
        for (int task = 0; task < convolutions.size(); task++) {
            Convolution head = convolutions.get(task);
            Region rows = program.element(h, (long) offset(forward::pitch, head.output()) * columns);
            program.multiply(true, false, last.geometry().out(), columns, forward.pitch(head.output()),
                    pass.memory().factor(head.weight()), rows, program.element(all, task * count), false);
        }
        pass.taskGradients().give(last.weight(), tasks, all);
    }
}
