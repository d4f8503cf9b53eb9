package io.gimbal.model;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.graph.Shape;
import io.gimbal.nn.Join;
import io.gimbal.nn.Layer;
import io.gimbal.nn.Layers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Joint task-recursive learning (ECCV 2018, Zhang et al.): two tasks refine each other in turn, at 1/16, 1/8, 1/4 and
 * 1/2 of the image. The paper's first task is depth, its second segmentation. Recursion and order are the paper's;
 * layers are those of a third party (EEEGUI/SPNet), since the authors gave no code, but for the balance unit, which is
 * the paper's.
 */
public record Jtrl() implements Decoder {
    private static final int SHARE = 4;

    @Override
    public void build(Blocks blocks, Trunk trunk, PredictedTasks tasks) {
        List<String> two = tasks.names();
        if (two.size() != 2) {
            throw new UserException("jtrl takes two tasks, in the order in which they take turns; there "
                    + (two.size() == 1 ? "is one: " : "are " + two.size() + ": ") + Names.list(two));
        }
        new Turns(blocks, trunk, tasks).build();
    }

    /** The turns of two tasks. */
    private static final class Turns {
        private final Blocks blocks;
        private final Trunk trunk;
        private final PredictedTasks tasks;
        private final String first;
        private final String second;
        private final Map<String, String> grown = new HashMap<>();

        Turns(Blocks blocks, Trunk trunk, PredictedTasks tasks) {
            this.blocks = blocks;
            this.trunk = trunk;
            this.tasks = tasks;
            first = tasks.names().getFirst();
            second = tasks.names().getLast();
        }

        void build() {
            int channels = blocks.channels(trunk.scales(first).getLast()) / 2;
            String ofFirst = state(first, 1, channels, List.of(up(first), skip(first, 1)));
            String ofSecond = state(second, 1, channels, List.of(up(second), ofFirst, skip(second, 1)));
            for (int turn = 2; turn <= Trunk.SCALES; turn++) {
                channels = Math.max(SHARE, channels / 2);
                String x = grow(second + ".up" + (turn - 1), ofSecond);
                String y = grow(first + ".up" + (turn - 1), ofFirst);
                ofFirst = state(first, turn, channels, attended(first, turn, x, y));
                ofSecond = state(second, turn, channels, attended(second, turn, x, ofFirst));
            }
        }

        /** What the backbone leaves, enlarged; of a shared one this is shared, too. */
        private String up(String task) {
            return grown.computeIfAbsent(trunk.scales(task).getLast(), deepest ->
                    grow(trunk.prefix(task) + ".up", deepest));
        }

        private String skip(String task, int turn) {
            String skip = trunk.scales(task).get(Trunk.SCALES - 1 - turn);
            if (turn == 1 && !blocks.sameSize(skip, up(task))) {
                throw new UserException("jtrl doubles its features in each turn, and joins them with the backbone's of"
                        + " that size: each scale must be half of the one before. Here " + skip + " leaves "
                        + blocks.shape(skip).describe() + ", and " + up(task) + " " + blocks.shape(up(task)).describe()
                        + ": take a backbone that is not dilated, and height and width that are multiples of 32");
            }
            return skip;
        }

        private List<String> attended(String task, int turn, String x, String y) {
            List<String> reads = new ArrayList<>(List.of(attend(task + ".turn" + turn + ".attention", x, y)));
            if (turn < Trunk.SCALES) {
                reads.add(skip(task, turn));
            }
            return reads;
        }

        /** Two bottlenecks, and the prediction of this turn. */
        private String state(String task, int turn, int channels, List<String> reads) {
            int arriving = reads.stream().mapToInt(blocks::channels).sum();
            String name = task + ".turn" + turn;
            String state = blocks.addJoined(name, reads, rest(channels).on(arriving).add(rest(channels).on(channels)));
            blocks.result(task, blocks.add(name + ".prediction", state, blocks.predicting(blocks.shape(state),
                    tasks.main().get(task))));
            return state;
        }

        private static Units.Bottleneck rest(int channels) {
            return Units.Bottleneck.of(Math.max(1, channels / SHARE), channels).withBias().projecting();
        }

        /** Twice the size: convolutions of four sizes side by side, their channels moved into space. */
        private String grow(String name, String source) {
            int channels = Math.max(1, blocks.channels(source) / 2);
            int[][] kernels = {{1, 1}, {3, 2}, {5, 1}, {7, 1}};
            List<String> arms = new ArrayList<>();
            for (int[] kernel : kernels) {
                arms.add(blocks.add(name + ".kernel" + kernel[0], source, Units.biased(channels, kernel[0], kernel[1]),
                        Units.norm(Units.MOMENTUM), Layers.relu()));
            }
            return blocks.add(name, new Join.Concat(arms), Layers.pixelShuffle(2));
        }

        /** The task-attentional module: a balance of the two tasks' features, and a mask over both made of it. */
        private String attend(String name, String x, String y) {
            int channels = blocks.channels(x);
            String balance = blocks.add(name + ".balance", new Join.Concat(List.of(x, y)), Units.pointwise(channels),
                    Layers.sigmoid());
            String fromY = blocks.add(name + ".from_y", new Join.Multiply(List.of(balance, y)));
            String kept = blocks.add(name + ".kept", new Join.Multiply(List.of(balance, x)));
            String fromX = blocks.add(name + ".from_x", new Join.Add(List.of(x, kept), List.of(1.0, -1.0)));
            String mask = blocks.add(name + ".mask", new Join.Concat(List.of(fromY, fromX)), mask(x));
            List<String> raised = List.of(raise(name, "y", y, mask), raise(name, "x", x, mask));
            return blocks.add(name, new Join.Concat(raised), Units.pointwise(channels));
        }

        private Part mask(String x) {
            Shape whole = blocks.shape(x);
            Shape half = halved(whole);
            Shape quarter = halved(half);
            Layer pooling = new Layer.MaxPool(3, 2, 1);
            Units.Bottleneck unit = rest(whole.channels());
            return Part.of(Units.pointwise(whole.channels()), pooling).add(unit.on(whole.channels())).add(pooling)
                    .add(unit.on(whole.channels())).add(Blocks.enlarging(quarter, half)).add(unit.on(whole.channels()))
                    .add(Blocks.enlarging(half, whole)).add(unit.on(whole.channels())).add(Layers.sigmoid());
        }

        private static Shape halved(Shape shape) {
            return shape.withSize((shape.height() + 1) / 2, (shape.width() + 1) / 2);
        }

        private String raise(String name, String which, String source, String mask) {
            String masked = blocks.add(name + ".masked_" + which, new Join.Multiply(List.of(mask, source)));
            return blocks.add(name + ".raised_" + which, new Join.Add(List.of(source, masked), List.of()));
        }
    }
}
