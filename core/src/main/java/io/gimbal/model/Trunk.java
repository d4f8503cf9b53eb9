package io.gimbal.model;

import io.gimbal.nn.Join;
import io.gimbal.nn.Layers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What an encoder leaves for the tasks' decoders: features of several scales for each task, its own or shared. */
final class Trunk {
    /** As decoders that work at several scales want them. */
    static final int SCALES = 4;

    private final Blocks blocks;
    private final Map<String, Branch> branches;
    private final Map<String, String> fused = new LinkedHashMap<>();

    /**
     * The features of one task, or of all.
     *
     * @param prefix   what further blocks' names begin with
     * @param scales   blocks, from fine to coarse
     * @param parallel whether the scales were made side by side; otherwise the coarsest one has what all others had
     */
    record Branch(String prefix, List<String> scales, boolean parallel) {
        Branch {
            scales = List.copyOf(scales);
        }

        List<String> last(int count) {
            return scales.subList(scales.size() - count, scales.size());
        }
    }

    /** @param branches by task */
    Trunk(Blocks blocks, Map<String, Branch> branches) {
        this.blocks = blocks;
        this.branches = Map.copyOf(branches);
    }

    /** What the names of a task's blocks in the trunk begin with; of a shared one all tasks' are the same. */
    String prefix(String task) {
        return branches.get(task).prefix();
    }

    /** The four coarsest scales, from fine to coarse. */
    List<String> scales(String task) {
        return branches.get(task).last(SCALES);
    }

    /** The one block that a head reads: the coarsest scale, or parallel ones enlarged to the finest, side by side. */
    String features(String task) {
        return features(task, new Part());
    }

    /** The same with a 1 x 1 convolution over parallel scales (PAD-Net's trunk). */
    String mixedFeatures(String task) {
        Branch branch = branches.get(task);
        int channels = branch.scales().stream().mapToInt(blocks::channels).sum();
        return features(task, Part.of(Units.pointwise(channels), Units.norm(Units.MOMENTUM), Layers.relu()));
    }

    private String features(String task, Part behind) {
        Branch branch = branches.get(task);
        return branch.parallel() ? fused.computeIfAbsent(branch.prefix(), _ -> fuse(branch, behind))
                : branch.scales().getLast();
    }

    private String fuse(Branch branch, Part behind) {
        String finest = branch.scales().getFirst();
        List<String> enlarged = new ArrayList<>();
        for (int scale = 0; scale < branch.scales().size(); scale++) {
            String block = branch.scales().get(scale);
            Part enlarging = blocks.enlarging(block, finest);
            enlarged.add(enlarging.layers().isEmpty() ? block
                    : blocks.add(branch.prefix() + ".scale" + scale + ".up", block, enlarging));
        }
        return blocks.add(branch.prefix() + ".fused", new Join.Concat(enlarged), behind);
    }
}
