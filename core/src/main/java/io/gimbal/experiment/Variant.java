package io.gimbal.experiment;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One of the settings that are compared.
 *
 * @param parts    the choice on each axis, in the axes' order
 * @param settings {@code path=value} each, as {@link io.gimbal.run.Settings#over} takes them
 * @param staticOf of what other choice on an axis the weights' means over time are this one's fixed weights
 */
record Variant(Map<String, String> parts, List<String> settings, Optional<Map<String, String>> staticOf) {
    /** The one variant of an experiment without axes. */
    static final Variant BASE = new Variant(Map.of(), List.of(), Optional.empty());

    /** What it is called. */
    String label() {
        return label(parts);
    }

    /** What the variant of these choices is called. */
    static String label(Map<String, String> parts) {
        return parts.isEmpty() ? "base" : String.join(", ", parts.values());
    }

    /** The same with a choice on a further axis. */
    Variant with(String axis, Choice choice) {
        Map<String, String> chosen = new LinkedHashMap<>(parts);
        chosen.put(axis, choice.label());
        List<String> all = new ArrayList<>(settings);
        all.addAll(choice.settings());
        Optional<Map<String, String>> of = staticOf.or(() -> choice.staticOf().map(_ -> parts)).map(before -> {
            Map<String, String> other = new LinkedHashMap<>(before);
            other.put(axis, choice.staticOf().orElse(choice.label()));
            return other;
        });
        return new Variant(chosen, List.copyOf(all), of);
    }

    /**
     * A choice on an axis.
     *
     * @param staticOf the label of an earlier choice on the same axis
     */
    record Choice(String label, List<String> settings, Optional<String> staticOf) {}
}
