package io.gimbal.predict;

import static io.gimbal.nn.Layers.linear;
import static io.gimbal.nn.Layers.relu;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
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
import io.gimbal.train.Trainer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a network of plain values says of rows that a program gives. */
@Tag("device")
class RowSourceTest {
    private static final int ROWS = 9;

    private static Trainer trainer(Device device) {
        Network network = Network.ofFeatures(3).trunk(linear(8), relu()).head("value", linear(2)).head("yes", linear(1))
                .head("kind", linear(4));
        return Trainer.of(device, network).task("value", Loss.l2()).task("yes", Loss.binaryCrossEntropy(1))
                .task("kind", Loss.crossEntropy(4)).batch(ROWS).build();
    }

    @Test
    void eachRowIsPredictedAsTheNetworkSays() throws Exception {
        try (Device device = DeviceUnderTest.open(); Trainer trainer = trainer(device)) {
            Model model = Model.of(trainer, Normalisation.RANGE).named(Map.of("kind", List.of("a", "b", "c", "d")));
            assertTrue(model.takesRows());
            assertEquals(List.of(), model.columns());
            assertEquals(3, model.channels());
            List<float[]> rows = TinyModel.images(ROWS, 3);
            List<CompletableFuture<RowPrediction>> said = new ArrayList<>();
            InferenceStep inference = trainer.inference();
            FloatBuffer input = inference.input();
            try (Predictor predictor = model.predictor(device)) {
                for (float[] row : rows) {
                    said.add(predictor.submit(RowSource.normalised(row)));
                    input.put(row);
                }
                inference.run();
                for (int row = 0; row < ROWS; row++) {
                    RowPrediction prediction = said.get(row).get();
                    // Another batch size: sums of 8 products in float32 may differ in their last bits.
                    float[] values = {inference.prediction(0).get(2 * row), inference.prediction(0).get(2 * row + 1)};
                    assertArrayEquals(values, ((TaskPrediction.ImageValues) prediction.task("value")).values(), 1e-5f);
                    assertArrayEquals(values, prediction.raw(0), 1e-5f);
                    assertEquals(1 / (1 + Math.exp(-inference.prediction(1).get(row))),
                            ((TaskPrediction.ImageValues) prediction.task("yes")).values()[0], 1e-5);
                    TaskPrediction.ImageClass kind = (TaskPrediction.ImageClass) prediction.task("kind");
                    assertEquals("abcd".substring(kind.number(), kind.number() + 1), kind.name());
                    for (int number = 0; number < 4; number++) {
                        assertTrue(inference.prediction(2).get(4 * row + number) <= inference.prediction(2).get(4 * row
                                + kind.number()) + 1e-5);
                    }
                }
            }
        }
    }

    @Test
    void whatTheNetworkCannotTakeFailsThatRequestAlone() throws Exception {
        try (Device device = DeviceUnderTest.open(); Trainer trainer = trainer(device);
                Predictor predictor = Model.of(trainer, Normalisation.RANGE).predictor(device)) {
            assertRefused(predictor, RowSource.normalised(new float[4]), "4 values", "takes 3");
            assertRefused(predictor, RowSource.normalised(new float[] {0, Float.NaN, 0}), "value 1", "NaN");
            assertRefused(predictor, RowSource.of(Map.of("age", 3)), "knows no columns", "RowSource.normalised");
            assertRefused(predictor, PhotoSource.normalised(new float[3]), "rows of 3 features", "RowSource");
            RowPrediction said = predictor.predict(RowSource.normalised(new float[3]));
            assertThrows(IllegalArgumentException.class, () -> said.task("mood"));
        }
    }

    @Test
    void aModelOfImagesTakesNoRows(@TempDir Path folder) throws Exception {
        try (Device device = DeviceUnderTest.open();
                Predictor predictor = Model.load(TinyModel.write(folder.resolve("tiny"), 1)).predictor(device)) {
            assertRefused(predictor, RowSource.normalised(new float[3]), "takes images", "PhotoSource");
        }
    }

    private static void assertRefused(Predictor predictor, PredictionSource<?> source, String... parts)
            throws InterruptedException {
        Throwable failure = assertThrows(ExecutionException.class, () -> predictor.submit(source).get()).getCause();
        assertTrue(failure instanceof UserException, failure::toString);
        for (String part : parts) {
            assertTrue(failure.getMessage().contains(part), failure.getMessage());
        }
    }
}
