package io.gimbal.spark;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Models that a moment's training of the command line has left, for images of 16 x 24. */
final class TrainedModels {
    private static final String TRUNK = """
            "model": {
              "input": [3, 16, 24],
              "trunk": [
                {"layer": "conv2d", "out": 4, "kernel": 3, "padding": 1, "stride": 2, "bias": false},
                {"layer": "batch_norm"}, {"layer": "relu"},
                {"layer": "conv2d", "out": 4, "kernel": 3, "padding": 1}, {"layer": "relu"}
              ],
            """;
    /** Classes, depth and normals. */
    static final String ROOMS = """
            {
              "name": "rooms",
              "data": {"source": "rooms", "count": 4, "batch": 2},
              "validation": {"count": 2},
            """ + TRUNK + """
                "heads": {
                  "segmentation": [{"layer": "conv2d", "out": 13, "kernel": 1}, {"layer": "upsample", "scale": 2}],
                  "depth": [{"layer": "conv2d", "out": 1, "kernel": 1}, {"layer": "upsample", "scale": 2}],
                  "normals": [{"layer": "conv2d", "out": 3, "kernel": 1}, {"layer": "upsample", "scale": 2}]
                }
              },
              "tasks": {
                "segmentation": {"loss": "cross_entropy", "classes": 13, "ignore": 255},
                "depth": {"loss": "l1", "ignore": 0},
                "normals": {"loss": "cosine", "ignore": 0}
              },
              "optimizer": {"method": "adam", "lr": 3e-3},
              "epochs": 1
            }
            """;
    /** A task of every kind that {@link PredictionStruct} tells apart, but classes of pixels; photos are cropped. */
    private static final String EVERY_KIND = """
            {
              "name": "every kind",
              "data": {"source": "folder", "list": "list.csv", "image": "{name}.png", "fit": "cover", "batch": 2,
                "fields": {
                  "edges": {"file": "edges/{name}.png", "kind": "values", "scale": 0.00392157},
                  "motion": {"file": "motion/{name}.npy", "kind": "flow"},
                  "joints": {"file": "joints.csv", "kind": "points", "count": 2, "names": ["nose", "tail"]},
                  "ends": {"file": "joints.csv", "kind": "coordinates", "count": 2, "names": ["nose", "tail"]},
                  "breed": {"column": "breed", "kind": "class", "classes": ["collie", "poodle"]},
                  "age": {"column": "age", "kind": "value"},
                  "sizes": {"columns": ["length", "weight"], "kind": "value"},
                  "marks": {"column": "marks", "kind": "labels", "classes": ["spots", "stripes"]}}},
              "validation": {"list": "list.csv"},
            """ + TRUNK + """
                "heads": {
                  "edges": [{"layer": "conv2d", "out": 1, "kernel": 1}, {"layer": "upsample", "scale": 2}],
                  "motion": [{"layer": "conv2d", "out": 2, "kernel": 1}, {"layer": "upsample", "scale": 2}],
                  "joints": [{"layer": "conv2d", "out": 2, "kernel": 1}, {"layer": "upsample", "scale": 2}],
                  "ends": [{"layer": "flatten", "features": 384}, {"layer": "linear", "out": 4}],
                  "breed": [{"layer": "flatten", "features": 384}, {"layer": "linear", "out": 2}],
                  "age": [{"layer": "flatten", "features": 384}, {"layer": "linear", "out": 1}],
                  "sizes": [{"layer": "flatten", "features": 384}, {"layer": "linear", "out": 2}],
                  "marks": [{"layer": "flatten", "features": 384}, {"layer": "linear", "out": 2}]
                }
              },
              "tasks": {
                "edges": {"loss": "binary_cross_entropy", "ignore": -1},
                "motion": {"loss": "l1", "ignore": -1},
                "joints": {"loss": "binary_cross_entropy", "ignore": -1},
                "ends": {"loss": "l2", "ignore": -1},
                "breed": {"loss": "cross_entropy", "classes": 2, "ignore": 255},
                "age": {"loss": "l1", "ignore": -1},
                "sizes": {"loss": "l1", "ignore": -1},
                "marks": {"loss": "binary_cross_entropy", "ignore": -1}
              },
              "optimizer": {"method": "adam", "lr": 3e-3},
              "epochs": 1
            }
            """;

    private static final Map<Integer, Path> ROOMS_BY_SEED = new HashMap<>();

    private TrainedModels() {}

    /** One of rooms (classes, depth, normals), for tests that leave it as it is. */
    static Path rooms() throws IOException, InterruptedException {
        return rooms(1);
    }

