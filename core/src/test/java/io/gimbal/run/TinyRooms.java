package io.gimbal.run;

import io.gimbal.storage.FolderLock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A training that takes a moment: rooms of 16 x 24, a trunk of two convolutions, 2 epochs of 4 batches of 2. */
public final class TinyRooms {
    /** Of the whole training. */
    public static final int STEPS = 8;

    /** The network alone, for any data of NYUv2's fields. */
    public static final String MODEL = """
            "model": {
              "input": [3, 16, 24],
              "trunk": [
                {"layer": "conv2d", "out": 4, "kernel": 3, "padding": 1, "stride": 2, "bias": false},
                {"layer": "batch_norm"}, {"layer": "relu"},
                {"layer": "conv2d", "out": 4, "kernel": 3, "padding": 1}, {"layer": "relu"}
              ],
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
            }""";

    /** The whole configuration. */
    public static final String TEXT = """
            {
              // Small enough for a test.
              "name": "tiny rooms",
              "data": {"source": "rooms", "count": 9, "batch": 2},
              "validation": {"count": 3},
              %s,
              "balance": {"method": "gradnorm", "alpha": 1.5},
              "optimizer": {"method": "adam", "lr": 3e-3},
              "schedule": {"kind": "cosine", "warm_up": 2},
              "epochs": 2,
              "seed": 7
            }
            """.formatted(MODEL);

    private TinyRooms() {}

    /** What a clock or the machine stands in. */
    private static final List<String> OF_THE_PROCESS = List.of("speed.jsonl", "environment.jsonl", "report.html");

    /** Every file of a folder and those below it but its lock, by name; a folder that is not there has none. */
    public static Map<String, byte[]> contents(Path folder) {
        Map<String, byte[]> contents = new TreeMap<>();
        if (!Files.isDirectory(folder)) {
            return contents;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).filter(file -> !file.endsWith(FolderLock.FILE))
                    .toList()) {
                contents.put(folder.relativize(file).toString(), Files.readAllBytes(file));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return contents;
    }

    /** The names of the files that are not the same in both folders, pictures and all, but for the process's own. */
    public static List<String> differences(Path one, Path other) {
        Map<String, byte[]> ones = contents(one);
        Map<String, byte[]> others = contents(other);
        ones.keySet().removeAll(OF_THE_PROCESS);
        others.keySet().removeAll(OF_THE_PROCESS);
        List<String> different = new ArrayList<>();
        ones.forEach((name, bytes) -> {
            if (!java.util.Arrays.equals(bytes, others.remove(name))) {
                different.add(name);
            }
        });
        different.addAll(others.keySet());
        return different;
    }
}
