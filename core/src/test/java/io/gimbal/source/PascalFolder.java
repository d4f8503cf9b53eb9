package io.gimbal.source;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** Makes a folder in PASCAL_MT's form, of small pictures whose labels are alike; the second has no part of a person. */
public final class PascalFolder {
    static final int HEIGHT = 9;
    static final int WIDTH = 12;

    private PascalFolder() {}

    /** Writes that many examples of "train", and of "val". */
    public static Path write(Path path, int train, int val) throws IOException {
        DataFolder folder = new DataFolder(path);
        split(folder, "train", 0, train);
        split(folder, "val", train, val);
        return path;
    }

    private static void split(DataFolder folder, String split, int first, int count) throws IOException {
        List<String> names = IntStream.range(first, first + count).mapToObj(number -> "2008_%06d".formatted(number + 1))
                .toList();
        folder.text("ImageSets/Context/" + split + ".txt", String.join("\n", names) + "\n");
        for (String name : names) {
            folder.colours("JPEGImages/" + name + ".jpg", WIDTH, HEIGHT, 90);
            folder.grey("semseg/VOC12/" + name + ".png", WIDTH, HEIGHT, 15);
            folder.colours("normals_distill/" + name + ".png", WIDTH, HEIGHT, 255, 128, 128);
            folder.grey("sal_distill/" + name + ".png", WIDTH, HEIGHT, 255);
            copy(folder, "labelmap.mat", "pascal-context/trainval/" + name + ".mat");
            copy(folder, name.endsWith("2") ? "noparts.mat" : "parts.mat", "human_parts/" + name + ".mat");
        }
    }

    static void copy(DataFolder folder, String resource, String file) throws IOException {
        try (InputStream in = PascalFolder.class.getResourceAsStream("pascal/" + resource)) {
            folder.bytes(file, in.readAllBytes());
        }
    }
}
