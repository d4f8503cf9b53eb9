package io.gimbal.source;

import io.gimbal.data.DataIdentity;
import io.gimbal.data.Field;
import io.gimbal.data.Intake;
import io.gimbal.data.Layer;
import io.gimbal.data.Meaning;
import io.gimbal.data.Plane;
import io.gimbal.data.Sample;
import io.gimbal.data.StoredSet;
import io.gimbal.picture.Resize;
import io.gimbal.picture.Window;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * MultiMNIST (Sabour, Frosst, Hinton, NIPS 2017; with two tasks Sener, Koltun, NeurIPS 2018): each digit of MNIST at
 * the top left of 36 x 36 pixels, with another one 8 pixels right and below of it; where both are, the brighter pixel.
 * Which one the other is, is a function of the seed and the first one's number. Fields: "left" and "right", the digits.
 */
final class MultiMnistSet extends StoredSet {
    /** Rows and columns of a digit. */
    static final int DIGIT = 28;

    private static final int SIZE = 36;
    private static final List<String> DIGITS = IntStream.range(0, 10).mapToObj(Integer::toString).toList();
    private static final Field LEFT = Field.ofClasses("left", DIGITS.size(), 255).ofTheWholeImage().named(DIGITS);
    private static final Field RIGHT = Field.ofClasses("right", DIGITS.size(), 255).ofTheWholeImage().named(DIGITS);

    private final IdxFile images;
    private final IdxFile labels;
    private final long seed;

    /** @param limit takes only so many, spread evenly; the others may still stand at the right */
    MultiMnistSet(Intake intake, IdxFile images, IdxFile labels, long seed, int limit) {
        super(intake, Math.min(limit, labels.values().length), List.of(new Layer(LEFT, Meaning.STORED),
                new Layer(RIGHT, Meaning.STORED)));
        this.images = images;
        this.labels = labels;
        this.seed = seed;
    }

    @Override
    public DataIdentity identity() {
        return DataIdentity.of(size(), List.of(seed, Arrays.toString(labels.values()),
                Arrays.hashCode(images.values())));
    }

    @Override
    public String origin() {
        return images.file().toString();
    }

    @Override
    protected Sample decode(Intake intake, int index, Set<String> fields) {
        int left = (int) ((2L * index + 1) * labels.values().length / (2L * size()));
        int right = new SplittableRandom(seed * labels.values().length + left).nextInt(labels.values().length);
        byte[] pixels = new byte[SIZE * SIZE];
        draw(left, 0, pixels);
        draw(right, SIZE - DIGIT, pixels);
        Intake.Kept kept = intake.kept(SIZE, SIZE);
        byte[] image = Resize.smooth(pixels, 1, SIZE, SIZE, Window.whole(SIZE, SIZE), kept.height(), kept.width());
        return new Sample(kept, new Plane.Bytes(image, 1), Map.of(LEFT.name(), label(left), RIGHT.name(),
                label(right)), fields);
    }

    private Plane label(int digit) {
        return new Plane.Floats(new float[] {labels.values()[digit]}, 1);
    }

    private void draw(int digit, int from, byte[] pixels) {
        for (int y = 0; y < DIGIT; y++) {
            for (int x = 0; x < DIGIT; x++) {
                int at = (from + y) * SIZE + from + x;
                int value = images.values()[(digit * DIGIT + y) * DIGIT + x] & 255;
                pixels[at] = (byte) Math.max(pixels[at] & 255, value);
            }
        }
    }
}
