package io.gimbal.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Points as coordinates of the finished image, and classes that a mirror exchanges. */
class CoordinatesTest {
    private static final Augmentation TURNED = new Augmentation(true, List.of(0.5, 2.0), true, 30, true,
            Augmentation.Colours.SAME, 0);
    private static final float[] UNLABELLED = {-1, -1, -1, -1, -1, -1};

    /** A photo of some size with three points, in its pixels, and a class; the first two points are a pair. */
    private static class Photo extends StoredSet {
        private final int rows;
        private final int columns;
        private final float[] points;

        Photo(Intake intake, int rows, int columns, float... points) {
            super(intake, 1, List.of(
                    new Layer(Field.ofCoordinates("marks", 3, -1), Meaning.STORED, 1, List.of(1, 0, 2)),
                    new Layer(Field.ofClasses("side", 3, 255).ofTheWholeImage(), Meaning.STORED, 1, List.of(2, 1, 0)),
                    new Layer(Field.ofClasses("kind", 3, 255).ofTheWholeImage(), Meaning.STORED)));
            this.rows = rows;
            this.columns = columns;
            this.points = points;
        }

        @Override
        protected Optional<List<?>> dependencies(int index) {
            return Optional.of(List.of(rows, columns, Arrays.toString(points)));
        }

        @Override
        protected Sample decode(Intake intake, int index, Set<String> fields) {
            Intake.Kept kept = intake.kept(rows, columns);
            float[] moved = points.clone();
            for (int i = 0; i < moved.length; i += 3) {
                moved[i] = (float) ((points[i] + 0.5) * kept.width() / columns - 0.5);
                moved[i + 1] = (float) ((points[i + 1] + 0.5) * kept.height() / rows - 0.5);
            }
            return new Sample(kept, new Plane.Bytes(new byte[3 * kept.height() * kept.width()], 3), Map.of("marks",
                    new Plane.Floats(moved, 3), "side", new Plane.Floats(new float[] {2}, 1), "kind",
                    new Plane.Floats(new float[] {2}, 1)), fields);
        }
    }

    private static float[] marks(DataSet data, Variation variation) {
        ByteBuffer target = ByteBuffer.allocate(24).order(ByteOrder.nativeOrder());
        data.read(0, variation, FloatBuffer.allocate(3 * data.height() * data.width()), Map.of("marks", target));
        float[] values = new float[6];
        target.asFloatBuffer().get(values);
        return values;
    }

