package io.gimbal.graph.rewrite;

import io.gimbal.graph.Graph;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Rows;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Rewrites a graph by rules, from its first operation to its last. */
public final class Rewriter {
    private Rewriter() {}

    public static Graph apply(Graph graph, Rows rows, List<Rewrite> rules) {
        Graph rewritten = graph;
        for (Operation operation : graph.operations()) {
            for (Rewrite rule : rules) {
                if (rewritten.operations().contains(operation)) {
                    Optional<Rewrite.Replacement> found = rule.at(operation, rewritten, rows);
                    if (found.isPresent()) {
                        rewritten = replaced(rewritten, found.get());
                    }
                }
            }
        }
        return rewritten;
    }

    private static Graph replaced(Graph graph, Rewrite.Replacement replacement) {
        List<Operation> operations = new ArrayList<>(graph.operations());
        operations.set(operations.indexOf(replacement.taken().getFirst()), replacement.by());
        operations.removeAll(replacement.taken());
        return graph.with(operations, graph.outputs());
    }
}
