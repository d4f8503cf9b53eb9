package io.gimbal.engine;

import java.util.List;
import java.util.Optional;

/**
 * A sigmoid that only a product of one shape reads is worked out in that product's passes, forward and backward, and
 * not stored.
 */
final class GateRewrite {
    private GateRewrite() {}

    static Optional<Rewrite.Replacement> at(Operation last, Graph graph, Rows rows) {
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
