package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.picture.PictureFile;
import io.gimbal.run.TinyRooms;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.json.JsonMapper;
import io.gimbal.source.DataFolder;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code gimbal predict} writes of a network that has learned every kind of what there is to be learned. */
class PredictKindsTest {
    private static final String HEAD = "[{\"layer\": \"conv2d\", \"out\": %d, \"kernel\": 1}]";
    private static final String WHOLE = "[{\"layer\": \"global_avg_pool\"}, {\"layer\": \"linear\", \"out\": %d}]";
    private static final String CONFIG = """
            {"name": "kinds",
             "data": {"source": "folder", "path": "FOLDER", "list": "train.csv", "image": "photos/{name}.png",
               "batch": 2, "flip": false,
               "fields": {
                 "flow": {"file": "flow/{name}.npy", "kind": "flow"},
                 "edges": {"file": "depth/{name}.npy", "kind": "values", "scale": 0.0625},
                 "joints": {"file": "points.csv", "kind": "points", "count": 2, "names": ["hand", "foot"]},
                 "ears": {"file": "points.csv", "kind": "coordinates", "count": 2, "names": ["hand", "foot"]},
                 "animal": {"kind": "class", "column": "kind"},
                 "tags": {"kind": "labels", "column": "tags"},
                 "age": {"kind": "value", "column": "age"}}},
             "model": {"input": [3, 4, 4],
               "trunk": [{"layer": "conv2d", "out": 4, "kernel": 3, "padding": 1}, {"layer": "relu"}],
               "heads": {"flow": %s, "edges": %s, "joints": %s, "ears": %s, "animal": %s, "tags": %s, "age": %s}},
             "tasks": {"flow": {"loss": "l1", "ignore": -1}, "edges": {"loss": "binary_cross_entropy", "ignore": -1},
               "joints": {"loss": "l2", "ignore": -1}, "ears": {"loss": "huber", "ignore": -1},
               "animal": {"loss": "cross_entropy", "classes": 2,
                 "ignore": 255},
               "tags": {"loss": "binary_cross_entropy", "ignore": -1}, "age": {"loss": "l1", "ignore": -1}},
             "optimizer": {"method": "adam", "lr": 0.05}, "epochs": 5, "seed": 3}
            """.formatted(HEAD.formatted(2), HEAD.formatted(1), HEAD.formatted(2), WHOLE.formatted(4),
                    WHOLE.formatted(2), WHOLE.formatted(3), WHOLE.formatted(1));

    @TempDir
    private static Path folder;
    private static Path out;
    private static JsonNode json;

    /** Predicts 6 rows of 8 columns, where the network has 4 of each. */
    @BeforeAll
    static void trainAndPredict() throws IOException {
        DataFolder data = new SmallData(folder).folder;
        data.text("train.csv", "name,age,kind,tags\na,1,cat,big;red\nb,2,dog,red\nc,3,cat,old\nd,4,dog,big\n");
        data.text("points.csv", "name,x0,y0,x1,y1\na,0,0,3,3\nb,0,0,3,3\nc,0,0,3,3\nd,0,0,3,3\n");
        for (String name : List.of("a", "b", "c", "d")) {
            float[] flow = new float[32];
            for (int i = 0; i < flow.length; i += 2) {
                flow[i] = 2;
                flow[i + 1] = 1;
            }
            data.npy("flow/" + name + ".npy", "4, 4, 2", flow);
        }
        Path config = data.text("kinds.json", CONFIG.replace("FOLDER", folder.toString()));
        Path run = folder.resolve("run");
        Command.run("train", config.toString(), "--device", "soft", "--out", run.toString()).succeeds();
        Path photo = data.colours("new.png", 8, 6, 40, 20, 51);
        out = folder.resolve("predicted");
        Command.run("predict", run.toString(), photo.toString(), "--out", out.toString(), "--as",
                "png,npy,json,overlay", "--device", "soft").succeeds();
        json = JsonMapper.builder().build().readTree(out.resolve("new.json").toFile());
    }

    private static float[] numbers(String task) {
        return PictureFile.open(out.resolve("new." + task + ".npy")).values("");
    }

    @Test
    void eachHasTheFilesOfItsKind() {
        assertEquals(Set.of("classes.json", "legend.png", "new.json", "new.overlay.png", "new.flow.npy",
                "new.flow.colour.png", "new.edges.npy", "new.edges.colour.png", "new.joints.npy", "new.ears.npy",
                "new.animal.npy", "new.tags.npy", "new.age.npy"), TinyRooms.contents(out).keySet());
    }

    @Test
    void flowHasThePhotosSize() throws IOException {
        PictureFile file = PictureFile.open(out.resolve("new.flow.npy"));
        assertEquals("6 x 8 x 2", file.height() + " x " + file.width() + " x " + file.channels());
        BufferedImage colours = ImageIO.read(out.resolve("new.flow.colour.png").toFile());
        assertEquals("8 x 6", colours.getWidth() + " x " + colours.getHeight());
    }

