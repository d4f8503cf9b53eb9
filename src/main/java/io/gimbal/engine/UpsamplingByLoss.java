package io.gimbal.engine;

import java.util.ArrayList;
import java.util.List;

/** Bilinear upsampling whose output a task's loss alone reads is done by the loss, in the pass in which it reads. */
final class UpsamplingByLoss {
    private UpsamplingByLoss() {}

    /** The graph for training: those of its operations are left out, and losses read what they read. */
    static Graph apply(Graph graph) {
        List<Operation> operations = new ArrayList<>(graph.operations());
        List<Output> outputs = new ArrayList<>();
        for (Output output : graph.outputs()) {
            if (graph.maker(output.value()).orElse(null) instanceof Upsample upsample && byLoss(upsample, graph)) {
                operations.remove(upsample);
                outputs.add(new Output(upsample.input(), output.task(), upsample.scale()));
            } else {
                outputs.add(output);
            }
        }
        return new Graph(graph.input(), operations, outputs);
    }

    private static boolean byLoss(Upsample upsample, Graph graph) {
        return upsample.bilinear() && graph.readers(upsample.output()).isEmpty()
                && graph.outputs().stream().filter(output -> output.value() == upsample.output()).count() == 1
                && graph.readOnlyBy(upsample.input(), upsample)
                && Prediction.mayBeUpsampled(upsample.scale(), upsample.output().shape().channels());
    }
}
