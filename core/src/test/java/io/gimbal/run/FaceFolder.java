package io.gimbal.run;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.QuadCurve2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import javax.imageio.ImageIO;

/**
 * Makes a folder in the form of the Multi-Task Facial Landmark data set, of drawings: circles and lines, whose long
 * hair, mouth, glasses and nose are the attributes. What is learned from them says nothing of faces.
 */
public final class FaceFolder {
    private static final int WIDTH = 48;
    private static final int HEIGHT = 56;

    private FaceFolder() {}

    /** Writes that many faces to learn from and to test on. */
    public static Path write(Path folder, int train, int test) throws IOException {
        split(folder, "training.txt", "train", train, 1);
        split(folder, "testing.txt", "test", test, 2);
        return folder;
    }

    private static void split(Path folder, String list, String images, int count, long seed) throws IOException {
        Random random = new Random(seed);
        Files.createDirectories(folder.resolve(images));
        List<String> lines = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            BufferedImage picture = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
            String labels = draw(picture, random);
            ImageIO.write(picture, "png", folder.resolve(images).resolve(number + ".png").toFile());
            lines.add(" " + images + "\\" + number + ".png " + labels);
        }
        lines.add("");
        Files.write(folder.resolve(list), lines);
    }

    /** Draws a face, and tells what stands behind its name in the list. */
    private static String draw(BufferedImage picture, Random random) {
        int gender = 1 + random.nextInt(2);
        int smile = 1 + random.nextInt(2);
        int glasses = 1 + random.nextInt(2);
        int pose = 1 + random.nextInt(5);
        double x = WIDTH / 2.0 + 8 * (random.nextDouble() - 0.5);
        double y = HEIGHT / 2.0 + 8 * (random.nextDouble() - 0.5);
        double size = 12 + 6 * random.nextDouble();
        double turned = size / 8 * (pose - 3);
        double[] columns = {x - 0.4 * size + turned, x + 0.4 * size + turned, x + 2 * turned, x - 0.35 * size + turned,
            x + 0.35 * size + turned};
        double[] rows = {y - 0.3 * size, y - 0.3 * size, y + 0.1 * size, y + 0.5 * size, y + 0.5 * size};
        Graphics2D pen = picture.createGraphics();
        pen.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        pen.setColor(new Color(random.nextInt(1 << 24)).darker());
        pen.fillRect(0, 0, WIDTH, HEIGHT);
        if (gender == 2) {
            pen.setColor(new Color(90, 50, 20));
            pen.fill(new Ellipse2D.Double(x - 1.2 * size, y - 1.3 * size, 2.4 * size, 2.9 * size));
        }
        pen.setColor(new Color(225, 185, 150));
        pen.fill(new Ellipse2D.Double(x - 0.9 * size, y - 1.1 * size, 1.8 * size, 2.2 * size));
        pen.setColor(Color.BLACK);
        for (int eye = 0; eye < 2; eye++) {
            pen.fill(new Ellipse2D.Double(columns[eye] - 1.5, rows[eye] - 1.5, 3, 3));
            if (glasses == 1) {
                pen.draw(new Ellipse2D.Double(columns[eye] - 4, rows[eye] - 4, 8, 8));
            }
        }
        pen.setStroke(new BasicStroke(1.5f));
        pen.draw(new Line2D.Double(x + turned, rows[0], columns[2], rows[2]));
        pen.setColor(new Color(170, 30, 40));
        pen.draw(new QuadCurve2D.Double(columns[3], rows[3], x + turned, rows[3] + (smile == 1 ? 0.4 : 0) * size,
                columns[4], rows[4]));
        pen.dispose();
        StringBuilder labels = new StringBuilder();
        // Drawn at the corners' coordinates; a pixel's middle has its number.
        for (double column : columns) {
            labels.append(String.format(Locale.ROOT, "%.6f ", column - 0.5));
        }
        for (double row : rows) {
            labels.append(String.format(Locale.ROOT, "%.6f ", row - 0.5));
        }
        return labels.append(gender).append(' ').append(smile).append(' ').append(glasses).append(' ').append(pose)
                .toString();
    }
}