    private static int read(DataSet data, String name, boolean flip) {
        ByteBuffer target = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder());
        data.read(0, flip, FloatBuffer.allocate(3 * data.height() * data.width()), Map.of(name, target));
        return target.getInt(0);
    }

    private static Intake intake(int height, int width, Fit fit, Augmentation augmentation) {
        return new Intake(height, width, 3, fit, Normalisation.RANGE, augmentation, SampleCache.Bounds.DEFAULT);
    }

    private static float[] points(Random random, int rows, int columns) {
        float[] points = new float[9];
        for (int i = 0; i < 3; i++) {
            points[3 * i] = random.nextFloat() * columns - 0.5f;
            points[3 * i + 1] = random.nextFloat() * rows - 0.5f;
            points[3 * i + 2] = i;
        }
        return points;
    }

    /** How many of the finished image's pixels the whole photo has, along one side. */
    private static double shown(Fit fit, int photo, int other, int side, int otherSide) {
        double ratio = side / (double) photo;
        double otherRatio = otherSide / (double) other;
        return photo * switch (fit) {
            case STRETCH -> ratio;
            case INSIDE -> Math.min(ratio, otherRatio);
            case COVER -> Math.max(ratio, otherRatio);
            case CROP -> 1;
        };
    }

    @ParameterizedTest
    @EnumSource(Fit.class)
    void whereFitAndMirrorBringAPointIsTold(Fit fit) {
        Random random = new Random(fit.ordinal());
        int labelled = 0;
        for (int round = 0; round < 300; round++) {
            int rows = 1 + random.nextInt(30);
            int columns = 1 + random.nextInt(30);
            int height = 1 + random.nextInt(20);
            int width = 1 + random.nextInt(20);
            float[] points = points(random, rows, columns);
            boolean flip = random.nextBoolean();
            // Without variation a photo is kept at whole pixels, and cropped or bordered by whole ones.
            long high = Math.max(1, Math.round(shown(fit, rows, columns, height, width)));
            long wide = Math.max(1, Math.round(shown(fit, columns, rows, width, height)));
            double[] due = new double[6];
            boolean all = true;
            for (int i = 0; i < 3; i++) {
                double x = (points[3 * i] + 0.5) / columns * wide - Math.floorDiv(wide - width, 2L);
                double y = (points[3 * i + 1] + 0.5) / rows * high - Math.floorDiv(high - height, 2L);
                int to = 2 * (flip && i < 2 ? 1 - i : i);
                due[to] = (flip ? width - x : x) / width;
                due[to + 1] = y / height;
                all &= x > 0 && x < width && y > 0 && y < height;
            }
            float[] read = marks(new Photo(intake(height, width, fit, Augmentation.NONE), rows, columns, points),
                    flip ? Variation.MIRRORED : Variation.NONE);
            labelled += all ? 1 : 0;
            assertClose(all, due, read);
        }
        assertTrue(labelled > 30, labelled + " of 300 have all of their points");
    }

    @ParameterizedTest
    @EnumSource(Fit.class)
    void whereScalesTurnsAndShiftsBringAPointIsTold(Fit fit) {
        Random random = new Random(100 + fit.ordinal());
        int labelled = 0;
        for (int round = 0; round < 300; round++) {
            int rows = 1 + random.nextInt(30);
            int columns = 1 + random.nextInt(30);
            int height = 1 + random.nextInt(20);
            int width = 1 + random.nextInt(20);
            float[] points = points(random, rows, columns);
            Variation variation = new Variation(random.nextBoolean(), 0.5 + 1.5 * random.nextDouble(),
                    Math.toRadians(60 * random.nextDouble() - 30), random.nextDouble(), random.nextDouble(),
                    Variation.Colours.SAME, Variation.Cut.NONE);
            double high = shown(fit, rows, columns, height, width) * variation.scale();
            double wide = shown(fit, columns, rows, width, height) * variation.scale();
            double[] due = new double[6];
            boolean all = true;
            for (int i = 0; i < 3; i++) {
                // From the middle of what is shown, which lies in the scaled photo where the draw says.
                double across = (points[3 * i] + 0.5) / columns * wide - (wide - width) * variation.across()
                        - width / 2.0;
                double down = (points[3 * i + 1] + 0.5) / rows * high - (high - height) * variation.down()
                        - height / 2.0;
                double sine = Math.sin(variation.radians());
                double cosine = Math.cos(variation.radians());
                double x = across * cosine - down * sine + width / 2.0;
                double y = across * sine + down * cosine + height / 2.0;
                int to = 2 * (variation.flip() && i < 2 ? 1 - i : i);
                due[to] = (variation.flip() ? width - x : x) / width;
                due[to + 1] = y / height;
                all &= x > 0 && x < width && y > 0 && y < height;
            }
            labelled += all ? 1 : 0;
            assertClose(all, due, marks(new Photo(intake(height, width, fit, TURNED), rows, columns, points),
                    variation));
        }
        assertTrue(labelled > 20, labelled + " of 300 have all of their points");
    }

    /** Kept places are float32. */
    private static void assertClose(boolean all, double[] due, float[] read) {
        if (!all) {
            assertArrayEquals(UNLABELLED, read);
            return;
        }
        for (int i = 0; i < 6; i++) {
            assertEquals(due[i], read[i], 1e-5, i + " of " + Arrays.toString(read));
        }
    }

    @Test
    void aPointThatIsNotKnownOrNotInTheImageLeavesNone() {
        Intake intake = intake(4, 8, Fit.STRETCH, Augmentation.NONE);
        assertArrayEquals(new float[] {0.5f / 8, 0.125f, 4.5f / 8, 0.375f, 1 - 0.5f / 8, 0.875f}, marks(new Photo(
                intake, 4, 8, 0, 0, 0, 4, 1, 1, 7, 3, 2), Variation.NONE), 1e-6f);
        assertArrayEquals(UNLABELLED, marks(new Photo(intake, 4, 8, 0, 0, 0, 4, 1, 1), Variation.NONE));
        assertArrayEquals(UNLABELLED, marks(new Photo(intake, 4, 8), Variation.NONE));
        for (float outside : new float[] {-0.5f, 7.5f, 100, -100}) {
            assertArrayEquals(UNLABELLED, marks(new Photo(intake, 4, 8, 0, 0, 0, 4, 1, 1, outside, 3, 2),
                    Variation.NONE));
        }
        assertArrayEquals(UNLABELLED, marks(new Photo(intake, 4, 8, 0, 0, 0, 4, 1, 1, 7, 3.5f, 2), Variation.NONE));
    }

    @Test
    void aSetThatFinishesSamplesItselfIsVariedTheSameWay() {
        Variation variation = new Variation(true, 1.2, 0.2, 0.4, 0.6, Variation.Colours.SAME, Variation.Cut.NONE);
        for (float last : new float[] {6, 1000}) {
            Photo photo = new Photo(intake(9, 11, Fit.STRETCH, TURNED), 9, 11, 4, 3, 0, 6, 3, 1, last, 5, 2);
            float[] due = marks(photo, new Variation(false, 1.2, 0.2, 0.4, 0.6, Variation.Colours.SAME,
                    Variation.Cut.NONE));
            assertEquals(last > 11, Arrays.equals(UNLABELLED, due));
            float[] plain = marks(new Finished(photo), new Variation(false, 1.2, 0.2, 0.4, 0.6,
                    Variation.Colours.SAME, Variation.Cut.NONE));
            assertArrayEquals(due, plain, 1e-6f);
        }
        // The set itself mirrors first; the mirrored image is varied then.
        Photo photo = new Photo(intake(9, 11, Fit.STRETCH, TURNED), 9, 11, 4, 3, 0, 6, 3, 1, 5, 5, 2);
        Photo mirrored = new Photo(intake(9, 11, Fit.STRETCH, TURNED), 9, 11, 6, 3, 1, 4, 3, 0, 5, 5, 2);
        assertArrayEquals(marks(mirrored, variation.withoutMirror()), marks(new Finished(photo), variation), 1e-6f);
    }

    @Test
    void classesOfTheImageBecomeWhatAMirrorMakesOfThem() {
        Photo photo = new Photo(intake(2, 2, Fit.STRETCH, Augmentation.NONE), 2, 2);
        assertEquals(2, read(photo, "side", false));
        assertEquals(0, read(photo, "side", true));
        assertEquals(2, read(photo, "kind", true), "a class without a mirror stays itself");
        assertThrows(UserException.class, () -> new Layer(Field.ofClasses("side", 3, 255).ofTheWholeImage(),
                Meaning.STORED, 1, List.of(1, 0)));
        assertThrows(UserException.class, () -> new Layer(Field.ofClasses("side", 2, 255).ofTheWholeImage(),
                Meaning.STORED, 1, List.of(2, 0)));
    }

    @Test
    void aDiskGivesBackWhatItWasGivenAndNothingElse(@TempDir Path folder) {
        Intake intake = new Intake(9, 11, 3, Fit.STRETCH, Normalisation.RANGE, Augmentation.NONE,
                new SampleCache.Bounds(0, Optional.of(new SampleCache.Disk(folder, 1 << 20))));
        float[] places = {4, 3, 0, 6, 3, 1, 5, 5, 2};
        float[] made = marks(new Photo(intake, 9, 11, places), Variation.NONE);
        Photo broken = new Photo(intake, 9, 11, places) {
            @Override
            protected Sample decode(Intake wanted, int index, Set<String> fields) {
                throw new IllegalStateException("it lies on the disk");
            }
        };
        assertArrayEquals(made, marks(broken, Variation.NONE));
    }
}
