package program;

import static io.gimbal.nn.Layers.conv2d;
import static io.gimbal.nn.Layers.flatten;
import static io.gimbal.nn.Layers.linear;
import static io.gimbal.nn.Layers.relu;

import io.gimbal.balance.GradNorm;
import io.gimbal.device.BindingKind;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.loss.Loss;
import io.gimbal.model.Network;
import io.gimbal.optimizer.Adam;
import io.gimbal.train.Examples;
import io.gimbal.train.Trainer;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/** Trains a small network and prints what became of it; the argument names the binding. */
public final class Program {
    private Program() {}

    public static void main(String[] arguments) throws InterruptedException {
        System.out.print(trained(arguments[0]));
    }

    public static String trained(String binding) throws InterruptedException {
        Network network = Network.ofImages(1, 6, 6).trunk(conv2d(4, 3), relu(), flatten(64)).head("mean", linear(1))
                .head("brighter", linear(2));
        StringBuilder said = new StringBuilder();
        try (Device device = Device.open(DeviceKind.SOFT, BindingKind.valueOf(binding));
                Trainer trainer = Trainer.of(device, network).batch(4).task("mean", Loss.l2())
                        .task("brighter", Loss.crossEntropy(2)).balancing(GradNorm.withAlpha(1.5))
                        .optimizer(Adam.withRate(1e-2)).build()) {
            trainer.train(IntStream.range(0, 20).mapToObj(Program::batch).iterator(), 20, step ->
                    said.append(step.loss()[0]).append(' ').append(step.weight()[1]).append('\n'));
        }
        return said.toString();
    }

    private static Examples batch(int number) {
        Random random = new Random(number);
        float[] images = new float[4 * 36];
        float[] means = new float[4];
        int[] brighter = new int[4];
        for (int i = 0; i < images.length; i++) {
            images[i] = random.nextFloat();
            means[i / 36] += images[i] / 36;
        }
        for (int i = 0; i < means.length; i++) {
            brighter[i] = means[i] > 0.5f ? 1 : 0;
        }
        return new Examples(images, Map.of("mean", means), Map.of("brighter", brighter));
    }
}
