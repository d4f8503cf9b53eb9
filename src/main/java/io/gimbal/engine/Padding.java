package io.gimbal.engine;

import io.gimbal.device.Precision;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which values have more channels in low precision than their shapes say, so that cuDNN finds a multiple of 8: images
 * and logits, where convolutions, upsampling, resizing and losses alone look at them. The added channels are zero.
 * Immutable.
 */
final class Padding {
    private final Set<Value> padded = new HashSet<>();

    private Padding() {}

    static Padding of(Graph graph) {
        Padding padding = new Padding();
        List<Operation> readers = graph.readers(graph.input());
        if (!readers.isEmpty() && readers.stream().allMatch(Padding::mayBePaddedBeside)
                && graph.outputs().stream().noneMatch(output -> output.value() == graph.input())) {
            padding.padded.add(graph.input());
        }
        Set<Value> once = graph.outputs().stream().collect(Collectors.groupingBy(Output::value)).entrySet().stream()
                .filter(losses -> losses.getValue().size() == 1 && graph.readers(losses.getKey()).isEmpty())
                .map(losses -> losses.getKey()).collect(Collectors.toSet());
        graph.outputs().stream().map(Output::value).filter(once::contains).forEach(value -> padding.padTail(graph,
                value));
        return padding;
    }

    /** What a loss alone reads, back over upsampling and resizing, where a convolution makes it. */
    private void padTail(Graph graph, Value output) {
        Set<Value> tail = new HashSet<>(Set.of(output));
        Value value = output;
        while (graph.maker(value).filter(maker -> maker instanceof Upsample || maker instanceof Resize).orElse(null)
                instanceof Operation larger && graph.readOnlyBy(larger.input(), larger)) {
            value = larger.input();
            tail.add(value);
        }
        if (graph.maker(value).filter(Padding::mayBePaddedBeside).isPresent()) {
            padded.addAll(tail);
        }
    }

    /** Beside a convolution in one group: to others the added channels would belong to a group. */
    private static boolean mayBePaddedBeside(Operation operation) {
        return operation instanceof Convolution convolution && !convolution.grouped();
    }

    Pitches in(Precision precision) {
        return value -> padded.contains(value) && precision.low()
                ? Precision.paddedChannels(value.shape().channels()) : value.shape().channels();
    }
}
