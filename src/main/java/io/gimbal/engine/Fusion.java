package io.gimbal.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * Joins operations that one kernel does in a single pass over memory: a batch norm takes in the relu behind it, the
 * addition that ends a residual block, a 2 x 2 max pooling, an unpooling.
 */
final class Fusion {
    private final List<Operation> operations;

    private Fusion(List<Operation> operations) {
        this.operations = new ArrayList<>(operations);
    }

    /** The operations with all joined that may be, in an order in which they can run. */
    static List<Operation> of(List<Operation> operations) {
        Fusion fusion = new Fusion(operations);
        for (Operation operation : operations) {
            switch (operation) {
                case Activation activation -> fusion.absorb(activation);
                case Add add -> fusion.absorb(add);
                case MaxPool pool -> fusion.absorb(pool);
                case Unpool unpool -> fusion.absorb(unpool);
                default -> { }
            }
        }
        return List.copyOf(fusion.operations);
    }

    private void absorb(Activation activation) {
        if (activation.kind() == ActivationKind.RELU && alone(activation) instanceof BatchNorm norm
                && norm.mayAbsorbRelu()) {
            norm.absorb(activation);
            operations.remove(activation);
        }
    }

    private void absorb(Add add) {
        // The later of the two, so that the other operand is there when it runs.
        for (Value own : add.inputs().reversed()) {
            Value other = add.inputs().getFirst() == own ? add.inputs().getLast() : add.inputs().getFirst();
            if (own != other && maker(own) instanceof BatchNorm norm && own.task() == add.output().task()
                    && own.readOnlyBy(add) && norm.mayAbsorb(add)
                    && before(other, norm)) {
                norm.absorb(add, other);
                operations.remove(add);
                return;
            }
        }
    }

    private void absorb(MaxPool pool) {
        if (pool.halves() && alone(pool) instanceof BatchNorm norm && norm.mayAbsorb(pool)) {
            norm.absorb(pool);
            operations.remove(pool);
        }
    }

    private void absorb(Unpool unpool) {
        if (unpool.pooling().halves() && alone(unpool) instanceof BatchNorm norm && norm.mayAbsorb(unpool)) {
            norm.absorb(unpool);
            operations.remove(unpool);
        }
    }

    /** The operation of the same section whose output that one alone reads; null where others read it too. */
    private Operation alone(Operation reader) {
        boolean same = reader.input().task() == reader.output().task();
        return same && reader.input().readOnlyBy(reader) ? maker(reader.input()) : null;
    }

    /** The operation that leaves that value now; null where none of these does. */
    private Operation maker(Value value) {
        return operations.stream().filter(operation -> operation.output() == value).findFirst().orElse(null);
    }

    private boolean before(Value value, Operation operation) {
        Operation maker = maker(value);
        return maker == null || operations.indexOf(maker) < operations.indexOf(operation);
    }
}
