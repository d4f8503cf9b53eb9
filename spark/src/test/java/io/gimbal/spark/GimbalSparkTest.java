package io.gimbal.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.device.DeviceKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What one process can do: train as one rank, and predict. */
class GimbalSparkTest {
    private static final Config ROOMS = Config.parse(TrainedModels.ROOMS, "rooms.json");

    private static SparkSession spark;

    @TempDir
    private Path folder;

    @BeforeAll
    static void begin() {
        spark = LocalSpark.on("local[2]").getOrCreate();
    }

    @AfterAll
    static void end() {
        PhotoModel.closeUnused();
        spark.stop();
    }

    @Test
    void severalRanksInOneProcessAreRefused() {
        UserException refusal = assertThrows(UserException.class, () -> GimbalSpark.train(spark, ROOMS,
                RanksInExecutors.options(2, folder.resolve("run"))));
        assertTrue(refusal.getMessage().startsWith("this session's master is local[2], which runs all tasks in one"
                + " process, but each of 2 ranks needs one of its own"), refusal.getMessage());
    }

    @Test
    void oneRankLeavesWhatTheCommandLeaves() throws IOException, InterruptedException {
        Path run = folder.resolve("run");
        TrainingResult result = GimbalSpark.train(spark, ROOMS, RanksInExecutors.options(1, run, "seed=1"));
        assertEquals(2, result.steps());
        assertEquals(RanksInExecutors.log(TrainedModels.rooms()), RanksInExecutors.log(run));
    }

    /** What fails on its way to the listener ends the training. */
    @Test
    void whatAListenerThrowsIsThrown() {
        SparkTrainingListener listener = new SparkTrainingListener() {
            @Override
            public void begun(int attempt, long stepsBefore, long steps) {
                throw new IllegalArgumentException("the listener's");
            }
        };
        assertEquals("the listener's", assertThrows(IllegalArgumentException.class, () -> GimbalSpark.train(spark,
                ROOMS, RanksInExecutors.options(1, folder.resolve("run")).telling(listener))).getMessage());
    }

    @Test
    void optionsSayWhatIsOutOfBounds() {
        assertEquals("the number of ranks is 0, but must be at least 1.", assertThrows(UserException.class,
                () -> TrainingOptions.of(0, folder)).getMessage());
        assertThrows(UserException.class, () -> TrainingOptions.of(1, folder).waiting(Duration.ZERO));
    }

    @Test
    void ranksInOneExecutorAreNamed() {
        assertEquals(Optional.empty(), RankInTask.together(new String[] {"0", "1", "2"}));
        String refusal = RankInTask.together(new String[] {"4", "1", "4"}).orElseThrow();
        assertTrue(refusal.startsWith("ranks 0 and 2 were both put into executor 4, and each needs a process of its"
                + " own: "), refusal);
        assertTrue(refusal.contains("spark.task.cpus"), refusal);
    }

    @Test
    void predictionsAreRowsOrOfAnyType() throws IOException, InterruptedException {
        PhotoModel model = PhotoModel.at(TrainedModels.rooms()).on(DeviceKind.SOFT);
        Path photos = Files.createDirectory(folder.resolve("photos"));
        for (int i = 0; i < 3; i++) {
            Photos.write(photos.resolve("photo" + i + ".png"), 10 + i, 20, i);
        }
        Dataset<Row> read = spark.read().format("binaryFile").load(photos.toString());
        assertEquals(List.of(10, 11, 12), GimbalSpark.predict(read, model).selectExpr("prediction.height")
                .as(Encoders.INT()).collectAsList().stream().sorted().toList());
        Dataset<byte[]> bytes = read.select(GimbalSpark.CONTENT).as(Encoders.BINARY());
        assertEquals(List.of("10", "11", "12"), GimbalSpark.predict(bytes, model, content -> new Photo<>("", content),
                (_, prediction) -> Integer.toString(prediction.height()), Encoders.STRING()).collectAsList().stream()
                .sorted().toList());
    }
}
