package io.gimbal.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.balance.GradNorm;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.ResourcesInUse;
import io.gimbal.loss.Loss;
import io.gimbal.model.Network;
import io.gimbal.nn.Layers;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A training gives its memory back, as a device that stays open sees it. */
@Tag("device")
class MemoryReturnedTest {
    private static final int BATCH = 16;
    private static final int EXTENT = 64;
    private static final int STEPS = 3;

    private static Network network() {
        return Network.ofImages(3, EXTENT, EXTENT)
                .trunk(Layers.conv2d(32, 3).padding(1).withoutBias(), Layers.batchNorm(), Layers.relu(),
                        Layers.conv2d(32, 3).padding(1).withoutBias(), Layers.batchNorm(), Layers.relu())
                .head("near", Layers.conv2d(1, 1)).head("far", Layers.conv2d(1, 1));
    }

    /** Trains on a device of its own, predicts, and closes all; how much was in use before that. */
    private static ResourcesInUse train(Device witness) {
        try (Device device = DeviceUnderTest.open();
                Trainer trainer = Trainer.of(device, network()).task("near", Loss.l2()).task("far", Loss.l1())
                        .balancing(GradNorm.withAlpha(1.5)).batch(BATCH).build()) {
            float[] images = new float[BATCH * EXTENT * EXTENT * 3];
            float[] targets = new float[BATCH * EXTENT * EXTENT];
            for (int i = 0; i < images.length; i++) {
                images[i] = (i * 37 % 101) / 101f;
                targets[i / 3] = images[i];
            }
            Examples examples = new Examples(images, Map.of("near", targets, "far", targets), Map.of());
            Iterator<Examples> batches = Stream.generate(() -> examples).iterator();
            List<Object> records = new ArrayList<>();
            trainer.train(batches, STEPS, records::add);
            assertEquals(STEPS, records.size());
            trainer.inference().run();
            device.synchronize();
            return ResourcesInUse.of(witness);
        }
    }

    @Test
    void whatATrainingTookIsFreeAgainOnceItsDeviceIsClosed() {
        try (Device witness = DeviceUnderTest.open()) {
            // What a GPU's libraries load at first use stays loaded: that much is no loss of later trainings.
            train(witness);
            ResourcesInUse before = ResourcesInUse.of(witness);
            ResourcesInUse during = train(witness);
            long taken = during.bytes() - before.bytes();
            assertTrue(taken > 2 * ResourcesInUse.SLACK_BYTES_OF_A_GPU, () -> "a training of " + taken
                    + " bytes is too small to tell by a GPU's free memory whether it was given back");
            before.assertNoMoreIsInUseNow();
        }
    }
}
