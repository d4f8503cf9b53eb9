package io.gimbal.run;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import javax.imageio.ImageIO;

/**
 * Makes a folder in the form of NYUv2's, of small pictures: a floor that comes nearer towards the bottom, in two
 * classes.
 */
public final class NyuFolder {
    private static final int WIDTH = 64;
    private static final int HEIGHT = 48;

    private NyuFolder() {}

    /** Writes that many training and test samples; the first has {@code oddClass} at one pixel. */
    public static Path write(Path folder, int train, int test, int oddClass) throws IOException {
        split(folder, "train", train, oddClass);
        split(folder, "test", test, 5);
        return folder;
    }

    private static void split(Path folder, String split, int count, int oddClass) throws IOException {
        List<String> names = new ArrayList<>();
        for (String kind : List.of("rgb", "depth_u8", "label13")) {
            Files.createDirectories(folder.resolve(split).resolve(kind));
        }
        RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
        for (int k = 0; k < count; k++) {
            String name = String.format("%04d", k + 1);
            names.add(name);
            BufferedImage colours = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
            BufferedImage depth = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_BYTE_GRAY);
            BufferedImage labels = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_BYTE_GRAY);
            for (int y = 0; y < HEIGHT; y++) {
                for (int x = 0; x < WIDTH; x++) {
                    boolean left = x < 20 + k;
                    colours.setRGB(x, y, left ? 0x804020 + random.nextInt(16) : 0x2080C0 + random.nextInt(16));
                    depth.getRaster().setSample(x, y, 0, x == 0 ? 0 : 120 - y);
                    labels.getRaster().setSample(x, y, 0, y == 0 ? 0 : left ? 5 : 12);
                }
            }
            if (k == 0) {
                labels.getRaster().setSample(30, 20, 0, oddClass);
            }
            ImageIO.write(colours, "jpg", folder.resolve(split).resolve("rgb").resolve(name + ".jpg").toFile());
            ImageIO.write(depth, "png", folder.resolve(split).resolve("depth_u8").resolve(name + ".png").toFile());
            ImageIO.write(labels, "png", folder.resolve(split).resolve("label13").resolve(name + ".png").toFile());
        }
        Files.write(folder.resolve(split + ".txt"), names);
    }
}
