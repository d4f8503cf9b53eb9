package io.gimbal.model;

import io.gimbal.model.Backbone.Stage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * A whole backbone for each task, stage beside stage; behind a stage the tasks exchange features. Of an HRNet, whose
 * stages leave several branches, each branch is exchanged by itself.
 */
final class Parallel {
    private final Blocks blocks;
    private final Exchange exchange;
    private final SequencedMap<String, List<String>> left = new LinkedHashMap<>();
    private final Map<String, List<String>> scales = new HashMap<>();

    /** What the tasks do with each other's features. */
    interface Exchange {
        /**
         * Adds what makes a task's features of all tasks'.
         *
         * @param task  whose
         * @param place which exchange it is, as in {@code stitchPLACE}
         * @param read  the features of all tasks, in order
         */
        String features(String task, String place, SequencedMap<String, String> read);
    }

    private Parallel(Blocks blocks, Exchange exchange, List<String> tasks) {
        this.blocks = blocks;
        this.exchange = exchange;
        tasks.forEach(task -> left.put(task, List.of(Network.INPUT)));
        tasks.forEach(task -> scales.put(task, new ArrayList<>()));
    }

    /** @param behindStem whether they exchange behind the stem, too, as number 0 */
    static Trunk build(Blocks blocks, Backbone backbone, List<String> tasks, boolean behindStem, Exchange exchange) {
        Parallel parallel = new Parallel(blocks, exchange, tasks);
        for (Stage stage : backbone.stages(blocks)) {
            parallel.left.replaceAll((task, read) -> stage.add(blocks, task + ".backbone", read));
            boolean stem = stage.name().equals("stem");
            if (!stem || behindStem) {
                parallel.exchange(stem ? "0" : stage.name().substring("stage".length()));
            }
            parallel.left.forEach((task, values) -> parallel.scales.get(task).addAll(values));
        }
        Map<String, Trunk.Branch> branches = new HashMap<>();
        parallel.left.forEach((task, last) -> branches.put(task, new Trunk.Branch(task + ".backbone",
                backbone.parallel() ? last : parallel.scales.get(task), backbone.parallel())));
        return new Trunk(blocks, branches);
    }

    private void exchange(String place) {
        int values = left.firstEntry().getValue().size();
        SequencedMap<String, List<String>> exchanged = new LinkedHashMap<>();
        left.keySet().forEach(task -> exchanged.put(task, new ArrayList<>()));
        for (int value = 0; value < values; value++) {
            SequencedMap<String, String> read = new LinkedHashMap<>();
            int at = value;
            left.forEach((task, all) -> read.put(task, all.get(at)));
            String named = values == 1 ? place : place + "." + value;
            exchanged.forEach((task, all) -> all.add(exchange.features(task, named, read)));
        }
        left.putAll(exchanged);
    }
}
