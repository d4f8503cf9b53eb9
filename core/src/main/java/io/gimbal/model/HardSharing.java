package io.gimbal.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One backbone for all tasks: the survey's multi-task baseline, and with one task its single-task network. */
public record HardSharing() implements Encoder {
    @Override
    public Trunk build(Blocks blocks, Backbone backbone, List<String> tasks) {
        List<String> left = List.of(Network.INPUT);
        List<String> scales = new ArrayList<>();
        for (Backbone.Stage stage : backbone.stages(blocks)) {
            left = stage.add(blocks, "backbone", left);
            scales.addAll(left);
        }
        Trunk.Branch shared = new Trunk.Branch("backbone", backbone.parallel() ? left : scales, backbone.parallel());
        Map<String, Trunk.Branch> branches = new HashMap<>();
        tasks.forEach(task -> branches.put(task, shared));
        return new Trunk(blocks, branches);
    }
}
