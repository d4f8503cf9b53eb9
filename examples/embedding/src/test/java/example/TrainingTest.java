package example;

import static io.gimbal.nn.Layers.conv2d;
import static io.gimbal.nn.Layers.flatten;
import static io.gimbal.nn.Layers.linear;
import static io.gimbal.nn.Layers.maxPool;
import static io.gimbal.nn.Layers.relu;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.balance.GradNorm;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.loss.Loss;
import io.gimbal.model.Network;
import io.gimbal.optimizer.Adam;
import io.gimbal.train.Examples;
import io.gimbal.train.Trainer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TrainingTest {
    private final Random random = new Random(1);

    @Test
    void aNetworkLearnsTwoTasks() throws InterruptedException {
        Network network = Network.ofImages(1, 8, 8)
                .trunk(conv2d(8, 3).padding(1), relu(), maxPool(2), flatten(8 * 4 * 4), linear(32), relu())
                .head("brightness", linear(1))
                .head("side", linear(2));
        List<double[]> losses = new ArrayList<>();
        try (Device device = Device.open(DeviceKind.AUTO);
                Trainer trainer = Trainer.of(device, network).batch(16)
                        .task("brightness", Loss.l2()).task("side", Loss.crossEntropy(2))
                        .balancing(GradNorm.withAlpha(1.5)).optimizer(Adam.withRate(1e-3)).build()) {
            trainer.train(Stream.generate(() -> batch(16)).iterator(), 300, step -> losses.add(step.loss().clone()));
        }
        // Which side is brighter is not known at first, log 2, and nearly certain then.
        assertTrue(losses.getFirst()[1] > 0.5 && losses.getLast()[1] < 0.1, losses.getLast()[1] + " is left");
    }

    /** Made-up images, brighter on one side: how bright are they on the whole, and which side is it? */
    private Examples batch(int size) {
        float[] images = new float[size * 8 * 8];
        float[] brightness = new float[size];
        int[] side = random.ints(size, 0, 2).toArray();
        for (int i = 0; i < images.length; i++) {
            boolean right = i % 8 >= 4;
            images[i] = random.nextFloat() + (right == (side[i / 64] == 1) ? 0.2f : 0);
            brightness[i / 64] += images[i] / 64;
        }
        return new Examples(images, Map.of("brightness", brightness), Map.of("side", side));
    }
}
