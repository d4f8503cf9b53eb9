package io.gimbal.graph.rewrite;

import io.gimbal.graph.Graph;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Rows;
import io.gimbal.graph.Value;
import io.gimbal.graph.operation.Activation;
import io.gimbal.graph.operation.ActivationKind;
import io.gimbal.graph.operation.Add;
import io.gimbal.graph.operation.BatchNorm;
import io.gimbal.graph.operation.MaxPool;
import io.gimbal.graph.operation.Unpool;
import java.util.List;
import java.util.Optional;

/**
 * A batch norm does what alone reads it in the same pass over memory: a relu, the addition that ends a residual block,
 * a 2 x 2 max pooling, an unpooling. But for the relu these have one cotangent: where rows are kept by task they are
 * not joined.
 */
public final class NormRewrites {
    public static final List<Rewrite> ALL = List.of(NormRewrites::relu, NormRewrites::addition, NormRewrites::pooling,
            NormRewrites::unpooling);

    private NormRewrites() {}

    private static Optional<Rewrite.Replacement> relu(Operation last, Graph graph, Rows rows) {
        return last instanceof Activation activation && activation.kind() == ActivationKind.RELU
                ? norm(last.input(), last, graph).filter(BatchNorm::takesRelu).map(norm ->
                Rewrite.Replacement.of(norm, last, norm.withRelu(last.output()))) : Optional.empty();
    }

    private static Optional<Rewrite.Replacement> addition(Operation last, Graph graph, Rows rows) {
        if (!(last instanceof Add sum) || !sum.plain() || last.inputs().size() != 2) {
            return Optional.empty();
        }
        // The later of the two, so that the other operand is there when it runs.
        for (Value own : last.inputs().reversed()) {
            Value other = last.inputs().getFirst() == own ? last.inputs().getLast() : last.inputs().getFirst();
            Optional<BatchNorm> norm = single(own, last, graph, rows).filter(made -> !made.hasRelu() && own != other
                    && before(other, made, graph));
            if (norm.isPresent()) {
                return norm.map(made -> Rewrite.Replacement.of(made, last, made.plus(other, last.output())));
            }
        }
        return Optional.empty();
    }

    private static Optional<Rewrite.Replacement> pooling(Operation last, Graph graph, Rows rows) {
        return last instanceof MaxPool pool && pool.halves() ? single(last.input(), last, graph, rows).map(norm ->
                Rewrite.Replacement.of(norm, last, norm.pooled(pool))) : Optional.empty();
    }

    private static Optional<Rewrite.Replacement> unpooling(Operation last, Graph graph, Rows rows) {
        return last instanceof Unpool unpool && unpool.pooling().halves() ? single(last.input(), last, graph, rows)
                .map(norm -> Rewrite.Replacement.of(norm, last, norm.unpooled(unpool))) : Optional.empty();
    }

    /** The batch norm whose output that operation alone reads. */
    private static Optional<BatchNorm> norm(Value output, Operation reader, Graph graph) {
        return graph.readOnlyBy(output, reader) && graph.maker(output).orElse(null) instanceof BatchNorm norm
                ? Optional.of(norm) : Optional.empty();
    }

    /** The same where it has one cotangent and nothing behind it yet. */
    private static Optional<BatchNorm> single(Value output, Operation reader, Graph graph, Rows rows) {
        return norm(output, reader, graph).filter(norm -> norm.alone() && rows.kept(output) == 1);
    }

    private static boolean before(Value value, Operation operation, Graph graph) {
        return graph.maker(value).map(maker -> graph.operations().indexOf(maker)
                < graph.operations().indexOf(operation)).orElse(true);
    }
}
