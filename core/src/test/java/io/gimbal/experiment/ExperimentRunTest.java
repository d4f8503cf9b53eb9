package io.gimbal.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.device.Device;
import io.gimbal.engine.StepRecord;
import io.gimbal.metric.Score;
import io.gimbal.page.ReportPage;
import io.gimbal.run.RunFolder;
import io.gimbal.run.TinyRooms;
import io.gimbal.run.TrainingConfig;
import io.gimbal.run.TrainingListener;
import io.gimbal.run.TrainingRun;
import io.gimbal.train.GuardedDevice;
import io.gimbal.train.TrainingStoppedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExperimentRunTest {
    private static final String TEXT = """
            {"name": "tiny", "base": %s, "single_tasks": true, "seeds": [1, 2], "axes": {"rule": {
              "equal": {"balance": {"method": "equal"}}, "GradNorm": {}, "static": {"static_of": "GradNorm"}}}}"""
            .formatted(TinyRooms.TEXT.replace("\"count\": 9", "\"count\": 12"));

    private static Device device;
    private static Experiment experiment;
    private static Path whole;
    private static Results results;
    private static Path page;

    @TempDir
    private static Path folder;

    @BeforeAll
    static void runOnce() throws IOException {
        device = GuardedDevice.open();
        experiment = Experiment.read(Files.writeString(folder.resolve("tiny.json"), TEXT), List.of());
        whole = folder.resolve("whole");
        results = new ExperimentRun(experiment, whole, device, new Told(Integer.MAX_VALUE)).run();
        results.write(whole);
        page = whole.resolve("report.html");
    }

    @AfterAll
    static void close() {
        GuardedDevice.close(device);
    }

    /** Interrupts its thread at a step, counted over all runs. */
    private static final class Told implements ExperimentListener {
        private final List<String> begun = new ArrayList<>();
        private final int last;
        private int steps;
        private int finished;

        Told(int last) {
            this.last = last;
        }

        @Override
        public void begins(PlannedRun run, int number, int of) {
            begun.add(number + "/" + of + " " + run);
        }

        @Override
        public void trains(TrainingConfig config, TrainingRun run, Consumer<TrainingListener> training) {
            training.accept(new TrainingListener() {
                @Override
                public void step(StepRecord record) {
                    if (++steps == last) {
                        Thread.currentThread().interrupt();
                    }
                }

                @Override
                public void validating(int examples) { }

                @Override
                public void validated(long step, Map<String, List<Score>> scores, boolean best) { }
            });
        }

        @Override
        public void measures(int examples, Consumer<IntConsumer> measurement) {
            measurement.accept(done -> { });
        }

        @Override
        public void finished(Results soFar) {
            assertTrue(soFar.text().contains("Measured on the test data"));
            finished++;
        }

        @Override
        public void note(String sentence) { }
    }

    private static String csv(Path out) throws IOException {
        return Files.readString(out.resolve("results.csv"));
    }

    @Test
    void eachRunIsAnOrdinaryOne() {
        for (PlannedRun run : experiment.runs()) {
            Path path = whole.resolve(run.folder());
            assertTrue(Files.exists(path.resolve("checkpoint.safetensors")), run.toString());
            assertTrue(Files.exists(path.resolve("report.html")), run.toString());
        }
    }

    @Test
    void anExperimentThatWasBrokenOffComesToTheSame() throws IOException {
        Path out = folder.resolve("broken");
        // Within the first run, in the middle of another, and in the last.
        for (int last : new int[] {3, 30, 40}) {
            assertThrows(TrainingStoppedException.class, () -> new ExperimentRun(experiment, out, device,
                    new Told(last)).run());
            assertTrue(Thread.interrupted());
        }
        Told told = new Told(Integer.MAX_VALUE);
        new ExperimentRun(experiment, out, device, told).run().write(out);
        assertTrue(told.begun.size() < experiment.runs().size(), told.begun.toString());
        assertEquals(csv(whole), csv(out));
    }

    @Test
    void whatIsFinishedIsNotMadeAgain() throws IOException {
        Told told = new Told(Integer.MAX_VALUE);
        assertEquals(results.text(), new ExperimentRun(experiment, whole, device, told).run().text());
        assertEquals(List.of(), told.begun);
        assertEquals(0, told.finished);
    }

    @Test
    void seedsAndVariantsCanBeAdded() throws IOException {
        Path out = folder.resolve("more");
        Experiment few = read(TEXT.replace("[1, 2]", "[1]").replace(", \"static\": {\"static_of\": \"GradNorm\"}", "")
                .replace("\"single_tasks\": true,", ""));
        new ExperimentRun(few, out, device, new Told(Integer.MAX_VALUE)).run();
        Told told = new Told(Integer.MAX_VALUE);
        new ExperimentRun(experiment, out, device, told).run().write(out);
        assertEquals(10, told.begun.size());
        assertEquals(csv(whole), csv(out));
    }

    @Test
    void aFinishedRunOfAnotherConfigurationIsRefusedAndKept() throws IOException {
        Experiment other = read(TEXT.replace("3e-3", "4e-3"));
        String said = assertThrows(UserException.class, () -> new ExperimentRun(other, whole, device,
                new Told(Integer.MAX_VALUE)).run()).getMessage();
        assertTrue(said.contains("optimizer.lr is 0.003 there and 0.004 in the experiment"), said);
        assertTrue(said.contains("seed-1") && said.contains("--out"), said);
    }

    @Test
    void aRunThatWasBegunGoesOnAsItWasMeant() throws IOException {
        Path out = folder.resolve("begun");
        assertThrows(TrainingStoppedException.class, () -> new ExperimentRun(experiment, out, device, new Told(3))
                .run());
        assertTrue(Thread.interrupted());
        Experiment longer = read(TEXT.replace("\"epochs\": 2", "\"epochs\": 3"));
        String said = assertThrows(UserException.class, () -> new ExperimentRun(longer, out, device,
                new Told(Integer.MAX_VALUE)).run()).getMessage();
        assertTrue(said.contains("epochs is 2 there and 3 in the experiment"), said);
        Experiment elsewhere = read(TEXT.replace("\"name\": \"tiny rooms\"", "\"name\": \"other\""));
        Told told = new Told(2);
        assertThrows(TrainingStoppedException.class, () -> new ExperimentRun(elsewhere, out, device, told).run());
        assertTrue(Thread.interrupted());
    }

    private static Experiment read(String text) throws IOException {
        return Experiment.read(Files.writeString(Files.createTempFile(folder, "other", ".json"), text), List.of());
    }

    @Test
    void staticWeightsAreTheMeansOfTheRunsOwn() throws IOException {
        double[] sums = new double[3];
        List<String> tasks = List.of("segmentation", "depth", "normals");
        List<String> lines = Files.readAllLines(whole.resolve("runs/GradNorm/seed-2/log.jsonl"));
        for (String line : lines) {
            Config weights = Config.parse(line, "log").object("weight");
            for (int i = 0; i < 3; i++) {
                sums[i] += weights.number(tasks.get(i));
            }
        }
        Config taken = RunFolder.configuration(whole.resolve("runs/static/seed-2")).object("balance").object("weights");
        for (int i = 0; i < 3; i++) {
            // The same sums in the same order.
            assertEquals(sums[i] / lines.size(), taken.number(tasks.get(i)), 0);
        }
        assertFalse(sums[0] == sums[1]);
    }

    @Test
    void theTestDataAreNotThoseThatChose() throws IOException {
        List<String> lines = Files.readAllLines(whole.resolve("runs/equal/seed-1/metrics.jsonl"));
        double measured = results.figure("equal", "depth").mean();
        for (String line : lines) {
            assertFalse(Config.parse(line, "metrics").object("depth").object("RMSE").number("value") == measured);
        }
    }

    @Test
    void aRunThatDivergesIsToldAndTheOthersGoOn() throws IOException {
        Experiment wild = read(TEXT.replace("\"static\": {\"static_of\": \"GradNorm\"}",
                "\"wild\": {\"optimizer\": {\"method\": \"sgd\", \"lr\": 1e30}}").replace("[1, 2]", "[1]")
                .replace("\"single_tasks\": true,", "").replace("\"epochs\": 2", "\"epochs\": 12"));
        Path out = folder.resolve("wild");
        String text = new ExperimentRun(wild, out, device, new Told(Integer.MAX_VALUE)).run().text();
        assertTrue(text.contains("wild, seed 1, has no figures: "), text);
        // Nor is it made again.
        Told told = new Told(Integer.MAX_VALUE);
        new ExperimentRun(wild, out, device, told).run();
        assertEquals(List.of(), told.begun);
    }

    @Test
    void thePageIsOneOfGimbalsAndHasAllRuns() throws IOException {
        String html = Files.readString(page);
        assertTrue(ReportPage.isOne(page));
        for (PlannedRun run : experiment.runs()) {
            String address = run.folder().resolve("report.html").toString().replace('\\', '/').replace(" ", "%20");
            assertTrue(html.contains("href=\"" + address + "\""), address);
        }
        assertEquals(3 * 3 + 4, html.split("<figure", -1).length - 1,
                "gains and Delta, pairs, validations and weights");
        assertFalse(html.contains("NaN"), "a picture has a place that is none");
        assertFalse(html.contains("<script"));
    }
}
