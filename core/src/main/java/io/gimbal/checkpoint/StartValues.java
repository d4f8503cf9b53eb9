package io.gimbal.checkpoint;

import io.gimbal.config.NamePattern;
import io.gimbal.config.UserException;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.engine.SoundValues;
import io.gimbal.model.Network;
import io.gimbal.storage.SafeTensors;
import io.gimbal.storage.TensorFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Parameters and statistics from a file for a network to start from: all of them from a file with Gimbal's own names (a
 * {@code final.safetensors}, a checkpoint; where it has averages of them, these, as they were validated), or a named
 * network's encoder from a published network's. What the file does not give starts as it would without.
 *
 * @param tensors by their names in this network, in files' layout
 * @param report  what was taken, what the file has besides, and what starts from scratch: a line each
 */
public record StartValues(Map<String, float[]> tensors, List<String> report) {
    public StartValues {
        tensors = Map.copyOf(Objects.requireNonNull(tensors, "tensors is null"));
        report = List.copyOf(Objects.requireNonNull(report, "report is null"));
    }

    /**
     * Reads a file, strictly: every tensor must have its place and its shape, and every place its tensor. All names and
     * shapes are checked before any tensor is read.
     *
     * @throws UserException naming the file and everything that does not fit
     */
    public static StartValues read(Path path, Network network, NetworkGraph graph) {
        try (TensorFile file = SafeTensors.open(path)) {
            StartValues start = file.names().stream().anyMatch(graph.shapes()::containsKey) ? own(file, graph)
                    : PublishedValues.read(file, network, graph);
            ModelFiles.refuse(path, SoundValues.fault(start.tensors));
            return start;
        }
    }

    /**
     * Reads a part of a file with Gimbal's own names: those of this network's tensors that one of the patterns fits,
     * each of which must be in the file in its shape; their averages where the file has them. What else the file
     * holds is not looked at.
     *
     * @param only patterns of names, in which {@code *} stands for any letters, dots too: {@code trunk.*}
     * @throws UserException naming the file and everything that does not fit, or a pattern that fits no name
     */
    public static StartValues read(Path path, NetworkGraph graph, List<String> only) {
        Map<String, long[]> wanted = new LinkedHashMap<>();
        for (String pattern : only) {
            new NamePattern(pattern).among(graph.shapes().keySet(), "--init-only", "tensor")
                    .forEach(name -> wanted.put(name, graph.shapes().get(name)));
        }
        try (TensorFile file = SafeTensors.open(path)) {
            Map<String, float[]> own = ModelFiles.read(file, wanted, Set.of(), name -> true);
            Map<String, float[]> tensors = ModelFiles.readAverages(file, wanted, graph.shapes().keySet()).orElse(own);
            List<String> rest = graph.shapes().keySet().stream().filter(name -> !wanted.containsKey(name)).toList();
            return new StartValues(tensors, List.of("Start values: " + tensors.size() + " of "
                    + graph.shapes().size() + " tensors from " + path, "  from scratch: " + rest.size()
                    + (rest.isEmpty()
                            ? "" : ", " + rest.getFirst() + (rest.size() > 1 ? " to " + rest.getLast() : ""))));
        }
    }

    static StartValues own(TensorFile file, NetworkGraph graph) {
        Map<String, float[]> tensors = ModelFiles.read(file, graph.shapes(), graph.batchNormUses().keySet(),
                name -> Checkpoint.isOther(name, graph.shapes().keySet()));
        Checkpoint.checkOthers(file);
        Optional<Map<String, float[]>> averages = ModelFiles.readAverages(file, graph.shapes(),
                graph.shapes().keySet());
        return new StartValues(averages.orElse(tensors), List.of("Start values: " + (averages.isPresent()
                ? "the averages of all " : "all ") + tensors.size() + " tensors from " + file.file()));
    }

    /** These start values in place of others. */
    public Map<String, float[]> over(Map<String, float[]> others) {
        Map<String, float[]> all = new LinkedHashMap<>(others);
        all.putAll(tensors);
        return all;
    }
}
