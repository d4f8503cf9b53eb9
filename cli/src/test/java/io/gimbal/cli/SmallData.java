package io.gimbal.cli;

import io.gimbal.source.DataFolder;
import java.nio.file.Path;

/**
 * A folder of four sound examples to learn from, a to d, and one to validate on, e, of 4 x 4 pixels, and the
 * configuration of a training on them: classes of pixels, of which the last row has class 2, and depth of 1 to 16.
 */
final class SmallData {
    static final String TEXT = """
            {"name": "small",
             "data": {"source": "folder", "path": "FOLDER", "list": "train.csv", "image": "photos/{name}.png",
               "batch": 2, "flip": false,
               "fields": {
                 "parts": {"file": "parts/{name}.png", "kind": "classes", "classes": 3,
                   "names": ["sky", "sea", "land"]},
                 "depth": {"file": "depth/{name}.npy", "kind": "depth"}}},
             "validation": {"list": "val.csv"},
             "model": {"input": [3, 4, 4],
               "trunk": [{"layer": "conv2d", "out": 4, "kernel": 3, "padding": 1}],
               "heads": {"parts": [{"layer": "conv2d", "out": 3, "kernel": 1}],
                 "depth": [{"layer": "conv2d", "out": 1, "kernel": 1}]}},
             "tasks": {"parts": {"loss": "cross_entropy", "classes": 3, "ignore": 255},
               "depth": {"loss": "l1", "ignore": 0}},
             "epochs": 1}
            """;
    static final float[] DEPTH = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

    final DataFolder folder;
    final Path config;

    SmallData(Path path) {
        folder = new DataFolder(path);
        for (String name : new String[] {"a", "b", "c", "d", "e"}) {
            folder.colours("photos/" + name + ".png", 4, 4, 10 * name.charAt(0) % 256, 20, 51);
            folder.grey("parts/" + name + ".png", 4, 4, 0, 1, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2, 2);
            folder.npy("depth/" + name + ".npy", "4, 4", DEPTH);
        }
        folder.text("train.csv", "name,age,kind\na,1,cat\nb,2,dog\nc,3,cat\nd,4,dog\n");
        folder.text("val.csv", "name,age,kind\ne,5,cat\n");
        folder.text("train.txt", "a\nb\nc\nd\n");
        config = folder.text("small.json", TEXT.replace("FOLDER", path.toString()));
    }
}
