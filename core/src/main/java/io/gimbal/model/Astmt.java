package io.gimbal.model;

import io.gimbal.config.Counts;
import io.gimbal.config.Range;
import io.gimbal.nn.Join;
import io.gimbal.nn.Layer;
import io.gimbal.nn.Layers;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;

/**
 * Attentive single-tasking of multiple tasks (arXiv 1904.08918) as its authors' code has it, without the discriminator
 * on gradients, which needs second derivatives. Every task is a pass of its own through one ResNet and one DeepLab v3+
 * decoder, whose convolutions all tasks share (they carry the first task's name); batch norms, squeeze-and-excitation
 * gates, residual adapters and the last layer are the task's own. Output stride 16.
 *
 * @param depth    of the ResNet
 * @param decoder  channels of the decoder, for a width of 1
 * @param squeeze  whether each task has gates of its own; otherwise all share those of the encoder, and the decoder has
 *                 none
 * @param adapters whether there are residual adapters
 * @param width    a factor on all hidden channels, above 0; 1 for the paper's network
 */
public record Astmt(Depth depth, int decoder, boolean squeeze, boolean adapters, double width)
        implements Architecture {
    private static final int STEM = 64;
    private static final int EXPANSION = 4;
    private static final int REDUCTION = 16;
    private static final int LOW_REDUCTION = 4;
    /** Of where convolutions start, as the authors have it; gates start by He's rule (arXiv 1502.01852). */
    private static final double DEVIATION = 0.01;
    private static final int[] RATES = {6, 12, 18};

    /** The ResNets, by their layers. */
    public enum Depth {
        /** Two bottlenecks a stage. */
        RESNET26(2, 2, 2, 2),
        /** ResNet-50's. */
        RESNET50(3, 4, 6, 3),
        /** ResNet-101's. */
        RESNET101(3, 4, 23, 3);

        private final int[] units;

        Depth(int... units) {
            this.units = units;
        }

        /** {@return its name in configurations} */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Checks each part. */
    public Astmt {
        Objects.requireNonNull(depth, "depth is null");
        Counts.atLeast("decoder", decoder, 1);
        Range.POSITIVE.check("width", width);
    }

    /** The paper's, on a ResNet-26. */
    public Astmt() {
        this(Depth.RESNET26, 64, true, true, 1);
    }

    @Override
    public Network network(int channels, int height, int imageWidth, PredictedTasks tasks) {
        Composed.refuseAuxiliary(tasks);
        Blocks blocks = new Blocks(channels, height, imageWidth, width);
        blocks.add("backbone.stem", Network.INPUT, Resnet.stem(blocks.scaled(STEM)).startingNormal(DEVIATION));
        String owner = tasks.names().getFirst();
        tasks.main().forEach((task, out) -> blocks.result(task, new Pass(blocks, task, owner).predict(out)));
        return blocks.network().pretrained(List.of(new Pretrained("SE-ResNet of ASTMT's authors", blocks.published(),
                Set.of("fc"))));
    }

    /** One task's way through the network. */
    private final class Pass {
        private final Blocks blocks;
        private final String task;
        private final String owner;
        private final int few;

        Pass(Blocks blocks, String task, String owner) {
            this.blocks = blocks;
            this.task = task;
            this.owner = owner;
            few = blocks.scaled(decoder);
        }

        private String own(String name, String read, Part layers) {
            return blocks.add(task + "." + name, read, layers.startingNormal(DEVIATION));
        }

        private String own(String name, Join join, Part layers) {
            return blocks.add(task + "." + name, join, layers);
        }

        /** A block whose parameters all tasks share. */
        private String shared(String name, String read, Part layers) {
            return task.equals(owner) ? own(name, read, layers)
                    : blocks.addTied(task + "." + name, read, layers.startingNormal(DEVIATION), owner + "." + name);
        }

        String predict(int out) {
            String features = "backbone.stem";
            String low = null;
            for (int stage = 0; stage < depth.units.length; stage++) {
                for (int unit = 0; unit < depth.units[stage]; unit++) {
                    features = unit(stage, unit, features);
                }
                low = low == null ? features : low;
            }
            return decode(low, features, out);
        }

        /** A bottleneck whose stride is in its first 1 x 1 convolution. */
        private String unit(int stage, int unit, String read) {
            String name = "backbone.stage" + (stage + 1) + "." + unit;
            String published = "layer" + (stage + 1) + "." + unit;
            int middle = blocks.scaled(STEM) << stage;
            int stride = unit == 0 && (stage == 1 || stage == 2) ? 2 : 1;
            int dilation = stage == depth.units.length - 1 ? 2 : 1;
            String y = shared(name + ".conv1", read, new Part().add(Units.convolution(middle, 1).stride(stride),
                    published + ".conv1"));
            y = own(name + ".norm1", y, new Part().add(Units.norm(Units.MOMENTUM), published + ".bn1")
                    .add(Layers.relu()));
            String convolved = shared(name + ".conv2", y, new Part().add(Units.dilated(middle, 3, dilation),
                    published + ".conv2"));
            y = adapted(name + ".adapter", name + ".norm2", y, convolved, middle, adapters, new Part()
                    .add(Units.norm(Units.MOMENTUM), published + ".bn2").add(Layers.relu()));
            y = shared(name + ".conv3", y, new Part().add(Units.convolution(EXPANSION * middle, 1),
                    published + ".conv3"));
            y = own(name + ".norm3", y, new Part().add(Units.norm(Units.MOMENTUM), published + ".bn3"));
            y = excite(name, y, REDUCTION, published + ".se.fc", squeeze);
            return own(name, new Join.Add(List.of(y, shortcut(name, published, read, unit, middle, stride)),
                    List.of()), Part.of(Layers.relu()));
        }

        private String shortcut(String name, String published, String read, int unit, int middle, int stride) {
            if (unit > 0) {
                return read;
            }
            String convolved = shared(name + ".shortcut", read, new Part().add(
                    Units.convolution(EXPANSION * middle, 1).stride(stride), published + ".downsample.0"));
            return own(name + ".shortcut.norm", convolved, new Part().add(Units.norm(Units.MOMENTUM),
                    published + ".downsample.1"));
        }

        /** What a shared convolution leaves plus what the task's own 1 x 1 does of the same input, from 0 on. */
        private String adapted(String adapter, String name, String read, String convolved, int channels, boolean adapts,
                Part behind) {
            return adapts ? own(name, new Join.Add(List.of(convolved, own(adapter, read,
                    Part.of(Units.convolution(channels, 1).startingAtZero()))), List.of()), behind)
                    : own(name, convolved, behind);
        }

        /** Squeeze and excitation (arXiv 1709.01507). */
        private String excite(String name, String read, int reduction, String published, boolean ofTask) {
            int channels = blocks.channels(read);
            int squeezed = Math.max(1, channels / reduction);
            Layer.Conv2d narrow = Units.pointwise(squeezed).startingNormal(Math.sqrt(2.0 / channels));
            Layer.Conv2d wide = Units.pointwise(channels).startingNormal(Math.sqrt(2.0 / squeezed));
            Part layers = Part.of(Layers.globalAveragePool().asImages());
            if (published.isEmpty()) {
                layers.add(narrow).add(Layers.relu()).add(wide);
            } else {
                layers.add(narrow, published + ".0").add(Layers.relu()).add(wide, published + ".2");
            }
            layers.add(Layers.sigmoid());
            String gate = ofTask ? own(name + ".gate", read, layers) : shared(name + ".gate", read, layers);
            return own(name + ".gated", new Join.Multiply(List.of(read, gate)), new Part());
        }

        /** DeepLab v3+ (arXiv 1802.02611): the pyramid of the last stage, and a few channels of the first. */
        private String decode(String low, String high, int out) {
            int lowChannels = Math.max(1, 48 * few / 256);
            String reduced = step("low", low, Units.convolution(lowChannels, 1), LOW_REDUCTION);
            List<String> arms = new ArrayList<>();
            arms.add(step("aspp.point", high, Units.convolution(few, 1), REDUCTION));
            for (int rate : RATES) {
                arms.add(step("aspp.rate" + rate, high, Units.dilated(few, 3, rate), REDUCTION));
            }
            String image = step("aspp.image", high, Part.of(Layers.globalAveragePool().asImages(),
                    Units.convolution(few, 1)), few, REDUCTION, false);
            arms.add(own("aspp.image.up", image, blocks.filling(high)));
            String pyramid = step("aspp", own("aspp.joint", new Join.Concat(arms), new Part()),
                    Units.convolution(few, 1), REDUCTION);
            if (!blocks.sameSize(pyramid, low)) {
                pyramid = own("aspp.up", pyramid, blocks.enlarging(pyramid, low));
            }
            String joined = own("merge.joint", new Join.Concat(List.of(pyramid, reduced)), new Part());
            String merged = step("merge", joined, Units.convolution(few, 3), REDUCTION);
            String processed = step("process", merged, Units.convolution(few, 3), REDUCTION);
            return own("head", processed, blocks.predicting(blocks.shape(processed), out));
        }

        private String step(String name, String read, Layer.Conv2d convolution, int reduction) {
            return step(name, read, Part.of(convolution), convolution.out(), reduction, adapters);
        }

        private String step(String name, String read, Part layers, int channels, int reduction, boolean adapts) {
            String convolved = shared(name + ".conv", read, layers);
            String y = adapted(name + ".adapter", name + ".norm", read, convolved, channels, adapts,
                    Part.of(Units.norm(Units.MOMENTUM), Layers.relu()));
            return squeeze ? excite(name, y, reduction, "", true) : y;
        }
    }
}
