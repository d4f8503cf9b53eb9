package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.data.Field;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.picture.PictureFile;
import io.gimbal.picture.PngWriter;
import io.gimbal.predict.Model;
import io.gimbal.predict.PhotoPrediction;
import io.gimbal.predict.Predictor;
import io.gimbal.predict.TaskPrediction;
import io.gimbal.run.FaceFolder;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The network of experiments/faces.json on drawn faces, from the data to predictions: coordinates all the way. */
class FacesTest {
    @TempDir
    private static Path shared;
    private static Path config;
    private static List<String> settings;
    private static Path run;
    private static String trained;

    @TempDir
    private Path folder;

    @BeforeAll
    static void train() throws IOException {
        Path faces = FaceFolder.write(shared.resolve("faces"), 120, 30);
        config = Files.writeString(shared.resolve("faces.json"), Config.read(Path.of("experiments/faces.json"))
                .object("base").canonicalText());
        settings = List.of("--set", "data.path=" + faces, "--set", "data.batch=12", "--set", "seed=2");
        run = shared.resolve("run");
        trained = train(run, "epochs=30", "balance={\"method\": \"uncertainty\", \"lr\": 0.025}");
    }

    private static String train(Path out, String... more) {
        return command(Stream.concat(Stream.of("train", config.toString(), "--device", "soft", "--out",
                out.toString()), Stream.of(more).flatMap(setting -> Stream.of("--set", setting)))).succeeds().out();
    }

    /** With the settings that all have. */
    private static Command command(Stream<String> arguments) {
        return Command.run(Stream.concat(arguments, settings.stream()).toArray(String[]::new));
    }

    private static JsonNode json(Path file) throws IOException {
        return JsonMapper.builder().build().readTree(file.toFile());
    }

    @Test
    void whatWasLearnedIsBetterThanAConstant() {
        assertTrue(trained.contains("keypoint error") && trained.contains("failure rate"), trained);
        String out = Command.run("evaluate", run.toString(), "--device", "soft").succeeds().out();
        String row = out.lines().filter(line -> line.contains("keypoint error")).findFirst().orElseThrow();
        List<Double> figures = Pattern.compile("([0-9.]+) %").matcher(row).results().map(match ->
                Double.parseDouble(match.group(1))).toList();
        assertTrue(figures.getFirst() < figures.get(1), row);
    }

    @Test
    void theDataAreTold() throws IOException {
        Path figures = folder.resolve("figures.json");
        Path sheet = folder.resolve("sheet.png");
        String out = command(Stream.of("data", config.toString(), "--no-progress", "--json", figures.toString(),
                "--out", sheet.toString())).succeeds().out();
        assertTrue(out.contains("coordinates of 5 points of the image"), out);
        assertTrue(out.contains("left eye x") && out.contains("right mouth corner y"), out);
        JsonNode landmarks = json(figures).get("data").get("fields").get("landmarks");
        assertEquals("coordinates", landmarks.get("kind").asText());
        assertEquals(120, landmarks.get("labelled_examples").asInt());
        assertEquals(10, landmarks.get("values").size());
        assertEquals("right eye y", landmarks.get("values").get(3).get("name").asText());
        assertFalse(landmarks.has("counts"), landmarks.toString());
        assertTrue(ImageIO.read(sheet.toFile()).getWidth() > 0);
        assertTrue(Files.size(run.resolve("samples.png")) > 0);
    }

    @Test
    void pointsArePredictedInThePhotosOwnPixels() throws Exception {
        assertInPixels(run, 0, 40);
    }

    @Test
    void whatFitLeavesFreeIsNoPartOfThePhoto() throws Exception {
        Path inside = folder.resolve("inside");
        train(inside, "data.fit=inside", "steps=1", "epochs=null");
        // 30 rows of 80 columns are 15 of 40, from row 13 on.
        assertInPixels(inside, 13, 15);
    }

