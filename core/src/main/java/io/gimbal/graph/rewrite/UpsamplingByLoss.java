package io.gimbal.graph.rewrite;

import io.gimbal.graph.Graph;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Output;
import io.gimbal.graph.operation.Upsample;
import java.util.ArrayList;
import java.util.List;

/** Bilinear upsampling whose output a task's loss alone reads is done by the loss, in the pass in which it reads. */
public final class UpsamplingByLoss {
    private UpsamplingByLoss() {}

    /** Says whether losses can upsample logits of that many channels by themselves. */
    public interface Losses {
        boolean mayUpsample(int scale, int channels);
    }

    /** The graph for training: those of its operations are left out, and losses read what they read. */
    public static Graph apply(Graph graph, Losses losses) {
        List<Operation> operations = new ArrayList<>(graph.operations());
        List<Output> outputs = new ArrayList<>();
        for (Output output : graph.outputs()) {
            if (graph.maker(output.value()).orElse(null) instanceof Upsample upsample
                    && byLoss(upsample, graph, losses)) {
                operations.remove(upsample);
                outputs.add(new Output(upsample.input(), output.task(), upsample.scale()));
            } else {
                outputs.add(output);
            }
        }
        return graph.with(operations, outputs);
    }

    private static boolean byLoss(Upsample upsample, Graph graph, Losses losses) {
        return upsample.bilinear() && graph.readers(upsample.output()).isEmpty() && !graph.keeps(upsample.output())
                && graph.outputs().stream().filter(output -> output.value() == upsample.output()).count() == 1
                && graph.readOnlyBy(upsample.input(), upsample)
                && losses.mayUpsample(upsample.scale(), upsample.output().shape().channels());
    }
}
