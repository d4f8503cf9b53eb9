package io.gimbal.train;

import static io.gimbal.nn.Layers.linear;
import static io.gimbal.nn.Layers.tanh;

import io.gimbal.device.Device;
import io.gimbal.loss.Loss;
import io.gimbal.model.Network;
import java.util.Iterator;
import java.util.Map;
import java.util.Random;

/** Four random features; "line" is a linear function of them, "side" says on which side of a plane they lie. */
public final class ToyProblem implements Iterator<Examples> {
    static final int BATCH = 10;
    static final int FEATURES = 4;

    private final Random random;
    private int left;

    /** That many batches. */
    public ToyProblem(long seed, int batches) {
        random = new Random(seed);
        left = batches;
    }

    static Network network() {
        return Network.ofFeatures(FEATURES).trunk(linear(16), tanh()).head("line", linear(1)).head("side", linear(2));
    }

    public static Trainer.Builder trainer(Device device) {
        return Trainer.of(device, network()).task("line", Loss.l2()).task("side", Loss.crossEntropy(2)).batch(BATCH);
    }

    @Override
    public boolean hasNext() {
        return left > 0;
    }

    @Override
    public Examples next() {
        left--;
        float[] inputs = new float[BATCH * FEATURES];
        float[] line = new float[BATCH];
        int[] side = new int[BATCH];
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = random.nextFloat(-1, 1);
        }
        for (int i = 0; i < BATCH; i++) {
            int x = i * FEATURES;
            line[i] = inputs[x] - 2 * inputs[x + 1] + 0.5f;
            side[i] = inputs[x + 2] + inputs[x + 3] > 0 ? 1 : 0;
        }
        return new Examples(inputs, Map.of("line", line), Map.of("side", side));
    }
}
