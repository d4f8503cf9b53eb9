package io.gimbal.source;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.StringJoiner;
import javax.imageio.ImageIO;

/**
 * Makes a folder in the form of the one that {@code examples/animals.json} reads, of small pictures: light ellipses on
 * dark grounds, with their outlines and two key points.
 */
public final class AnimalFolder {
    private static final int POINTS = 20;

    private AnimalFolder() {}

    /** Writes that many examples to learn from and to validate on. */
    public static Path write(Path folder, int train, int held) throws IOException {
        for (String kind : List.of("JPEGImages", "SegmentationClassAug", "boundary_derived")) {
            Files.createDirectories(folder.resolve(kind));
        }
        StringJoiner images = new StringJoiner(", ");
        StringJoiner annotations = new StringJoiner(", ");
        List<String> names = new ArrayList<>();
        Random random = new Random(1);
        for (int k = 0; k < train + held; k++) {
            String name = "animal_" + k;
            names.add(name);
            int middle = 30 + random.nextInt(40);
            write(folder, name, 60 + random.nextInt(40), 50 + random.nextInt(30), middle);
            images.add("{\"id\": %d, \"file_name\": \"%s.jpg\"}".formatted(k, name));
            annotations.add("{\"image_id\": %d, \"keypoints\": [[%d, 25, 2], [%d, 28, 2]%s]}".formatted(k, middle - 5,
                    middle + 5, ", [0, 0, 0]".repeat(POINTS - 2)));
        }
        Files.write(folder.resolve("train.txt"), names.subList(0, train));
        Files.write(folder.resolve("val.txt"), names.subList(train, train + held));
        StringJoiner parts = new StringJoiner("\", \"", "\"", "\"").add("left_eye").add("right_eye");
        for (int k = 2; k < POINTS; k++) {
            parts.add("part_" + k);
        }
        Files.writeString(folder.resolve("keypoints.json"), "{\"images\": [" + images + "], \"annotations\": ["
                + annotations + "], \"categories\": [{\"keypoints\": [" + parts + "]}]}");
        return folder;
    }

    private static void write(Path folder, String name, int width, int height, int middle) throws IOException {
        BufferedImage photo = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        BufferedImage classes = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
        BufferedImage edges = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                double off = Math.hypot((x - middle) / 20.0, (y - 26) / 12.0);
                photo.setRGB(x, y, off < 1 ? 0xD0B090 : 0x203010 + x);
                classes.getRaster().setSample(x, y, 0, off < 0.95 ? 12 : off < 1.05 ? 255 : 0);
                edges.getRaster().setSample(x, y, 0, Math.abs(off - 1) < 0.08 ? 255 : 0);
            }
        }
        ImageIO.write(photo, "jpg", folder.resolve("JPEGImages").resolve(name + ".jpg").toFile());
        ImageIO.write(classes, "png", folder.resolve("SegmentationClassAug").resolve(name + ".png").toFile());
        ImageIO.write(edges, "png", folder.resolve("boundary_derived").resolve(name + ".png").toFile());
    }
}
