package io.gimbal.graph.operation;

import io.gimbal.graph.Backward;
import io.gimbal.graph.Cotangent;
import io.gimbal.graph.Forward;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Parameter;
import io.gimbal.graph.TaskSet;
import io.gimbal.graph.Value;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.Optional;

/** The bias of a convolution or linear layer: one value a channel, added in place. */
public final class Bias {
    private final Parameter parameter;

    Bias(Parameter parameter) {
        this.parameter = parameter;
    }

    Parameter parameter() {
        return parameter;
    }

    /** Adds it to that many channels of each place, the places {@code pitch} elements apart. */
    void forward(Forward pass, Region y, long places, int channels, int pitch) {
        pass.program().launchPair("elementwise", "bias_forward", ProgramBuilder.blocks(places * channels), y,
                pass.memory().value(parameter), places, channels, (long) pitch);
    }

    void backward(Backward pass, Operation operation) {
        Value output = operation.output();
        boolean measured = pass.measures(parameter);
        int channels = pass.forward().pitch(output);
        Cotangent stored = pass.cotangent(output);
        Cotangent dy = measured || stored.tasks() == 1 ? stored
                : Cotangent.single(pass.incoming(output, 1), channels);
        long places = output.shape().places();
        int blocks = ProgramBuilder.reductionBlocks(places * channels);
        Region partials = pass.program().floats("partial bias gradients", (long) blocks * dy.tasks() * channels);
        pass.program().launchPair("elementwise", "bias_backward", blocks, dy.region(), partials, places, channels,
                dy.tasks(), dy.taskStride(), (long) dy.placeStride());
        TaskSet rows = pass.rows(output);
        Region gradient = pass.gradient(parameter);
        Optional<Region> byTask = measured ? Optional.of(pass.taskGradients().target(parameter, rows))
                : Optional.empty();
        pass.program().launch("elementwise", "bias_backward_finish", ProgramBuilder.finishBlocks(channels), partials,
                blocks, ProgramBuilder.orNull(byTask), gradient, channels, dy.tasks());
        pass.giveGradient(parameter, gradient);
        byTask.ifPresent(part -> pass.taskGradients().give(parameter, rows, part));
    }
}
