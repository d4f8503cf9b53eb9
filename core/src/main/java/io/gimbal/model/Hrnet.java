package io.gimbal.model;

import io.gimbal.graph.Shape;
import io.gimbal.model.Backbone.Sequence;
import io.gimbal.model.Backbone.Source;
import io.gimbal.model.Backbone.Stage;
import io.gimbal.nn.Join;
import io.gimbal.nn.Layers;
import java.util.ArrayList;
import java.util.List;

/**
 * HRNet (arXiv 1908.07919) without its classifier: branches of 1/4, 1/8, 1/16 and 1/32 of the image side by side, which
 * exchange what they have at the end of each module. Blocks {@code stem}, {@code stage1}, {@code transitionS.B} (how
 * branch B of stage S + 1 starts), {@code stageS.M.branchB} (module M), {@code stageS.M.fuseI} (what arrives at branch
 * I) with {@code .fromJ} (the path from branch J), and in the end {@code scale0} to {@code scale3}.
 *
 * <p>As the authors' segmentation form and the survey's code have it, what is enlarged in an exchange is so bilinearly;
 * the classifier whose parameters are published was trained with the nearest value.
 *
 * @param base    channels of the finest branch; each coarser one has twice as many
 * @param first   bottlenecks of the first stage
 * @param modules of the second, third and fourth stage
 * @param units   basic units of each branch of a module
 */
record Hrnet(int base, int first, List<Integer> modules, int units) implements Backbone.Form {
    private static final int STEM = 64;
    private static final int EXPANSION = 4;
    private static final double MOMENTUM = 0.01;
    /** Of where convolutions start, as the authors have it. */
    private static final double DEVIATION = 0.001;

    @Override
    public List<Stage> stages(Blocks blocks, boolean dilated) {
        int stem = blocks.scaled(STEM);
        List<Stage> stages = new ArrayList<>();
        stages.add(new Sequence("stem", new Part()
                .add(Units.convolution(stem, 3).stride(2), "conv1").add(Units.norm(MOMENTUM), "bn1")
                .add(Layers.relu())
                .add(Units.convolution(stem, 3).stride(2), "conv2").add(Units.norm(MOMENTUM), "bn2")
                .add(Layers.relu()).startingNormal(DEVIATION)));
        Part bottlenecks = new Part();
        for (int unit = 0; unit < first; unit++) {
            bottlenecks.add(new Units.Bottleneck(stem, EXPANSION * stem, 1, 1, MOMENTUM, false, unit == 0)
                    .on(unit == 0 ? stem : EXPANSION * stem, "layer1." + unit));
        }
        stages.add(new Sequence("stage1", bottlenecks.startingNormal(DEVIATION)));
        for (int stage = 2; stage <= modules.size() + 1; stage++) {
            stages.add(new Exchanging(stage, modules.get(stage - 2), stage == modules.size() + 1));
        }
        return stages;
    }

    @Override
    public Source source() {
        return new Source("HRNet's classifier, of its authors or of timm", List.of("incre_modules", "downsamp_modules",
                "final_layer", "classifier"));
    }

    /**
     * A stage of as many branches as its number says.
     *
     * @param last whether it leaves the scales
     */
    private final class Exchanging implements Stage {
        private final int stage;
        private final int count;
        private final boolean last;

        Exchanging(int stage, int count, boolean last) {
            this.stage = stage;
            this.count = count;
            this.last = last;
        }

        @Override
        public String name() {
            return "stage" + stage;
        }

        @Override
        public List<String> add(Blocks blocks, String prefix, List<String> read) {
            List<String> branches = new ArrayList<>();
            for (int branch = 0; branch < stage; branch++) {
                branches.add(begin(blocks, prefix + ".transition" + (stage - 1) + "." + branch, read, branch));
            }
            for (int module = 0; module < count; module++) {
                branches = module(blocks, prefix, module, branches);
            }
            return branches;
        }

        /** A branch goes on, by a convolution where its channels are others; a new one comes from the coarsest. */
        private String begin(Blocks blocks, String name, List<String> read, int branch) {
            int channels = blocks.scaled(base << branch);
            String published = "transition" + (stage - 1) + "." + branch;
            if (branch >= read.size()) {
                return blocks.add(name, read.getLast(), new Part()
                        .add(Units.convolution(channels, 3).stride(2), published + ".0.0")
                        .add(Units.norm(MOMENTUM), published + ".0.1").add(Layers.relu())
                        .startingNormal(DEVIATION));
            }
            String before = read.get(branch);
            return blocks.channels(before) == channels ? before : blocks.add(name, before, new Part()
                    .add(Units.convolution(channels, 3), published + ".0")
                    .add(Units.norm(MOMENTUM), published + ".1").add(Layers.relu()).startingNormal(DEVIATION));
        }

        private List<String> module(Blocks blocks, String prefix, int module, List<String> read) {
            String name = prefix + ".stage" + stage + "." + module;
            String published = "stage" + stage + "." + module;
            List<String> branches = new ArrayList<>();
            for (int branch = 0; branch < read.size(); branch++) {
                branches.add(blocks.add(name + ".branch" + branch, read.get(branch), units(
                        blocks.channels(read.get(branch)), published + ".branches." + branch)
                        .startingNormal(DEVIATION)));
            }
            List<String> fused = new ArrayList<>();
            for (int to = 0; to < branches.size(); to++) {
                List<String> arriving = new ArrayList<>();
                for (int from = 0; from < branches.size(); from++) {
                    arriving.add(from == to ? branches.get(from) : blocks.add(name + ".fuse" + to + ".from" + from,
                            branches.get(from), path(blocks, branches, from, to,
                                    published + ".fuse_layers." + to + "." + from).startingNormal(DEVIATION)));
                }
                boolean ends = last && module == count - 1;
                fused.add(blocks.add(ends ? prefix + ".scale" + to : name + ".fuse" + to,
                        new Join.Add(arriving, List.of()), Layers.relu()));
            }
            return fused;
        }

        private Part units(int channels, String published) {
            Part part = new Part();
            for (int unit = 0; unit < units; unit++) {
                part.add(new Units.Basic(channels, 1, 1, 1, MOMENTUM, false).on(channels, published + "." + unit));
            }
            return part;
        }
    }

    private static Part path(Blocks blocks, List<String> branches, int from, int to, String published) {
        Shape here = blocks.shape(branches.get(from));
        Shape there = blocks.shape(branches.get(to));
        if (from > to) {
            return new Part().add(Units.convolution(there.channels(), 1), published + ".0")
                    .add(Units.norm(MOMENTUM), published + ".1").add(Blocks.enlarging(here, there));
        }
        Part part = new Part();
        for (int halving = 0; halving < to - from; halving++) {
            boolean ends = halving == to - from - 1;
            part.add(Units.convolution(ends ? there.channels() : here.channels(), 3).stride(2),
                    published + "." + halving + ".0").add(Units.norm(MOMENTUM), published + "." + halving + ".1");
            if (!ends) {
                part.add(Layers.relu());
            }
        }
        return part;
    }
}
