package io.gimbal.graph.operation;

import io.gimbal.dnn.ConvolutionGeometry;
import io.gimbal.graph.Backward;
import io.gimbal.graph.Cotangent;
import io.gimbal.graph.Forward;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Parameter;
import io.gimbal.graph.Pitches;
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

/** A convolution by cuDNN, in groups of channels or not, with a bias where asked. */
public final class Convolution extends Operation {
    private final ConvolutionGeometry geometry;
    private final Parameter weight;
    private final Bias bias;

    public Convolution(String name, Value x, Value y, ConvolutionGeometry geometry, Parameter weight, Parameter bias) {
        super(name, List.of(x), List.of(y), bias == null ? List.of(weight) : List.of(weight, bias));
        this.geometry = geometry;
        this.weight = weight;
        this.bias = bias == null ? null : new Bias(bias);
    }

    @Override
    public long multiplyAdds() {
        return output().shape().elements() * (weight.count() / weight.outs());
    }

    public ConvolutionGeometry geometry() {
        return geometry;
    }

    /** Whether its channels are cut into groups: then values beside it have none but their own. */
    public boolean grouped() {
        return geometry.groups() > 1;
    }

    public Parameter weight() {
        return weight;
    }

    Optional<Bias> bias() {
        return Optional.ofNullable(bias);
    }

    /** In several groups an added channel would belong to one. */
    @Override
    public boolean addsChannels() {
        return !grouped();
    }

    @Override
    public Map<Parameter, StoredChannels> padded(Pitches pitches) {
        Map<Parameter, StoredChannels> padded = new HashMap<>();
        int out = pitches.of(output());
        padded.put(weight, new StoredChannels(out, pitches.of(input()) / geometry.groups()));
        bias().ifPresent(shift -> padded.put(shift.parameter(), new StoredChannels(out, 1)));
        return padded;
    }

    /** The geometry with the channels that its values have in memory. */
    public ConvolutionGeometry stored(Pitches pitches) {
        return geometry.withIn(pitches.of(input())).withOut(pitches.of(output()));
    }

    @Override
    public void forward(Forward pass) {
        Region x = pass.at(input());
        Region y = pass.allocate(this);
        pass.program().convolutionForward(stored(pass::pitch), x, pass.memory().factor(weight), y);
        if (bias != null) {
            bias.forward(pass, y, output().shape().places(), pass.pitch(output()), pass.pitch(output()));
        }
    }

    @Override
    public void backward(Backward pass) {
        ProgramBuilder program = pass.program();
        ConvolutionGeometry stored = stored(pass.forward()::pitch);
        Region x = pass.forward().at(input());
        if (!pass.measures(weight)) {
            Region gradient = pass.gradient(weight);
            program.convolutionBackwardFilter(stored, x, gradient, pass.incoming(output(), 1));
            pass.giveGradient(weight, gradient);
        } else if (grouped()) {
            measureTaskByTask(pass, stored, x);
        } else if (!pass.taskGradients().has(weight)) {
            // Linear heads right behind W have left G already.
            TaskSet rows = pass.rows(output());
            Region part = pass.taskGradients().target(weight, rows);
            program.convolutionBackwardFilter(stored.withOut(stored.out() * rows.size()), x, part,
                    pass.packed(output()));
            pass.taskGradients().give(weight, rows, part);
        }
        if (bias != null) {
            bias.backward(pass, this);
        }
        if (pass.wants(input())) {
            int stack = pass.runs(this, input());
            Region dx = pass.target(this, input());
            program.convolutionBackwardData(stored.withBatch(stored.batch() * stack), dx,
                    pass.memory().factor(weight), pass.incoming(output(), stack));
            pass.give(this, input(), dx);
        }
    }

    /**
     * Each task's gradient by itself: in one with T times the outputs those of a group would have to be adjacent, and
     * its G would not stand task by task.
     */
    private void measureTaskByTask(Backward pass, ConvolutionGeometry stored, Region x) {
        ProgramBuilder program = pass.program();
        TaskSet rows = pass.rows(output());
        Region all = pass.taskGradients().target(weight, rows);
        long count = stored.filterElements();
        boolean aligned = count * program.precision().bytes() % Cotangent.ALIGNMENT == 0;
        for (int row = 0; row < rows.size(); row++) {
            Region own = program.element(all, row * count);
            Region gradient = aligned ? own : program.elements("gradient of W", count);
            program.convolutionBackwardFilter(stored, x, gradient, pass.row(output(), row));
            if (!aligned) {
                int each = (int) (count / stored.out());
                program.copy(new View(gradient, each), new View(own, each), stored.out(), each);
            }
        }
        pass.taskGradients().give(weight, rows, all);
    }
}
