package io.gimbal.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.device.DeviceKind;
import io.gimbal.predict.Model;
import io.gimbal.predict.PhotoSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One predictor for all tasks of a process, open while it is used and some time beyond. */
class SharedPredictorTest {
    private static final byte[] PHOTO = Photos.png(8, 9, 1);

    private static ModelSource source;

    @BeforeAll
    static void train() throws IOException, InterruptedException {
        source = source(TrainedModels.rooms());
    }

    private static ModelSource source(Path run) {
        return ModelSource.of(run, Model.load(run)).on(DeviceKind.SOFT);
    }

    @AfterEach
    void close() {
        SharedPredictor.closeAllUnused();
    }

    private static void predict(SharedPredictor.Use use) throws InterruptedException {
        assertEquals(9, use.predictor().predictor().predict(PhotoSource.ofBytes(PHOTO)).width());
    }

    private static void awaitOpen(int count) throws InterruptedException {
        while (Predictors.open() != count) {
            Thread.sleep(1);
        }
    }

    @Test
    void threadsThatComeTogetherShareOne() throws Exception {
        Set<OpenPredictor> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        try (ExecutorService tasks = Executors.newFixedThreadPool(8)) {
            List<Future<OpenPredictor>> used = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                used.add(tasks.submit(() -> {
                    try (SharedPredictor.Use use = SharedPredictor.of(source).use()) {
                        predict(use);
                        return use.predictor();
                    }
                }));
            }
            for (Future<OpenPredictor> one : used) {
                seen.add(one.get());
            }
        }
        assertEquals(1, seen.size());
        assertEquals(40, seen.iterator().next().predictor().statistics().predicted());
    }

    @Test
    void whatMakesAnotherPredictorIsKeptApart() {
        try (SharedPredictor.Use use = SharedPredictor.of(source).use();
                SharedPredictor.Use same = SharedPredictor.of(source(Path.of(source.location()))).use();
                SharedPredictor.Use other = SharedPredictor.of(source.batches(3, true)).use()) {
            assertSame(use.predictor(), same.predictor());
            assertNotSame(use.predictor(), other.predictor());
            assertEquals(2, Predictors.open());
        }
    }

    @Test
    @Timeout(60)
    void itIsClosedWhenNobodyHasUsedItForAWhileAndOpenedAnew() throws Exception {
        SharedPredictor shared = new SharedPredictor(source, Duration.ofMillis(200));
        try (SharedPredictor.Use use = shared.use()) {
            predict(use);
            Thread.sleep(400);
            assertEquals(1, Predictors.open(), "it is used");
            predict(use);
        }
        awaitOpen(0);
        try (SharedPredictor.Use use = shared.use()) {
            predict(use);
        }
        awaitOpen(0);
    }

    @Test
    void whatIsUsedIsNotClosedBeforeItsEnd() throws Exception {
        SharedPredictor.Use use = SharedPredictor.of(source).use();
        SharedPredictor.closeAllUnused();
        predict(use);
        use.close();
        SharedPredictor.closeAllUnused();
        assertEquals(0, Predictors.open());
    }

    @Test
    void oneThatFailedIsClosedWhenItsLastUseEnds() throws Exception {
        SharedPredictor shared = SharedPredictor.of(source);
        SharedPredictor.Use first = shared.use();
        SharedPredictor.Use second = shared.use();
        first.failed();
        first.failed();
        try (SharedPredictor.Use anew = shared.use()) {
            assertNotSame(first.predictor(), anew.predictor());
            first.close();
            assertEquals(2, Predictors.open());
            predict(second);
            second.close();
            assertEquals(1, Predictors.open());
            predict(anew);
        }
    }

    /** A predictor whose process is ending is closed: what it prints in the end says that its thread has ended. */
    @Test
    void theProcessesEndClosesIt(@TempDir Path folder) throws Exception {
        Path log = folder.resolve("log.txt");
        List<String> command = new ArrayList<>(TrainedModels.java());
        command.addAll(List.of(Ends.class.getName(), source.location()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
        assertTrue(process.waitFor(1, TimeUnit.MINUTES));
        assertEquals(0, process.exitValue(), () -> TrainedModels.read(log));
        assertEquals("used\nclosed\n", Files.readString(log).lines().filter(line -> line.equals("used") || line.equals(
                "closed")).reduce("", (text, line) -> text + line + "\n"), () -> TrainedModels.read(log));
    }

    /** Uses one, and ends without having closed it. */
    static final class Ends {
        private Ends() {}

        public static void main(String[] arguments) throws InterruptedException {
            Runtime.getRuntime().addShutdownHook(new Thread(Ends::tellWhenItIsClosed));
            predict(SharedPredictor.of(source(Path.of(arguments[0]))).use());
            System.out.println("used");
        }

        private static void tellWhenItIsClosed() {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
            while (Predictors.open() > 0 && System.nanoTime() < end) {
                Thread.onSpinWait();
            }
            System.out.println(Predictors.open() == 0 ? "closed" : "open");
        }
    }

    @Test
    void aModelThatIsNotTheDriversIsRefusedByName() throws Exception {
        ModelSource other = source(TrainedModels.rooms(2));
        ModelSource mixed = new ModelSource(other.location(), false, source.digest(), DeviceKind.SOFT, 1, false,
                Duration.ZERO);
        IllegalStateException refusal = assertThrows(IllegalStateException.class, () -> SharedPredictor.of(mixed)
                .use());
        assertTrue(refusal.getMessage().contains("is not the file that the driver read"), refusal.getMessage());
        assertTrue(refusal.getMessage().contains(other.digest()), refusal.getMessage());
        assertEquals(0, Predictors.open());
    }
}
