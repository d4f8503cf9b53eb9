package io.gimbal.engine;

import io.gimbal.graph.Graph;
import io.gimbal.graph.Shape;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import io.gimbal.program.View;
import java.util.Optional;

/** Writes the forward pass alone as a program, with running statistics. */
final class InferenceProgram {
    private InferenceProgram() {}

    /**
     * Writes it over the averages where the model keeps them; this needs no device.
     *
     * @param boundary where images and predictions lie, as {@link InferenceLayout} says
     */
    static void write(ProgramBuilder builder, NetworkGraph graph, ModelLayout model, Region boundary) {
        InferenceLayout layout = new InferenceLayout(graph);
        Graph operations = graph.forInference();
        ForwardPass forward = new ForwardPass(builder, model.evaluated(), operations,
                graph.pitches(builder.precision()), Optional.empty());
        forward.take(operations.input(), boundary, graph.input().elements(), 1,
                boundary.plusBytes(layout.counterOffset()), ProgramBuilder.NULL);
        operations.operations().forEach(operation -> operation.forward(forward));
        for (int task = 0; task < graph.tasks().size(); task++) {
            Shape shape = graph.prediction(task);
            View prediction = forward.tensor(graph.output(task));
            builder.launchPair("elementwise", "widen", ProgramBuilder.blocks(shape.elements()), prediction.region(),
                    boundary.plusBytes(layout.predictionOffset(task)), shape.places(), shape.channels(),
                    (long) prediction.pitch());
        }
    }
}
