package io.gimbal.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.metric.Score;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two executors in processes of their own train as two ranks. */
@Timeout(120)
class RanksInExecutorsTest {
    private static final Config ROOMS = Config.parse(TrainedModels.ROOMS, "rooms.json");

    private static SparkSession spark;

    @TempDir
    private Path folder;

    @BeforeAll
    static void begin() throws IOException, InterruptedException {
        spark = RanksInExecutors.start(2);
    }

    @AfterAll
    static void end() {
        spark.stop();
    }

    @Test
    void theyLeaveWhatTwoProcessesOfTheCommandLeave() throws Exception {
        Path command = TrainedModels.train(folder, TrainedModels.ROOMS, 2, "epochs=3");
        Path run = folder.resolve("spark");
        List<String> told = new ArrayList<>();
        List<Map<String, List<Score>>> validations = new ArrayList<>();
        SparkTrainingListener listener = new SparkTrainingListener() {
            @Override
            public void begun(int attempt, long stepsBefore, long steps) {
                told.add(attempt + ": from " + stepsBefore + " to " + steps);
            }

            @Override
            public void stepped(long step, Map<String, Double> losses) {
                assertEquals(List.of("segmentation", "depth", "normals"), List.copyOf(losses.keySet()));
            }

            @Override
            public void validated(long step, Map<String, List<Score>> scores, boolean best) {
                told.add("validated after " + step);
                validations.add(scores);
            }
        };
        TrainingResult result = GimbalSpark.train(spark, ROOMS, RanksInExecutors.options(2, run, "epochs=3")
                .telling(listener));
        assertEquals(new TrainingResult(run, 6, validations.getLast()), result);
        assertEquals(List.of("0: from 0 to 6", "validated after 2", "validated after 4", "validated after 6"), told);
        for (String file : List.of("log.jsonl", "metrics.jsonl", "checkpoint.safetensors", "best.safetensors",
                "config.json")) {
            assertArrayEquals(Files.readAllBytes(command.resolve(file)), Files.readAllBytes(run.resolve(file)), file);
        }
        TrainingResult more = GimbalSpark.train(spark, ROOMS, RanksInExecutors.options(2, run, "epochs=4"));
        assertEquals(8, more.steps(), "the same folder is gone on with");
        assertEquals(8, RanksInExecutors.log(run).size());
    }

    @Test
    void whatIsWrongWithTheConfigurationIsSaidOnTheDriver() {
        UserException refusal = assertThrows(UserException.class, () -> GimbalSpark.train(spark, ROOMS,
                RanksInExecutors.options(2, folder.resolve("run"), "optimiser=1")));
        assertTrue(refusal.getMessage().contains("optimiser"), refusal.getMessage());
        assertFalse(Files.exists(folder.resolve("run")));
    }

    @Test
    void aBatchThatCannotBeSharedOutIsRefusedOnTheDriver() {
        UserException refusal = assertThrows(UserException.class, () -> GimbalSpark.train(spark, ROOMS,
                RanksInExecutors.options(2, folder.resolve("run"), "data.batch=1")));
        assertTrue(refusal.getMessage().contains("batch"), refusal.getMessage());
    }

    /** The driver reads a path from its own folder, executors from theirs. */
    @Test
    void whatAnExecutorCannotReadIsSaidWithItsRankAndNotTriedAgain() throws Exception {
        Path data = Files.createDirectories(Path.of("target", "data-" + System.nanoTime()));
        Path config = TrainedModels.folderOfClasses(data, folder);
        UserException refusal = assertThrows(UserException.class, () -> GimbalSpark.train(spark, config,
                RanksInExecutors.options(2, folder.resolve("run"), "data.path=" + data)));
        assertTrue(refusal.getMessage().startsWith("rank 0 ("), refusal.getMessage());
        assertTrue(refusal.getMessage().contains(data.toString()), refusal.getMessage());
        assertFalse(Files.exists(folder.resolve("run")));
    }

    @Test
    void moreRanksThanExecutorsAreRefused() {
        UserException refusal = assertThrows(UserException.class, () -> GimbalSpark.train(spark, ROOMS,
                RanksInExecutors.options(3, folder.resolve("run"), "data.batch=3", "data.count=6")
                        .waiting(Duration.ofSeconds(1))));
        assertTrue(refusal.getMessage().startsWith("this session has 2 executors after 1 s, but each of 3 ranks needs"
                + " one of its own: start as many"), refusal.getMessage());
    }
}
