package io.gimbal.graph;

import io.gimbal.device.Precision;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which values have more channels in low precision than their shapes say, so that cuDNN finds a multiple of 8: images
 * and logits, where convolutions, upsampling, resizing and losses alone look at them. The added channels are zero. A
 * parameter that several convolutions use has one size in memory, so that they have channels added alike or not at all.
 * Immutable.
 */
public final class Padding {
    /** Values that have channels added together: one that convolutions make or read, and upsamplings of it. */
    private final List<Set<Value>> tails = new ArrayList<>();
    private final Set<Value> padded = new HashSet<>();

    private Padding() {}

    /**
     * Looks at a graph once.
     *
     * @param graph which is looked at
     * @return the table
     */
    public static Padding of(Graph graph) {
        Padding padding = new Padding();
        padding.collect(graph);
        padding.tails.forEach(padding.padded::addAll);
        Optional<Set<Value>> parted = padding.parted(graph);
        while (parted.isPresent()) {
            padding.padded.removeAll(parted.get());
            parted = padding.parted(graph);
        }
        return padding;
    }

    /** A tail at a convolution whose filters another uses without one there; it cannot be. */
    private Optional<Set<Value>> parted(Graph graph) {
        return graph.parameters().stream().map(graph::users).filter(users -> users.size() > 1
                && users.stream().anyMatch(Operation::addsChannels)).flatMap(users -> Stream.concat(
                unlike(users.stream().map(Operation::input).toList()),
                unlike(users.stream().map(Operation::output).toList()))).findFirst().flatMap(value ->
                tails.stream().filter(tail -> tail.contains(value)).findFirst());
    }

    /** Those of values in one parameter's place that are padded where others are not. */
    private Stream<Value> unlike(List<Value> values) {
        return padded.containsAll(values) ? Stream.empty() : values.stream().filter(padded::contains);
    }

    private void collect(Graph graph) {
        List<Operation> readers = graph.readers(graph.input());
        if (!readers.isEmpty() && readers.stream().allMatch(Operation::addsChannels)
                && graph.outputs().stream().noneMatch(output -> output.value() == graph.input())) {
            tails.add(Set.of(graph.input()));
        }
        Set<Value> once = graph.outputs().stream().collect(Collectors.groupingBy(Output::value)).entrySet().stream()
                .filter(losses -> losses.getValue().size() == 1 && graph.readers(losses.getKey()).isEmpty())
                .map(losses -> losses.getKey()).collect(Collectors.toSet());
        graph.outputs().stream().map(Output::value).filter(once::contains).forEach(value -> collectTail(graph, value));
    }

    /** What a loss alone reads, back over upsampling and resizing, where a convolution makes it. */
    private void collectTail(Graph graph, Value output) {
        Set<Value> tail = new HashSet<>(Set.of(output));
        Value value = output;
        while (graph.maker(value).filter(Operation::keepsChannels).orElse(null) instanceof Operation larger
                && graph.readOnlyBy(larger.input(), larger)) {
            value = larger.input();
            tail.add(value);
        }
        if (graph.maker(value).filter(Operation::addsChannels).isPresent()) {
            tails.add(tail);
        }
    }

    /**
     * {@return elements from place to place of each value in a precision}
     *
     * @param precision of the elements
     */
    public Pitches in(Precision precision) {
        return value -> padded.contains(value) && precision.low()
                ? Precision.paddedChannels(value.shape().channels()) : value.shape().channels();
    }
}
