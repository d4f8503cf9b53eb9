package io.gimbal.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.Set;

/**
 * A published network whose parameters this one's encoder can start from: which of its modules stands where here. A
 * module is what its tensors' names begin with: {@code layer1.0.conv1} has {@code layer1.0.conv1.weight}.
 *
 * @param name    the published network, for messages
 * @param modules modules here and, for each, that of the published network from which all its tensors come; several may
 *                come from one (a backbone for each task)
 * @param norms   convolutions here whose published one has a bias, and the batch norm behind each: the convolution here
 *                has no bias, and the batch norm's running mean is less by it, which comes to the same
 * @param unused  its modules that have no place here, whatever they hold
 * @param own     the encoder's modules that have no counterpart there: they start from scratch
 * @param caution what differs although all fits, in a sentence; empty where nothing does
 */
public record Pretrained(String name, SequencedMap<String, String> modules, Map<String, String> norms,
        Set<String> unused, SequencedSet<String> own, String caution) {
    /** Keeps copies. */
    public Pretrained {
        modules = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(modules));
        norms = Map.copyOf(norms);
        unused = Set.copyOf(unused);
        own = Collections.unmodifiableSequencedSet(new LinkedHashSet<>(own));
    }

    /** Of which every module here has all that it needs. */
    Pretrained(String name, SequencedMap<String, String> modules, Set<String> unused) {
        this(name, modules, Map.of(), unused, new LinkedHashSet<>(), "");
    }
}