    /** Another for each seed, likewise. */
    static synchronized Path rooms(int seed) throws IOException, InterruptedException {
        if (!ROOMS_BY_SEED.containsKey(seed)) {
            Path folder = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "rooms-");
            ROOMS_BY_SEED.put(seed, train(folder, ROOMS, "seed=" + seed));
        }
        return ROOMS_BY_SEED.get(seed);
    }

    /** A copy of it, which a test may change: the files that say all of it. */
    static Path copy(Path run, Path to) throws IOException {
        Files.createDirectory(to);
        for (String name : List.of("config.json", "best.safetensors")) {
            Files.copy(run.resolve(name), to.resolve(name));
        }
        return to;
    }

    static Path everyKind(Path folder) throws IOException, InterruptedException {
        Path data = Files.createDirectories(folder.resolve("data"));
        Files.createDirectories(data.resolve("edges"));
        Files.createDirectories(data.resolve("motion"));
        List<String> list = new ArrayList<>(List.of("name,breed,age,length,weight,marks"));
        List<String> joints = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Photos.write(data.resolve("photo" + i + ".png"), 16, 24, i);
            Photos.write(data.resolve("edges/photo" + i + ".png"), 16, 24, -1 - i);
            Files.write(data.resolve("motion/photo" + i + ".npy"), motion(1 + i));
            list.add("photo%d,%s,%d,%d,%d,%s".formatted(i, i % 2 == 0 ? "collie" : "poodle", i, 10 + i, 20 - i,
                    i % 2 == 0 ? "spots" : "spots;stripes"));
            joints.add("photo%d,%d,%d,%d,%d".formatted(i, 2 + i, 3, 20 - i, 12));
        }
        Files.write(data.resolve("list.csv"), list);
        Files.write(data.resolve("joints.csv"), joints);
        return train(folder, EVERY_KIND, "data.path=" + data);
    }

    /** Writes a folder of four images with a class each, and the configuration of a training by it. */
    static Path folderOfClasses(Path data, Path to) throws IOException {
        List<String> list = new ArrayList<>(List.of("name,breed"));
        for (int i = 0; i < 4; i++) {
            Photos.write(data.resolve("photo" + i + ".png"), 16, 24, i);
            list.add("photo%d,%s".formatted(i, i % 2 == 0 ? "collie" : "poodle"));
        }
        Files.write(data.resolve("list.csv"), list);
        return Files.writeString(to.resolve("breeds.json"), """
                {
                  "data": {"source": "folder", "list": "list.csv", "image": "{name}.png", "batch": 2,
                    "fields": {"breed": {"column": "breed", "kind": "class", "classes": ["collie", "poodle"]}}},
                """ + TRUNK + """
                    "heads": {"breed": [{"layer": "flatten", "features": 384}, {"layer": "linear", "out": 2}]}
                  },
                  "tasks": {"breed": {"loss": "cross_entropy", "classes": 2, "ignore": 255}},
                  "optimizer": {"method": "adam", "lr": 3e-3},
                  "epochs": 1
                }
                """);
    }

    /** A network that learned from a table: a value in its own units, and a class. */
    static Path table(Path folder) throws IOException, InterruptedException {
        List<String> rows = new ArrayList<>(List.of("size,town,price,grade"));
        for (int i = 0; i < 8; i++) {
            rows.add("%d,%s,%d,%s".formatted(40 + 20 * i, i % 3 == 0 ? "north" : "south", 100 + 90 * i, i < 4 ? "low"
                    : "high"));
        }
        Files.write(folder.resolve("homes.csv"), rows);
        return train(folder, """
                {
                  "data": {"source": "table", "list": "homes.csv", "batch": 4,
                    "inputs": {"size": {"kind": "number", "missing": "mean"}, "town": "category"},
                    "fields": {"price": {"kind": "value", "column": "price", "normalize": true},
                               "grade": {"kind": "class", "column": "grade"}}},
                  "model": {"input": [3], "trunk": [{"layer": "linear", "out": 8}, {"layer": "relu"}],
                    "heads": {"price": [{"layer": "linear", "out": 1}], "grade": [{"layer": "linear", "out": 2}]}},
                  "tasks": {"price": {"loss": "l2", "ignore": -1000000},
                            "grade": {"loss": "cross_entropy", "classes": 2, "ignore": 255}},
                  "epochs": 1
                }
                """, "data.path=" + folder);
    }

    /** NumPy's form of 16 x 24 x 2 float32: all pixels move alike. */
    private static byte[] motion(int pixels) {
        String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (16, 24, 2), }";
        int padded = 128 - 10;
        ByteBuffer bytes = ByteBuffer.allocate(128 + 16 * 24 * 2 * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII)).put((byte) 1).put((byte) 0).putShort(
                (short) padded).put((header + " ".repeat(padded - header.length() - 1) + "\n").getBytes(
                StandardCharsets.US_ASCII));
        while (bytes.hasRemaining()) {
            bytes.putFloat(pixels);
        }
        return bytes.array();
    }

    static Path train(Path folder, String configuration, String... settings) throws IOException,
            InterruptedException {
        return train(folder, configuration, 1, settings);
    }

    static Path train(Path folder, String configuration, int ranks, String... settings) throws IOException,
            InterruptedException {
        Path config = Files.writeString(folder.resolve("config.json"), configuration);
        Path run = folder.resolve("run");
        Path log = folder.resolve("log.txt");
        List<String> command = new ArrayList<>(java());
        command.addAll(List.of("io.gimbal.cli.Main", "train", config.toString(), "--device", "soft", "--out",
                run.toString(), "--ranks", Integer.toString(ranks)));
        for (String setting : settings) {
            command.addAll(List.of("--set", setting));
        }
        Process training = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
        boolean ended = training.waitFor(2, TimeUnit.MINUTES);
        training.destroyForcibly();
        assertTrue(ended && training.exitValue() == 0, () -> read(log));
        return run;
    }

    /** A command that runs a class of the tests' class path. */
    static List<String> java() {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java")
                .toString(), "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path")));
        command.addAll(options());
        return command;
    }

    /** Gimbal's settings of this process, for another. */
    static List<String> options() {
        return System.getProperties().stringPropertyNames().stream().filter(name -> name.startsWith("gimbal."))
                .map(name -> "-D" + name + "=" + System.getProperty(name)).toList();
    }

    static String read(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
