package io.gimbal.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.metric.Score;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A training by two executors that is broken off, and gone on with. */
@Tag("cluster")
@Timeout(300)
class ClusterTrainingTest {
    private static final Config ROOMS = Config.parse(TrainedModels.ROOMS, "rooms.json");
    private static final String[] LONG = {"epochs=30", "data.count=128"};
    private static final int STEPS = 30 * 64;

    @TempDir
    private static Path shared;
    private static SparkSession spark;
    private static Path unbroken;

    @TempDir
    private Path folder;

    @BeforeAll
    static void begin() throws IOException, InterruptedException {
        unbroken = TrainedModels.train(shared, TrainedModels.ROOMS, 2, LONG);
        spark = RanksInExecutors.start(2);
    }

    @AfterAll
    static void end() {
        spark.stop();
    }

    /** Does it once, at the first validation that comes. */
    private static SparkTrainingListener once(List<String> told, Runnable work) {
        return new SparkTrainingListener() {
            private boolean done;

            @Override
            public void begun(int attempt, long stepsBefore, long steps) {
                told.add((stepsBefore == 0 ? "begun" : "gone on with") + " in attempt " + attempt);
            }

            @Override
            public void validated(long step, Map<String, List<Score>> scores, boolean best) {
                if (!done) {
                    done = true;
                    work.run();
                }
            }
        };
    }

    private static void assertUnbroken(Path run) throws IOException {
        for (String file : List.of("log.jsonl", "metrics.jsonl", "checkpoint.safetensors")) {
            assertArrayEquals(Files.readAllBytes(unbroken.resolve(file)), Files.readAllBytes(run.resolve(file)), file);
        }
    }

    /** The one or the other, of which one is rank 0. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void anExecutorThatIsKilledIsReplacedAndTheTrainingGoesOn(int which) throws Exception {
        Path run = folder.resolve("run");
        List<String> told = new ArrayList<>();
        TrainingResult result = GimbalSpark.train(spark, ROOMS, RanksInExecutors.options(2, run, LONG)
                .telling(once(told, () -> executors().get(which).destroyForcibly())));
        assertEquals(STEPS, result.steps());
        assertEquals(List.of("begun in attempt 0", "gone on with in attempt 1"), told);
        assertUnbroken(run);
    }

    /** By the whole of their command, which a {@link ProcessHandle} cuts off. */
    private static List<ProcessHandle> executors() {
        return ProcessHandle.current().children().filter(process -> TrainedModels.read(Path.of("/proc",
                Long.toString(process.pid()), "cmdline")).contains("CoarseGrainedExecutorBackend")).toList();
    }

    @Test
    void aJobThatIsCancelledIsKeptAndGoneOnWith() throws Exception {
        Path run = folder.resolve("run");
        List<String> told = new ArrayList<>();
        spark.sparkContext().setJobGroup("training", "ranks", false);
        IllegalStateException cancelled = assertThrows(IllegalStateException.class, () -> GimbalSpark.train(spark,
                ROOMS, RanksInExecutors.options(2, run, LONG).telling(once(told, () -> spark.sparkContext()
                        .cancelJobGroup("training")))));
        spark.sparkContext().clearJobGroup();
        assertTrue(cancelled.getMessage().startsWith("the training by 2 ranks ended early: "), cancelled.getMessage());
        int steps = RanksInExecutors.log(run).size();
        assertTrue(steps > 0 && steps < STEPS, steps + " steps");
        assertEquals(STEPS, GimbalSpark.train(spark, ROOMS, RanksInExecutors.options(2, run, LONG)
                .telling(once(told, () -> { }))).steps());
        assertEquals(List.of("begun in attempt 0", "gone on with in attempt 0"), told);
        assertUnbroken(run);
    }

    @Test
    void aThreadThatIsInterruptedEndsTheTraining() throws Exception {
        Path run = folder.resolve("run");
        IllegalStateException interrupted = assertThrows(IllegalStateException.class, () -> GimbalSpark.train(spark,
                ROOMS, RanksInExecutors.options(2, run, LONG).telling(once(new ArrayList<>(), () -> Thread
                        .currentThread().interrupt()))));
        assertTrue(Thread.interrupted());
        assertTrue(interrupted.getMessage().startsWith("interrupted while ranks train"), interrupted.getMessage());
        assertTrue(Files.exists(run.resolve("checkpoint.safetensors")));
        assertEquals(STEPS, GimbalSpark.train(spark, ROOMS, RanksInExecutors.options(2, run, LONG)).steps());
        assertUnbroken(run);
    }
}