    /** Of 30 rows and 80 columns, which lie in the network's 40 x 40 from that row on, so many of them. */
    private void assertInPixels(Path trainedRun, int top, int rows) throws IOException,
            InterruptedException {
        Path photo = Files.write(folder.resolve("new.png"), PngWriter.ofColours(new Random(1).ints(30 * 80, 0, 1 << 24)
                .toArray(), 30, 80));
        Path out = folder.resolve("out");
        Command.run("predict", trainedRun.toString(), photo.toString(), "--out", out.toString(), "--as",
                "png,npy,json,overlay", "--device", "soft").succeeds();
        JsonNode points = json(out.resolve("new.json")).get("landmarks").get("points");
        PictureFile places = PictureFile.open(out.resolve("new.landmarks.npy"));
        assertEquals("5 x 2", places.height() + " x " + places.width() * places.channels());
        float[] numbers = places.values("");
        try (Device device = Device.open(DeviceKind.SOFT); Predictor predictor = Model.load(trainedRun).predictor(
                device)) {
            PhotoPrediction prediction = predictor.predict(photo);
            Field field = prediction.fields().getFirst();
            assertEquals(Field.Kind.COORDINATES, field.kind());
            float[] raw = prediction.raw(0);
            TaskPrediction.Points typed = (TaskPrediction.Points) prediction.task("landmarks");
            TaskPrediction.Points twice = (TaskPrediction.Points) prediction.at(60, 160).task("landmarks");
            for (int i = 0; i < 5; i++) {
                double x = raw[2 * i] * 80 - 0.5;
                double y = (raw[2 * i + 1] * 40 - top) / rows * 30 - 0.5;
                PhotoPrediction.Point point = typed.points().get(i);
                assertEquals(i, point.number());
                assertEquals(x, point.x(), 1e-4);
                assertEquals(y, point.y(), 1e-4);
                assertTrue(Double.isNaN(point.score()));
                assertEquals(2 * x + 0.5, twice.points().get(i).x(), 1e-3);
                assertEquals(2 * y + 0.5, twice.points().get(i).y(), 1e-3);
                assertEquals(field.nameOf(i), points.get(i).get("name").asText());
                // The command's batch has other sums than the program's.
                assertEquals(x, points.get(i).get("x").asDouble(), 1e-3);
                assertEquals(y, points.get(i).get("y").asDouble(), 1e-3);
                assertFalse(points.get(i).has("score"));
                assertEquals(x, numbers[2 * i], 1e-3);
                assertEquals(y, numbers[2 * i + 1], 1e-3);
            }
        }
        assertEquals("nose", json(out.resolve("classes.json")).get("landmarks").get(2).get("name").asText());
        assertTrue(Files.exists(out.resolve("legend.png")) && Files.exists(out.resolve("new.overlay.png")));
        assertFalse(Files.exists(out.resolve("new.landmarks.png")));
    }

    @Test
    void aModelToDeployKnowsItsCoordinates() {
        Path exported = folder.resolve("exported");
        Command.run("export", run.toString(), exported.toString()).succeeds();
        Command.run("export", run.toString(), folder.resolve("faces.onnx").toString()).succeeds();
        assertEquals(Field.Kind.COORDINATES, Model.load(exported).fields().getFirst().kind());
        assertEquals("nose", Model.load(exported).fields().getFirst().nameOf(2));
    }

    @Test
    void lossesThatAreNotOfPlacesAreRefused() {
        for (String loss : List.of("binary_cross_entropy", "cosine", "cross_entropy")) {
            command(Stream.of("train", config.toString(), "--device", "soft", "--out", folder.resolve("no").toString(),
                    "--set", "tasks.landmarks.loss=" + loss, "--set", loss.equals("cross_entropy")
                            ? "tasks.landmarks.classes=10" : "seed=1")).refuses(2, "tasks.landmarks", "loss");
        }
    }
}
