package io.gimbal.predict;

import static io.gimbal.nn.Layers.conv2d;
import static io.gimbal.nn.Layers.flatten;
import static io.gimbal.nn.Layers.linear;
import static io.gimbal.nn.Layers.relu;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import io.gimbal.data.Normalisation;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.engine.InferenceStep;
import io.gimbal.loss.Loss;
import io.gimbal.model.Network;
import io.gimbal.optimizer.Adam;
import io.gimbal.train.Examples;
import io.gimbal.train.Trainer;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A network that a program describes and trains, put to use by that program: no files. */
@Tag("device")
class TrainedInAProgramTest {
    private static final int SIDE = 8;
    private static Device device;

    @BeforeAll
    static void open() {
        device = DeviceUnderTest.open();
    }

    @AfterAll
    static void close() {
        device.close();
    }

    /** A class a pixel, bright or dark, and one of the whole: which half is brighter. */
    private static Trainer.Builder trainer() {
        Network network = Network.ofImages(3, SIDE, SIDE).trunk(conv2d(8, 3).padding(1), relu())
                .head("bright", conv2d(2, 1)).head("half", flatten(8 * SIDE * SIDE), linear(2));
        return Trainer.of(device, network).task("bright", Loss.crossEntropy(2)).task("half", Loss.crossEntropy(2))
                .batch(4).optimizer(Adam.withRate(1e-2));
    }

    /** A picture whose left or right half is white, the other black. */
    private static BufferedImage picture(int half) {
        BufferedImage picture = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                picture.setRGB(x, y, x * 2 / SIDE == half ? 0xffffff : 0);
            }
        }
        return picture;
    }

    private static Examples batch(Random random) {
        float[] images = new float[4 * SIDE * SIDE * 3];
        int[] bright = new int[4 * SIDE * SIDE];
        int[] halves = random.ints(4, 0, 2).toArray();
        for (int i = 0; i < bright.length; i++) {
            bright[i] = i % SIDE * 2 / SIDE == halves[i / (SIDE * SIDE)] ? 1 : 0;
            for (int channel = 0; channel < 3; channel++) {
                images[3 * i + channel] = Normalisation.RANGE.of(channel, bright[i], 1);
            }
        }
        return new Examples(images, Map.of(), Map.of("bright", bright, "half", halves));
    }

    private static void train(Trainer trainer, int steps) {
        Random random = new Random(3);
        trainer.train(Stream.generate(() -> batch(random)).iterator(), steps, record -> { });
    }

    @Test
    void aTrainersModelPredictsPictures() throws Exception {
        Model model;
        try (Trainer trainer = trainer().build()) {
            train(trainer, 60);
            model = Model.of(trainer, Normalisation.RANGE).named(Map.of("half", List.of("left", "right")));
            train(trainer, 1);
        }
        assertEquals(Optional.empty(), model.file());
        assertEquals(OptionalLong.of(60), model.steps());
        try (Predictor predictor = model.predictor(device)) {
            for (int half = 0; half < 2; half++) {
                PhotoPrediction prediction = predictor.predict(PhotoSource.of(picture(half)));
                assertEquals(half == 0 ? "left" : "right",
                        ((TaskPrediction.ImageClass) prediction.task("half")).name());
                TaskPrediction.ClassMap map = (TaskPrediction.ClassMap) prediction.task("bright");
                assertEquals(1, map.at(3, half == 0 ? 1 : SIDE - 2));
                assertEquals(0, map.at(3, half == 0 ? SIDE - 2 : 1));
            }
        }
    }

    @Test
    void theAverageIsPredictedByWhereItIsKept() throws Exception {
        float[] raw;
        try (Trainer trainer = trainer().average(0.9).build()) {
            train(trainer, 20);
            Model model = Model.of(trainer, Normalisation.RANGE);
            try (Predictor predictor = model.predictor(device)) {
                raw = predictor.predict(PhotoSource.of(picture(0))).raw(1);
            }
            InferenceStep inference = trainer.inference();
            for (int i = 0; i < SIDE * SIDE * 3; i++) {
                inference.input().put(i, Normalisation.RANGE.of(0, i / 3 % SIDE * 2 / SIDE == 0 ? 1 : 0, 1));
            }
            inference.run();
            // Another batch size: sums of 512 products in float32 may differ in their last bits.
            for (int channel = 0; channel < 2; channel++) {
                assertEquals(inference.prediction(1).get(channel), raw[channel], 1e-5);
            }
        }
    }

    @Test
    void whatDoesNotFitIsRefused() {
        try (Trainer trainer = trainer().build()) {
            Normalisation grey = new Normalisation(List.of(0.5f, 0.5f), List.of(0.25f, 0.25f));
            String refusal = assertThrows(UserException.class, () -> Model.of(trainer, grey)).getMessage();
            assertTrue(refusal.contains("2 channels") && refusal.contains("3"), refusal);
            Model model = Model.of(trainer, Normalisation.RANGE);
            assertThrows(IllegalArgumentException.class, () -> model.named(Map.of("halves", List.of("a", "b"))));
            assertThrows(UserException.class, () -> model.named(Map.of("half", List.of("one"))));
        }
        Network flat = Network.ofFeatures(4).trunk(linear(4)).head("line", linear(1));
        try (Trainer trainer = Trainer.of(device, flat).task("line", Loss.l2()).build()) {
            Model model = Model.of(trainer, Normalisation.RANGE);
            try (Predictor predictor = model.predictor(device)) {
                assertEquals("the network takes rows of 4 features, and no photos: give it a RowSource.", assertThrows(
                        UserException.class, () -> predictor.predict(PhotoSource.normalised(new float[4])))
                        .getMessage());
            }
        }
    }
}
