package io.gimbal.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.checkpoint.Checkpoint;
import io.gimbal.config.Config;
import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import io.gimbal.device.Device;
import io.gimbal.metric.Score;
import io.gimbal.predict.Model;
import io.gimbal.predict.Predictor;
import io.gimbal.predict.RowPrediction;
import io.gimbal.predict.RowSource;
import io.gimbal.predict.TaskPrediction;
import io.gimbal.train.GuardedDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A multi-layer perceptron learns a table. */
@Tag("device")
class TableRunTest {
    private static Device device;
    @TempDir
    private Path folder;

    @BeforeAll
    static void open() {
        device = GuardedDevice.open();
    }

    @AfterAll
    static void close() {
        GuardedDevice.close(device);
    }

    /** Rows whose targets follow from their columns. */
    private void write(String file, int rows, int seed) throws IOException {
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder("size,rooms,town,price,grade\n");
        for (int row = 0; row < rows; row++) {
            int size = 40 + random.nextInt(200);
            int rooms = 1 + random.nextInt(6);
            boolean near = random.nextBoolean();
            int price = 1000 * size * (near ? 3 : 1) + 20_000 * rooms;
            text.append(size).append(',').append(rooms).append(',').append(near ? "near" : "far").append(',')
                    .append(price).append(',').append(price > 250_000 ? "dear" : "cheap").append('\n');
        }
        Files.writeString(folder.resolve(file), text);
    }

    private Config config(int epochs) {
        return Config.parse("""
                {"data": {"source": "table", "path": "FOLDER", "list": "train.csv", "batch": 32,
                  "inputs": {"size": "number", "rooms": "number", "town": "category"},
                  "fields": {"price": {"kind": "value", "column": "price", "normalize": true},
                             "grade": {"kind": "class", "column": "grade"}}},
                 "validation": {"list": "held.csv"},
                 "model": {"input": [4], "trunk": [{"layer": "linear", "out": 32}, {"layer": "relu"}],
                   "heads": {"price": [{"layer": "linear", "out": 1}], "grade": [{"layer": "linear", "out": 2}]}},
                 "tasks": {"price": {"loss": "l2", "ignore": -1000000},
                           "grade": {"loss": "cross_entropy", "classes": 2, "ignore": 255}},
                 "balance": {"method": "gradnorm", "alpha": 0.5}, "optimizer": {"method": "adam", "lr": 0.01},
                 "epochs": EPOCHS, "seed": 1}
                """.replace("FOLDER", folder.toString()).replace("EPOCHS", Integer.toString(epochs)), "table.json");
    }

    private static Map<String, List<Score>> train(TrainingConfig config, RunFolder out) {
        try (TrainingRun run = new TrainingRun(device, config, out, () -> { })) {
            return run.run(new Quiet());
        }
    }

    @Test
    void bothTasksBeatTheBestConstantAndARunGoesOnWithWhatItsFirstRowsTold() throws IOException {
        write("train.csv", 512, 1);
        write("held.csv", 256, 2);
        Path out = folder.resolve("run");
        Map<String, List<Score>> scores = train(TrainingConfig.read(config(10)), RunFolder.create(out, "t",
                config(10)));
        Score error = score(scores, "price", "RMSE");
        assertTrue(error.value() < 0.5 * error.constant(), error.toString());
        Score right = score(scores, "grade", "accuracy");
        assertTrue(right.value() > right.constant() + 20, right.toString());

        Path checkpoint = out.resolve("checkpoint.safetensors");
        Optional<String> told = Checkpoint.meaning(checkpoint).statistics();
        assertEquals(TrainingConfig.read(config(10)).data().statistics(), told);

        Files.move(folder.resolve("train.csv"), folder.resolve("gone.csv"));
        Evaluation evaluation = new Evaluation(TrainedModel.read(out, Optional.of(TrainedModel.Which.LAST)),
                List.of());
        assertEquals(scores, evaluation.scores(device, done -> { }), "without the rows that were learned from");

        // Other rows: what these tell must not count.
        Files.writeString(folder.resolve("train.csv"), "size,rooms,town,price,grade\n"
                + "9000,60,near,1,dear\n8,5,far,3,cheap\n".repeat(32));
        TrainingConfig other = TrainingConfig.read(config(11));
        UserException refused = assertThrows(UserException.class, () -> train(other, RunFolder.resume(out, config(11),
                true)));
        assertTrue(refused.getMessage().contains("other statistics"), refused.getMessage());
        TrainingConfig kept = TrainingConfig.toResume(config(11), out);
        assertEquals(told, kept.data().statistics());
        assertEquals(told, kept.validation().orElseThrow().statistics());
        train(kept, RunFolder.resume(out, config(11), true));
        assertEquals(told, Checkpoint.meaning(checkpoint).statistics());
    }

    /** In the table's own units: the score of its validation is in deviations of the rows that were learned from. */
    @Test
    void rowsArePredictedAsTheValidationScoresThemInTheTablesUnits() throws Exception {
        write("train.csv", 512, 1);
        write("held.csv", 100, 2);
        Path out = folder.resolve("run");
        Map<String, List<Score>> scores = train(TrainingConfig.read(config(3)), RunFolder.create(out, "t", config(3)));
        Path exported = folder.resolve("exported");
        TrainedModel.read(out, Optional.of(TrainedModel.Which.LAST)).write(exported);
        String told = Checkpoint.meaning(out.resolve("checkpoint.safetensors")).statistics().orElseThrow();
        double deviation = Config.parse(told, "told").object("fields").object("price").numbers("std",
                Range.POSITIVE)[0];
        for (Path path : List.of(out.resolve("checkpoint.safetensors"), exported)) {
            Model model = Model.load(path);
            assertEquals(List.of("size", "rooms", "town"), model.columns());
            double squares = 0;
            int right = 0;
            List<String> rows = Files.readAllLines(folder.resolve("held.csv")).subList(1, 101);
            try (Predictor predictor = model.predictor(device)) {
                for (String row : rows) {
                    String[] cells = row.split(",");
                    RowPrediction said = predictor.predict(RowSource.of(Map.of("size", Integer.parseInt(cells[0]),
                            "rooms", cells[1], "town", cells[2])));
                    TaskPrediction.ImageValues price = (TaskPrediction.ImageValues) said.task("price");
                    squares += Math.pow(price.values()[0] - Double.parseDouble(cells[3]), 2);
                    right += ((TaskPrediction.ImageClass) said.task("grade")).name().equals(cells[4]) ? 1 : 0;
                }
            }
            // Sums in float32, in batches of another size; prices of some 100,000 are rounded to 0.01.
            Score error = score(scores, "price", "RMSE");
            assertEquals(error.value(), Math.sqrt(squares / rows.size()) / deviation, 1e-4 * error.value());
            assertEquals(score(scores, "grade", "accuracy").value(), 100.0 * right / rows.size(), 1e-9);
        }
    }

    private static Score score(Map<String, List<Score>> scores, String task, String name) {
        return scores.get(task).stream().filter(score -> score.name().contains(name)).findFirst().orElseThrow(() ->
                new AssertionError(scores.toString()));
    }
}
