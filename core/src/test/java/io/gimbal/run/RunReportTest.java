package io.gimbal.run;

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
import io.gimbal.page.RunRecord;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import io.gimbal.train.GuardedDevice;
import io.gimbal.train.TrainingStoppedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a training leaves to be looked at, and when. */
@Tag("device")
class RunReportTest {
    private static final Config CONFIG = Config.parse(TinyRooms.TEXT, "tiny.json");
    private static final Pattern DATA = Pattern.compile("id=\"data\">(.*?)</script>", Pattern.DOTALL);

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

    private static void run(Config config, RunFolder folder, TrainingListener listener) {
        try (TrainingRun run = new TrainingRun(device, TrainingConfig.read(config), folder, () -> { })) {
            run.run(listener);
        }
    }

    /** The data in a page, without when it was written. */
    private static JsonNode data(Path page) {
        try {
            Matcher found = DATA.matcher(Files.readString(page));
            assertTrue(found.find(), "no data in " + page);
            ObjectNode data = (ObjectNode) new ObjectMapper().readTree(found.group(1));
            data.remove("written");
            return data;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Integer> steps(JsonNode list) {
        List<Integer> steps = new ArrayList<>();
        list.forEach(line -> steps.add(line.get("step").asInt()));
        return steps;
    }

    @Test
    void thePageIsThereAfterEachEpochAndWhatTheFolderSays() {
        Path out = folder.resolve("run");
        List<Integer> seen = new ArrayList<>();
        run(CONFIG, RunFolder.create(out, "tiny", CONFIG), new Quiet() {
            @Override
            public void step(StepRecord record) {
                if (record.step() >= 4) {
                    seen.add(data(out.resolve("report.html")).at("/runs/0/steps").asInt());
                }
            }
        });
        assertEquals(List.of(4, 4, 4, 4), seen, "the second epoch sees the page of the first");
        JsonNode page = data(out.resolve("report.html"));
        ReportPage.write(List.of(RunRecord.read(out)), folder.resolve("again.html"));
        assertEquals(data(folder.resolve("again.html")), page, "what was read on is what is read anew");
        assertEquals(List.of(4, 8), steps(page.at("/runs/0/metrics")));
        assertEquals(List.of(4, 8), steps(page.at("/runs/0/samples/epochs")));
        assertEquals(List.of(0), steps(page.at("/runs/0/environment")));
        assertEquals(device.describe(), page.at("/runs/0/environment/0/device").textValue());
        assertEquals(8, page.at("/runs/0/log/buckets").asInt());
    }

    @Test
    void aStoppedRunHasItsPageAndAResumedOneGoesOnWithIt() throws IOException {
        Path out = folder.resolve("run");
        assertThrows(TrainingStoppedException.class, () -> run(CONFIG, RunFolder.create(out, "tiny", CONFIG),
                new Quiet() {
                    @Override
                    public void validated(long step, Map<String, List<Score>> scores, boolean best) {
                        Thread.currentThread().interrupt();
                    }
                }));
        assertTrue(Thread.interrupted());
        assertEquals(4, data(out.resolve("report.html")).at("/runs/0/steps").asInt());
        Files.writeString(out.resolve("samples/000001-step-7.png"), "of a step that is made again");
        run(CONFIG, RunFolder.resume(out, CONFIG), new Quiet());
        JsonNode page = data(out.resolve("report.html"));
        assertEquals(8, page.at("/runs/0/steps").asInt());
        assertEquals(List.of(0, 4), steps(page.at("/runs/0/environment")), "a line a process");
        assertEquals(1, page.at("/runs/0/environment/1/epoch").asDouble());
        assertEquals(List.of(4, 8), steps(page.at("/runs/0/samples/epochs")));
    }

    @Test
    void aPageThatCannotBeWrittenIsToldOnceAndEndsNothing() throws IOException {
        Path out = folder.resolve("run");
        Quiet told = new Quiet() {
            @Override
            public void step(StepRecord record) {
                try {
                    Files.createDirectories(out.resolve("report.html"));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
        run(CONFIG, RunFolder.create(out, "tiny", CONFIG), told);
        assertEquals(List.of("the run's report is not kept up: " + out.resolve("report.html")
                + ": is a folder, so no file can be written there"), told.notes);
        assertEquals(8, Files.readAllLines(out.resolve("log.jsonl")).size());
    }

    @Test
    void aRunWithoutValidationHasAPageWithoutPictures() {
        Path out = folder.resolve("run");
        Config config = CONFIG.with("validation=null");
        run(config, RunFolder.create(out, "tiny", config), new Quiet());
        JsonNode page = data(out.resolve("report.html"));
        assertTrue(page.at("/runs/0/samples").isNull());
        assertEquals(0, page.at("/runs/0/metrics").size());
        assertEquals(8, page.at("/runs/0/steps").asInt());
        assertFalse(Files.exists(out.resolve("samples")));
    }

    @Test
    void picturesThatAreThereAreNotOverwritten() throws IOException {
        for (boolean file : List.of(true, false)) {
            Path out = Files.createDirectory(folder.resolve("of " + file));
            Path samples = out.resolve("samples");
            if (file) {
                Files.writeString(samples, "mine");
            } else {
                Files.writeString(Files.createDirectory(samples).resolve("inputs.png"), "mine");
            }
            String message = assertThrows(UserException.class, () -> RunFolder.create(out, "tiny",
                    CONFIG)).getMessage();
            assertTrue(message.startsWith(samples + ": ") && message.contains("--out"), message);
            try (Stream<Path> all = Files.walk(out)) {
                assertEquals(file ? 2 : 3, all.count());
            }
        }
    }
}