    @Test
    void theWholeImagesClassIsTheLikeliestAndProbabilitiesAreOfItsLogits() throws IOException {
        float[] logits = whole("animal", 2);
        JsonNode animal = json.get("animal");
        int best = logits[0] >= logits[1] ? 0 : 1;
        assertEquals(List.of("cat", "dog").get(best), animal.get("class").asText());
        assertEquals(best, animal.get("number").asInt());
        double cat = 1 / (1 + Math.exp(logits[1] - (double) logits[0]));
        assertEquals(cat, animal.get("probabilities").get("cat").asDouble(), 1e-12);
        assertEquals(1 - cat, animal.get("probabilities").get("dog").asDouble(), 1e-12);
        assertEquals(Math.max(cat, 1 - cat), animal.get("probability").asDouble(), 1e-12);
    }

    @Test
    void yesOrNoHasAProbabilityEachAndPlainValuesHaveNone() throws IOException {
        float[] logits = whole("tags", 3);
        List<String> names = List.of("big", "old", "red");
        for (int i = 0; i < 3; i++) {
            assertEquals(logits[i], json.get("tags").get("values").get(names.get(i)).floatValue());
            assertEquals(1 / (1 + Math.exp(-logits[i])), json.get("tags").get("probabilities").get(names.get(i))
                    .asDouble(), 1e-12);
        }
        assertEquals(whole("age", 1)[0], json.get("age").get("values").get("age").floatValue());
        assertFalse(json.get("age").has("probabilities"));
        assertFalse(json.has("edges") || json.has("flow"), "of pixels there are pictures and numbers");
    }

    /** The array of a whole image has one dimension. */
    private static float[] whole(String task, int count) throws IOException {
        byte[] file = Files.readAllBytes(out.resolve("new." + task + ".npy"));
        assertTrue(new String(file, 0, 128, StandardCharsets.ISO_8859_1).contains("'shape': (" + count
                + ",)"));
        float[] values = new float[count];
        ByteBuffer.wrap(file, file.length - 4 * count, 4 * count).order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer().get(values);
        return values;
    }

    @Test
    void pointsHaveNamesPlacesAndScores() {
        float[] maps = numbers("joints");
        JsonNode points = json.get("joints").get("points");
        assertEquals(2, points.size());
        for (int i = 0; i < 2; i++) {
            assertEquals(List.of("hand", "foot").get(i), points.get(i).get("name").asText());
            double x = points.get(i).get("x").asDouble();
            double y = points.get(i).get("y").asDouble();
            assertTrue(x >= -0.5 && x <= 7.5 && y >= -0.5 && y <= 5.5, x + ", " + y);
            float most = Float.NEGATIVE_INFINITY;
            for (int at = i; at < maps.length; at += 2) {
                most = Math.max(most, maps[at]);
            }
            assertTrue(points.get(i).get("score").asDouble() >= most - 1e-6, "between pixels nothing is larger");
        }
    }

    @Test
    void coordinatesHaveNamesAndPlacesInThePhoto() {
        float[] places = numbers("ears");
        JsonNode points = json.get("ears").get("points");
        for (int i = 0; i < 2; i++) {
            assertEquals(List.of("hand", "foot").get(i), points.get(i).get("name").asText());
            assertEquals(places[2 * i], points.get(i).get("x").floatValue());
            assertEquals(places[2 * i + 1], points.get(i).get("y").floatValue());
            assertFalse(points.get(i).has("score"));
        }
    }

    @Test
    void whatPicturesShowHasNamesAndColoursOnce() throws IOException {
        JsonNode classes = JsonMapper.builder().build().readTree(out.resolve("classes.json").toFile());
        assertEquals(2, classes.size());
        assertEquals(2, classes.get("ears").size());
        assertEquals("foot", classes.get("joints").get(1).get("name").asText());
        assertTrue(ImageIO.read(out.resolve("new.overlay.png").toFile()).getHeight() > 2 * 384 * 6 / 8);
    }

    @Test
    void aTaskThatIsCalledAsWhatIsSaidOfThePhotoHasNoJson() throws IOException {
        Path config = folder.resolve("width.json");
        Files.writeString(config, Files.readString(folder.resolve("kinds.json")).replace("\"age\": ", "\"width\": "));
        Path run = folder.resolve("run of width");
        Command.run("train", config.toString(), "--device", "soft", "--out", run.toString(), "--set", "epochs=1")
                .succeeds();
        String to = folder.resolve("of width").toString();
        String photo = folder.resolve("new.png").toString();
        Command.run("predict", run.toString(), photo, "--out", to, "--device", "soft").refuses(2, "task 'width'",
                "Leave json out of --as");
        Command.run("predict", run.toString(), photo, "--out", to, "--device", "soft", "--as", "npy").succeeds();
        assertTrue(Files.exists(Path.of(to, "new.width.npy")) && Files.notExists(Path.of(to, "new.json")));
    }
}
