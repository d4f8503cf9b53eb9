package io.gimbal.model;

import io.gimbal.config.Counts;
import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import io.gimbal.graph.Shape;
import io.gimbal.nn.Join;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.SequencedMap;

/**
 * PAP-Net (arXiv 1906.03525), in the form of a third party (Armanfard-Lab/EMA-Net), since the authors gave no code:
 * each task's features are diffused by the affinities of all tasks' pixels, F = beta sum_u a_u M_u F + (1 - beta) F_0,
 * M_u being the softmax over the image of the inner products of task u's embeddings and a a softmax over the tasks.
 *
 * @param beta       how much of the diffused features is taken, from 0 to 1
 * @param iterations how often they are diffused
 * @param stride     at what part of the input's height and width: affinities are of every place with every other
 */
public record PapNet(double beta, int iterations, int stride) implements Decoder {
    /** Each is blocks of the network. */
    static final int MOST_ITERATIONS = 100;

    /** Checks each part. */
    public PapNet {
        Range.FRACTION.check("beta", beta);
        Counts.atLeast("iterations", iterations, 1);
        if (iterations > MOST_ITERATIONS) {
            throw new UserException("iterations is " + iterations + ", each of which is blocks of the network; at most "
                    + MOST_ITERATIONS);
        }
        Counts.atLeast("stride", stride, 1);
    }

    /** beta 0.05, once, at a quarter of the input's height and width. */
    public PapNet() {
        this(0.05, 1, 4);
    }

    @Override
    public void build(Blocks blocks, Trunk trunk, PredictedTasks tasks) {
        int half = InitialPredictions.channels(blocks) / 2;
        Shape input = blocks.input();
        Shape meeting = input.withSize(Math.max(1, input.height() / stride), Math.max(1, input.width() / stride));
        SequencedMap<String, String> embedded = new LinkedHashMap<>();
        tasks.every().forEach((task, out) -> {
            String initial = InitialPredictions.add(blocks, trunk, task, out);
            embedded.put(task, blocks.add(task + ".embedding", initial, Part.of(Units.pointwise(half))
                    .add(Blocks.enlarging(blocks.shape(initial), meeting))));
        });
        tasks.main().forEach((task, out) -> {
            String diffused = diffuse(blocks, task, embedded);
            blocks.result(task, blocks.add(task + ".head", diffused, InitialPredictions.bottlenecks(half)
                    .add(blocks.predicting(blocks.shape(diffused), out))));
        });
    }

    private String diffuse(Blocks blocks, String task, SequencedMap<String, String> embedded) {
        String features = embedded.get(task);
        String now = features;
        for (int i = 0; i < iterations; i++) {
            String tag = iterations > 1 ? "." + i : "";
            List<String> arriving = new ArrayList<>();
            for (String other : embedded.keySet()) {
                String by = embedded.get(other);
                arriving.add(blocks.add(task + ".diffuse" + tag + "." + other, new Join.Attention(
                        List.of(by, by, now), OptionalDouble.of(1), 1, OptionalInt.empty())));
            }
            Join mixed = new Join.Mix(arriving, false, Collections.nCopies(arriving.size(), 0.0), true);
            String combined = i == 0 ? blocks.add(task + ".diffused" + tag, mixed)
                    : blocks.addTied(task + ".diffused" + tag, mixed, task + ".diffused.0");
            now = blocks.add(task + ".blended" + tag, new Join.Add(List.of(combined, features),
                    List.of(beta, 1 - beta)));
        }
        return now;
    }

    @Override
    public boolean takesAuxiliary() {
        return true;
    }
}
