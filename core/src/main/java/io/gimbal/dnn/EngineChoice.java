package io.gimbal.dnn;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * One of cuDNN's engines with its settings; two that are equal compute the same in the same way.
 *
 * @param index the engine's number among those for an operation, in one version of cuDNN
 * @param knobs each setting's value by its number ({@code cudnnBackendKnobType_t})
 */
public record EngineChoice(long index, SortedMap<Integer, Long> knobs) {
    public EngineChoice {
        knobs = Collections.unmodifiableSortedMap(new TreeMap<>(knobs));
    }

    EngineChoice(long index, Map<Integer, Long> knobs) {
        this(index, new TreeMap<>(knobs));
    }

    /** "engine 67 (2=1, 13=0)". */
    public String describe() {
        return "engine " + index + (knobs.isEmpty() ? "" : knobs.entrySet().stream()
                .map(knob -> knob.getKey() + "=" + knob.getValue()).collect(Collectors.joining(", ", " (", ")")));
    }
}
