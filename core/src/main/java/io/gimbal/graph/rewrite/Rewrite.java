package io.gimbal.graph.rewrite;

import io.gimbal.graph.Graph;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Rows;
import java.util.List;
import java.util.Optional;

/** One way to do the same work in fewer passes over memory. */
public interface Rewrite {
    /**
     * What takes the place of operations that end with that one.
     *
     * @param graph as it is now
     * @param rows  of the values, which rewriting leaves as they are
     * @return empty where it does not apply
     */
    Optional<Replacement> at(Operation last, Graph graph, Rows rows);

    /**
     * An operation in place of others. It leaves every value that anyone else reads of what they leave, and runs where
     * the first of them did.
     */
    record Replacement(List<Operation> taken, Operation by) {
        static Replacement of(Operation first, Operation last, Operation by) {
            return new Replacement(List.of(first, last), by);
        }
    }
}
