package io.gimbal.graph.rewrite;

import io.gimbal.graph.Graph;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Rows;
import io.gimbal.graph.Value;
import io.gimbal.graph.operation.Activation;
import io.gimbal.graph.operation.ActivationKind;
import io.gimbal.graph.operation.Multiply;
import java.util.List;
import java.util.Optional;

/**
 * A sigmoid that only a product of one shape reads is worked out in that product's passes, forward and backward, and
 * not stored.
 */
public final class GateRewrite {
    private GateRewrite() {}

    public static Optional<Rewrite.Replacement> at(Operation last, Graph graph, Rows rows) {
        if (!(last instanceof Multiply product) || !product.plain()) {
            return Optional.empty();
        }
        for (Value own : last.inputs()) {
            Value other = last.inputs().getFirst() == own ? last.inputs().getLast() : last.inputs().getFirst();
            if (own != other && graph.readOnlyBy(own, last)
                    && graph.maker(own).orElse(null) instanceof Activation sigmoid
                    && sigmoid.kind() == ActivationKind.SIGMOID) {
                // Where the product stood: all that it reads is there then.
                return Optional.of(new Rewrite.Replacement(List.of(last, sigmoid),
                        product.gatedBy(sigmoid.input(), other)));
            }
        }
        return Optional.empty();
    }
}
