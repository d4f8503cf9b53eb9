package io.gimbal.cli;

import io.gimbal.config.Config;
import io.gimbal.data.DataSet;
import io.gimbal.data.Field;
import io.gimbal.graph.Shape;
import io.gimbal.picture.ArrayChoice;
import io.gimbal.picture.PictureFile;
import io.gimbal.source.AnimalFolder;
import io.gimbal.source.DataFolder;
import io.gimbal.source.Sources;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Data of one's own, whose files are mutated: pictures and arrays of all forms, and the texts that tell of them. */
final class FuzzedData {
    private static final String FACES = "training.txt";
    private static final List<String> TEXTS = List.of("train.txt", "keypoints.json", "points.csv", "table.csv",
            FACES);

    private final Map<String, byte[]> forms = new LinkedHashMap<>();
    private final Map<String, byte[]> texts = new HashMap<>();
    private final Path animals;
    private final Path faces;

    FuzzedData(Path folder) throws IOException {
        animals = AnimalFolder.write(folder.resolve("animals"), 3, 1);
        DataFolder made = new DataFolder(folder.resolve("forms"));
        made.colours("a.bmp", 9, 7, 1, 2, 250);
        made.colours("a.tif", 9, 7, 1, 2, 250);
        made.grey16("b.tif", 9, 7, 1, 65000, 7);
        made.npy("a.npy", "7, 9", new float[63]);
        made.text("a.pfm", "Pf\n3 1\n-1.0\nabcdefghijkl");
        for (String name : List.of("a.bmp", "a.tif", "b.tif", "a.npy", "a.pfm")) {
            forms.put(name, Files.readAllBytes(made.path.resolve(name)));
        }
        for (String name : List.of("kinds.mat", "kinds-packed.mat")) {
            try (InputStream file = PictureFile.class.getResourceAsStream(name)) {
                forms.put(name, file.readAllBytes());
            }
        }
        texts.put("train.txt", Files.readAllBytes(animals.resolve("train.txt")));
        texts.put("keypoints.json", Files.readAllBytes(animals.resolve("keypoints.json")));
        texts.put("points.csv", text("name,x1,y1,x2,y2\nanimal_0,3,4,5.5,6\nanimal_1,7,8,,\nanimal_2,1,1,2,2\n"));
        DataFolder photos = new DataFolder(folder.resolve("fuzzed faces"));
        photos.colours("a/1.png", 9, 9, 7);
        photos.colours("a/2.png", 12, 10, 8);
        faces = photos.path;
        String places = " 3.5 9 6 4 8.25 3 3.5 6 9 8 1 2 1 ";
        texts.put(FACES, text(" a\\1.png" + places + "5\n a/2.png" + places + "1\n"));
        // It stands in the folder from the start: what a reading leaves behind is told.
        Files.write(faces.resolve(FACES), texts.get(FACES));
        texts.put("table.csv", text("size,town,price\n1,west,2.5\n\"2\",east,3\n3.5,west,4\n"));
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Opens a mutated picture or array, and unpacks it in one of the ways there are. */
    void open(Mutations mutations, Path place) throws IOException {
        String name = mutations.one(List.copyOf(forms.keySet()));
        Path file = Files.write(place.resolve("fuzzed." + name), mutations.bytes(forms.get(name)));
        PictureFile picture = PictureFile.open(file, name.endsWith(".mat") ? ArrayChoice.of(mutations.one(List.of(
                "labels", "deep", "small", "flag"))) : ArrayChoice.ONLY);
        switch (mutations.below(3)) {
            case 0 -> picture.colours();
            case 1 -> picture.classNumbers("Class numbers are due.");
            default -> picture.values("Numbers are due.");
        }
    }

    /** Opens data of which a text is mutated, and reads all samples. */
    void read(Mutations mutations, Path place) throws IOException {
        String name = mutations.one(TEXTS);
        byte[] base = texts.get(name);
        if (name.equals(FACES)) {
            Files.write(faces.resolve(FACES), mutations.bytes(base));
            readAll("{\"source\": \"mtfl\", \"path\": \"" + faces + "\"}", Shape.image(1, 3, 16, 24));
            return;
        }
        Path file = Files.write(place.resolve("fuzzed." + name), name.endsWith(".json") && mutations.below(2) == 0
                ? mutations.json(new String(base, StandardCharsets.UTF_8)) : mutations.bytes(base));
        boolean table = name.equals("table.csv");
        String spec = table ? "{\"source\": \"table\", \"path\": \"" + place + "\", \"list\": \"fuzzed.table.csv\", "
                + "\"inputs\": {\"size\": \"number\", \"town\": \"category\"}, \"fields\": {\"price\": {\"kind\": "
                + "\"value\", \"column\": \"price\", \"normalize\": true}}}"
                : "{\"source\": \"folder\", \"path\": \"" + animals + "\", \"list\": \"" + (name.equals("train.txt")
                        ? file : "train.txt") + "\", \"image\": \"JPEGImages/{name}.jpg\", \"fields\": {\"joints\": "
                + "{\"kind\": \"" + mutations.one(List.of("points", "coordinates")) + "\", \"mirror\": [], "
                + "\"file\": \"" + (name.equals("train.txt") ? "keypoints.json" : file)
                + "\", \"count\": " + (name.equals("points.csv") ? 2 : 20) + "}}}";
        readAll(spec, table ? Shape.features(1, 3) : Shape.image(1, 3, 16, 24));
    }

    private static void readAll(String spec, Shape input) {
        DataSet data = Sources.training(Config.parse(spec, "fuzz.json"), 1, input);
        for (int index = 0; index < data.size(); index++) {
            read(data, index);
        }
    }

    private static void read(DataSet data, int index) {
        Map<String, ByteBuffer> targets = new HashMap<>();
        for (Field field : data.fields()) {
            targets.put(field.name(), ByteBuffer.allocate((int) field.places(data.height(), data.width())
                    * field.bytesPerPlace()).order(ByteOrder.nativeOrder()));
        }
        data.read(index, false, FloatBuffer.allocate(data.height() * data.width() * data.channels()), targets);
    }
}
