package io.gimbal.data;

import io.gimbal.config.Names;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;

/**
 * One indoor sample, decoded and at its final size, unflipped: what the caches hold. All arrays are row-major; never
 * changed after they are filled.
 *
 * @param rgb     3 bytes a pixel: red, green, blue
 * @param classes a class number a pixel, as an unsigned byte
 * @param depth   metres along the optical axis, 0 where unknown
 * @param normals x, y, z a pixel, all 0 where unknown
 */
record Pixels(int height, int width, byte[] rgb, byte[] classes, float[] depth, float[] normals) {
    static final int UNLABELLED = 255;

    /** NYUv2's 13 classes, by number; {@link #UNLABELLED} is none of them. */
    static final List<String> CLASSES = List.of("bed", "books", "ceiling", "chair", "floor", "furniture", "objects",
            "picture",
            "sofa", "table", "tv", "wall", "window");

    static final Field SEGMENTATION = Field.ofClasses("segmentation", CLASSES.size(), UNLABELLED)
            .named(CLASSES);
    static final Field DEPTH = Field.ofDepth("depth", 0);
    static final Field NORMALS = Field.ofVectors("normals", 0);
    static final List<Field> FIELDS = List.of(SEGMENTATION, DEPTH, NORMALS);

    /** The image value of each byte: (value / 255 - 0.5) * 4. */
    private static final float[] IMAGE_VALUE = new float[256];

    static {
        for (int value = 0; value < 256; value++) {
            IMAGE_VALUE[value] = (value / 255f - 0.5f) * 4;
        }
    }

    Pixels(int height, int width) {
        this(height, width, new byte[height * width * 3], new byte[height * width], new float[height * width],
                new float[height * width * 3]);
    }

    /** Bytes that a sample of this size holds on the heap, headers aside. */
    static long bytes(int height, int width) {
        return (long) height * width * (3 + 1 + 4 + 12);
    }

    /** As {@link DataSet#read} says. */
    void write(boolean flip, FloatBuffer image, Map<String, ByteBuffer> targets) {
        writeImage(flip, image);
        for (Map.Entry<String, ByteBuffer> target : targets.entrySet()) {
            ByteBuffer buffer = target.getValue();
            switch (target.getKey()) {
                case "segmentation" -> writeClasses(flip, buffer);
                case "depth" -> writeDepth(flip, buffer);
                case "normals" -> writeNormals(flip, buffer);
                default -> throw new IllegalArgumentException("no field " + Names.quote(target.getKey())
                        + " in this data set; it has [segmentation, depth, normals]");
            }
        }
    }

    private void writeImage(boolean flip, FloatBuffer image) {
        float[] row = new float[width * 3];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int from = 3 * (y * width + (flip ? width - 1 - x : x));
                row[3 * x] = IMAGE_VALUE[rgb[from] & 255];
                row[3 * x + 1] = IMAGE_VALUE[rgb[from + 1] & 255];
                row[3 * x + 2] = IMAGE_VALUE[rgb[from + 2] & 255];
            }
            image.put(y * row.length, row);
        }
    }

    private void writeClasses(boolean flip, ByteBuffer buffer) {
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int from = y * width + (flip ? width - 1 - x : x);
                buffer.putInt(4 * (y * width + x), classes[from] & 255);
            }
        }
    }

    private void writeDepth(boolean flip, ByteBuffer buffer) {
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                buffer.putFloat(4 * (y * width + x), depth[y * width + (flip ? width - 1 - x : x)]);
            }
        }
    }

    private void writeNormals(boolean flip, ByteBuffer buffer) {
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int from = 3 * (y * width + (flip ? width - 1 - x : x));
                int to = 12 * (y * width + x);
                // 0 - x, not -x: an unlabelled pixel keeps a plain zero.
                buffer.putFloat(to, flip ? 0 - normals[from] : normals[from]);
                buffer.putFloat(to + 4, normals[from + 1]);
                buffer.putFloat(to + 8, normals[from + 2]);
            }
        }
    }
}
