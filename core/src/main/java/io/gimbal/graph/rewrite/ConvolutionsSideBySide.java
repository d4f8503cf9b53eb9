package io.gimbal.graph.rewrite;

import io.gimbal.dnn.ConvolutionGeometry;
import io.gimbal.engine.ModelLayout;
import io.gimbal.graph.Graph;
import io.gimbal.graph.Measurement;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Parameter;
import io.gimbal.graph.Rows;
import io.gimbal.graph.TaskSet;
import io.gimbal.graph.Tasks;
import io.gimbal.graph.Value;
import io.gimbal.graph.operation.Convolution;
import io.gimbal.graph.operation.SideBySide;
import java.util.List;
import java.util.Optional;

/**
 * Convolutions that alone read a value, each for a task of its own, in one group and all of one geometry but for their
 * outputs, run as one. Their filters lie one behind the other in a {@code ModelLayout}.
 */
public final class ConvolutionsSideBySide implements Rewrite {
    private final Tasks tasks;
    private final Measurement measured;

    public ConvolutionsSideBySide(Tasks tasks, Measurement measured) {
        this.tasks = tasks;
        this.measured = measured;
    }

    @Override
    public Optional<Replacement> at(Operation last, Graph graph, Rows rows) {
        if (!(last instanceof Convolution)) {
            return Optional.empty();
        }
        Value read = last.input();
        List<Operation> readers = graph.readers(read);
        if (readers.size() < 2 || readers.getLast() != last || graph.isOutput(read)
                || !readers.stream().allMatch(Convolution.class::isInstance) || !haveATaskEach(read, readers)) {
            return Optional.empty();
        }
        List<Convolution> convolutions = readers.stream().map(Convolution.class::cast).toList();
        SideBySide wide = new SideBySide(convolutions);
        return alike(convolutions) && areOnlyUsers(convolutions, graph) && backwardIsOne(wide, graph, rows)
                ? Optional.of(new Replacement(readers, wide)) : Optional.empty();
    }

    /** Whether the i-th has the i-th task of the value, so that the rows stand in the tasks' order. */
    private boolean haveATaskEach(Value read, List<Operation> readers) {
        return tasks.of(read).tasks().mapToObj(TaskSet::of).toList().equals(readers.stream().map(tasks::behind)
                .toList());
    }

    private static boolean alike(List<Convolution> convolutions) {
        ConvolutionGeometry first = convolutions.getFirst().geometry();
        return convolutions.stream().noneMatch(Convolution::grouped) && convolutions.stream().allMatch(each ->
                each.geometry().withOut(1).equals(first.withOut(1))
                && each.weight().count() % Parameter.ALIGNMENT_WORDS == 0);
    }

    /** One filter gradient goes to the places of all, so that no other operation may have a part in these. */
    private static boolean areOnlyUsers(List<Convolution> convolutions, Graph graph) {
        return convolutions.stream().flatMap(each -> each.parameters().stream()).allMatch(parameter ->
                graph.users(parameter).size() == 1);
    }

    /** One that leaves the sum; or the rows, in groups of one width; or none, where W's filter gradient serves. */
    private boolean backwardIsOne(SideBySide wide, Graph graph, Rows rows) {
        int out = wide.convolutions().getFirst().geometry().out();
        return rows.kept(wide.input()) == 1 || wide.convolutions().stream().allMatch(each ->
                each.geometry().out() == out) || wide.ownerBefore(graph, rows, measured).isPresent();
    }
}
