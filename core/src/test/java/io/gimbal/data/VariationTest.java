package io.gimbal.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VariationTest {
    private static final int IGNORE = 255;
    private static final Variation.Colours SAME = Variation.Colours.SAME;
    private static final Variation.Cut NONE = Variation.Cut.NONE;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7})
    void asItIsAPictureHasItsOwnPixels(int side) {
        Read read = new Made(side, side + 1, intake(side, side + 1, Fit.STRETCH)).read(Variation.NONE);
        Made made = read.made;
        for (int place = 0; place < made.places(); place++) {
            for (int c = 0; c < 3; c++) {
                assertEquals((made.rgb[3 * place + c] & 255) / 255f * 4 - 2, read.image[3 * place + c], 1e-6);
            }
            assertEquals(made.classes[place], read.classes[place]);
            assertEquals(made.depth[place], read.depth[place]);
            assertEquals(made.flow[2 * place], read.flow[2 * place]);
        }
    }

    @Test
    void aMirrorTurnsPixelsAndTheXOfVectorsAndFlow() {
        Read read = new Made(3, 4, intake(3, 4, Fit.STRETCH)).read(Variation.MIRRORED);
        for (int y = 0; y < 3; y++) {
            for (int x = 0; x < 4; x++) {
                int from = 4 * y + 3 - x;
                int to = 4 * y + x;
                assertEquals(read.made.classes[from], read.classes[to]);
                assertEquals(read.made.depth[from], read.depth[to]);
                assertEquals(-read.made.vectors[3 * from], read.vectors[3 * to], 0.008);
                assertEquals(read.made.vectors[3 * from + 1], read.vectors[3 * to + 1], 0.008);
                assertEquals(-read.made.flow[2 * from], read.flow[2 * to]);
            }
        }
        // Points: the left one becomes the right one; it was at column 1.
        assertEquals(1, read.points[2 * (4 * 1 + 2) + 1], 1e-6);
        assertEquals(1, read.points[2 * (4 * 2 + 0)], 1e-6);
    }

    @Test
    void aPartOfALargerPictureIsTakenFromWhereTheDrawSays() {
        Made made = new Made(6, 8, intake(3, 4, Fit.CROP));
        Read corner = made.read(new Variation(false, 1, 0, 0, 0, SAME, NONE));
        assertEquals(made.classes[0], corner.classes[0]);
        Read end = made.read(new Variation(false, 1, 0, 1, 1, SAME, NONE));
        assertEquals(made.classes[8 * 5 + 7], end.classes[11]);
        Read middle = made.read(Variation.NONE);
        assertEquals(made.classes[8 * 1 + 2], middle.classes[0]);
    }

    @Test
    void whatASmallerPictureLeavesFreeIsUnlabelledAndHasTheMean() {
        Made made = new Made(2, 3, intake(4, 5, Fit.CROP));
        Read read = made.read(Variation.NONE);
        assertEquals(IGNORE, read.classes[0]);
        assertEquals(0, read.depth[0]);
        assertEquals(0, read.image[0]);
        assertEquals(made.classes[0], read.classes[5 * 1 + 1]);
        Read mirrored = made.read(new Variation(true, 1, 0, 0, 0, SAME, NONE));
        assertEquals(made.classes[0], mirrored.classes[4]);
        assertEquals(IGNORE, mirrored.classes[0]);
    }

    @Test
    void aQuarterTurnMovesRowsToColumnsAndTurnsVectors() {
        Made made = new Made(5, 5, turning(5, 5));
        Read read = made.read(new Variation(false, 1, Math.PI / 2, 0.5, 0.5, SAME, NONE));
        for (int y = 0; y < 5; y++) {
            for (int x = 0; x < 5; x++) {
                // Clockwise: what was on the right is below.
                int from = 5 * (4 - x) + y;
                int to = 5 * y + x;
                assertEquals(made.classes[from], read.classes[to]);
                // Sines and cosines of a quarter turn are right to 1e-16, values to float32.
                assertEquals(-made.flow[2 * from + 1], read.flow[2 * to], 1e-5);
                assertEquals(made.flow[2 * from], read.flow[2 * to + 1], 1e-5);
                for (int c = 0; c < 3; c++) {
                    assertEquals((made.rgb[3 * from + c] & 255) / 255f * 4 - 2, read.image[3 * to + c], 1e-4);
                }
            }
        }
        assertEquals(1, read.points[2 * (5 * 1 + 3)], 1e-4);
    }

    @Test
    void thingsShownTwiceAsLargeAreTwiceAsNear() {
        Made made = new Made(4, 4, turning(4, 4));
        Read read = made.read(new Variation(false, 2, 0, 0, 0, SAME, NONE));
        for (int y = 0; y < 4; y++) {
            for (int x = 0; x < 4; x++) {
                int from = 4 * (y / 2) + x / 2;
                int to = 4 * y + x;
                assertEquals(made.classes[from], read.classes[to]);
                assertEquals(made.depth[from] / 2, read.depth[to]);
                assertEquals(made.flow[2 * from] * 2, read.flow[2 * to], 1e-5);
            }
        }
    }

    @Test
    void unlabelledPixelsStayUnlabelledHoweverTheyTurn() {
        Made made = new Made(4, 4, turning(4, 4));
        made.depth[5] = 0;
        java.util.Arrays.fill(made.flow, 2 * 5, 2 * 5 + 2, -1000f);
        Read read = made.read(new Variation(false, 2, 0, 0, 0, SAME, NONE));
        assertEquals(0, read.depth[4 * 2 + 2]);
        assertEquals(-1000, read.flow[2 * (4 * 2 + 2)]);
    }

    @ParameterizedTest
    @ValueSource(doubles = {1.3, 0.7, 0.3})
    void coloursAreMixedAsInDoubles(double scale) {
        Made made = new Made(9, 11, turning(9, 11));
        Variation variation = new Variation(true, scale, 0.4, 0.2, 0.9, SAME, NONE);
        Read read = made.read(variation);
        double worst = 0;
        for (int y = 0; y < 9; y++) {
            for (int x = 0; x < 11; x++) {
                for (int c = 0; c < 3; c++) {
                    worst = Math.max(worst, Math.abs(read.image[3 * (11 * y + x) + c]
                            - (made.mixed(variation, y, x, c) / 255 * 4 - 2)));
                }
            }
        }
        // Coordinates are doubles in both; weights and sums are float32 in one.
        assertTrue(worst < 2e-5, scale + ": " + worst);
    }

    @Test
    void pointsMoveWithTheirPixels() {
        Made made = new Made(9, 9, turning(9, 9));
        Read read = made.read(new Variation(true, 1.5, 0.3, 0.5, 0.5, SAME, NONE));
        // The twin: about the middle, (x, y) turned clockwise by 0.3, 1.5 times as far, mirrored.
        double u = 1 - 4;
        double v = 1 - 4;
        double x = 4 - 1.5 * (u * Math.cos(0.3) - v * Math.sin(0.3));
        double y = 4 + 1.5 * (u * Math.sin(0.3) + v * Math.cos(0.3));
        boolean shown = x > -0.5 && x < 8.5 && y > -0.5 && y < 8.5;
        for (int i = 0; i < 81; i++) {
            double squares = (i % 9 - x) * (i % 9 - x) + (i / 9 - y) * (i / 9 - y);
            assertEquals(shown ? Math.exp(-squares / 2) : 0, read.points[2 * i + 1], 1e-6);
        }
    }

    @Test
    void coloursChangeAsTheirDefinitionsSay() {
        Made made = new Made(3, 3, turning(3, 3));
        Read read = made.read(new Variation(false, 1, 0, 0.5, 0.5, new Variation.Colours(1.2, 0.7, 0.4, 0), NONE));
        double mean = 0;
        for (int i = 0; i < 9; i++) {
            mean += 1.2 * made.grey(i) / 9;
        }
        for (int i = 0; i < 9; i++) {
            double grey = (1.2 * made.grey(i) - mean) * 0.7 + mean;
            for (int c = 0; c < 3; c++) {
                double contrast = (1.2 * (made.rgb[3 * i + c] & 255) - mean) * 0.7 + mean;
                double due = Math.clamp(0.4 * contrast + 0.6 * grey, 0, 255);
                // The matrix is float32: some 1e-7 of 255, in values of a step of 4 / 255.
                assertEquals(due / 255 * 4 - 2, read.image[3 * i + c], 1e-5);
            }
        }
    }

    @Test
    void aThirdOfACircleOfHueMovesRedTowardsGreenAndAWholeOneChangesNothing() {
        Made made = new Made(1, 1, turning(1, 1));
        made.rgb[0] = (byte) 150;
        made.rgb[1] = (byte) 100;
        made.rgb[2] = (byte) 100;
        float[] third = made.read(new Variation(false, 1, 0, 0.5, 0.5, new Variation.Colours(1, 1, 1, 1 / 3.0), NONE))
                .image;
        float[] before = made.read(Variation.NONE).image;
        double luma = 0.299 * third[0] + 0.587 * third[1] + 0.114 * third[2];
        assertEquals(0.299 * before[0] + 0.587 * before[1] + 0.114 * before[2], luma, 1e-5);
        assertTrue(third[0] < before[0]);
        assertArrayEquals(before, made.read(new Variation(false, 1, 0, 0.5, 0.5, new Variation.Colours(1, 1, 1, 1),
                NONE)).image, 1e-4f);
    }

    @Test
    void aSquareIsBlottedOutOfTheImageAlone() {
        Made made = new Made(4, 8, turning(4, 8));
        Read read = made.read(new Variation(false, 1, 0, 0.5, 0.5, SAME, new Variation.Cut(0, 0.5, 0.5)));
        assertEquals(0, read.image[3 * (8 * 1)]);
        assertEquals(0, read.image[3 * (8 * 2)]);
        assertTrue(read.image[3 * (8 * 3)] != 0);
        assertTrue(read.image[3 * (8 * 1 + 1)] != 0);
        assertEquals(made.classes[8], read.classes[8]);
    }

    @Test
    void aSampleWithoutALabelIsUnlabelledEverywhere() {
        Made made = new Made(2, 2, intake(2, 2, Fit.STRETCH));
        made.labelled = false;
        Read read = made.read(Variation.NONE);
        assertArrayEquals(new int[] {IGNORE, IGNORE, IGNORE, IGNORE}, read.classes);
        assertArrayEquals(new float[] {-1, -1}, java.util.Arrays.copyOf(read.points, 2));
        assertEquals(-5, read.age);
    }

    @Test
    void aSetThatFinishesSamplesItselfIsVariedTheSameWay() {
        Made made = new Made(6, 6, turning(6, 6));
        DataSet finished = new Finished(made);
        Variation variation = new Variation(false, 1.4, 0.2, 0.3, 0.8, new Variation.Colours(1.1, 0.9, 0.8, 0.1), NONE);
        Read of = made.read(variation);
        Read by = Read.of(made, finished, variation);
        assertArrayEquals(of.classes, by.classes);
        assertArrayEquals(of.depth, by.depth);
        assertArrayEquals(of.flow, by.flow, 1e-6f);
        // Stored values are found again from normalised ones, by float32: 255 * 1e-7.
        assertArrayEquals(of.image, by.image, 1e-5f);
        assertEquals(of.age, by.age);
    }

    @Test
    void onlyFieldsThatAreAskedForAreMade() {
        Made made = new Made(2, 2, intake(2, 2, Fit.STRETCH));
        made.read(0, false, FloatBuffer.allocate(12), Map.of());
        assertEquals(Set.of(), made.asked);
        made.read(0, false, FloatBuffer.allocate(12), Map.of("age", buffer(1)));
        assertEquals(Set.of("age"), made.asked);
        made.asked = null;
        made.read(0, false, FloatBuffer.allocate(12), Map.of("age", buffer(1)));
        assertEquals(null, made.asked, "it was kept");
        made.read(0, false, FloatBuffer.allocate(12), Map.of("depth", buffer(4)));
        assertEquals(Set.of("age", "depth"), made.asked);
    }

    @Test
    void drawsComeFromTheSeedAloneAndStayInTheirRanges() {
        Augmentation augmentation = new Augmentation(true, List.of(0.5, 2.0), true, 20, true,
                new Augmentation.Colours(0.4, 0.3, 0.2, 0.1), 0.25);
        Sampler sampler = Sampler.training(100, 10, 5, true, augmentation);
        Sampler again = Sampler.training(100, 20, 5, true, augmentation);
        Map<Integer, Variation> drawn = new HashMap<>();
        for (int batch = 0; batch < 10; batch++) {
            for (int place = 0; place < 10; place++) {
                Position position = new Position(5, 3, batch);
                drawn.put(sampler.index(position, place), sampler.variation(position, place));
            }
        }
        Position half = new Position(5, 3, 2);
        assertEquals(drawn.get(again.index(half, 11)), again.variation(half, 11));
        assertTrue(drawn.values().stream().distinct().count() == 100);
        for (Variation one : drawn.values()) {
            assertTrue(one.scale() >= 0.5 && one.scale() <= 2);
            assertTrue(Math.abs(one.radians()) <= Math.toRadians(20));
            assertTrue(Math.abs(one.colours().hue()) <= 0.1 && one.colours().brightness() >= 0.6);
        }
        assertTrue(drawn.values().stream().anyMatch(Variation::flip));
        Variation next = sampler.variation(new Position(5, 4, 0), 0);
        assertTrue(!next.equals(drawn.get(sampler.index(new Position(5, 4, 0), 0))), "another epoch, another draw");
    }

    @Test
    void withoutAugmentationSamplesAreAsTheyAre() {
        assertEquals(Variation.NONE, Sampler.training(4, 2, 1, true, false).variation(new Position(1, 0, 0), 1));
    }

    @Test
    void whatCannotBeIsRefused() {
        assertEquals("a scale is 0.0, but must be a number from 0.0625 to 16.0.", refusal(0, List.of(0.0), false));
        assertEquals("there are 3 scales, but a range has 2.", refusal(0, List.of(1.0, 2.0, 3.0), true));
        assertEquals("scales between 2.0 and 1.0: the smaller one comes first.", refusal(0, List.of(2.0, 1.0), true));
        assertEquals("rotation is 181.0, but must be a number from 0.0 to 180.0.", refusal(181, List.of(1.0), false));
        assertThrows(UserException.class, () -> new Intake(4, 4, 1, Fit.CROP, Normalisation.RANGE, new Augmentation(
                false, List.of(1.0), false, 0, false, new Augmentation.Colours(0, 0, 0.1, 0), 0),
                SampleCache.Bounds.DEFAULT));
    }

    private static String refusal(double rotation, List<Double> scales, boolean between) {
        return assertThrows(UserException.class, () -> new Augmentation(false, scales, between, rotation, false,
                Augmentation.Colours.SAME, 0)).getMessage();
    }

    private static Intake intake(int height, int width, Fit fit) {
        return new Intake(height, width, 3, fit, Normalisation.RANGE, Augmentation.NONE, SampleCache.Bounds.DEFAULT);
    }

    /** Keeps pictures at their own size, so that they may be turned. */
    private static Intake turning(int height, int width) {
        return intake(height, width, Fit.STRETCH).with(new Augmentation(false, List.of(1.0), false, 20, false,
                Augmentation.Colours.SAME, 0));
    }

    private static ByteBuffer buffer(int values) {
        return ByteBuffer.allocate(4 * values).order(ByteOrder.nativeOrder());
    }

    /** One random picture with a field of every kind, kept at its own size. */
    private static final class Made extends StoredSet {
        private static final List<Field> FIELDS = List.of(Field.ofClasses("classes", 200, IGNORE),
                Field.ofDepth("depth", 0), Field.ofVectors("vectors", 0), Field.ofFlow("flow", -1000),
                Field.ofPoints("points", 2, -1), Field.ofValues("age", 1, -5).ofTheWholeImage());
        final int rows;
        final int columns;
        final byte[] rgb;
        final int[] classes;
        final float[] depth;
        final float[] vectors;
        final float[] flow;
        boolean labelled = true;
        Set<String> asked;

        Made(int rows, int columns, Intake intake) {
            super(intake, 1, FIELDS.stream().map(field -> field.kind() == Field.Kind.POINTS
                    ? new Layer(field, Meaning.STORED, 1, List.of(1, 0)) : new Layer(field, Meaning.STORED)).toList());
            this.rows = rows;
            this.columns = columns;
            Random random = new Random(rows * 31L + columns);
            rgb = new byte[3 * rows * columns];
            random.nextBytes(rgb);
            classes = random.ints(places(), 0, 200).toArray();
            depth = new float[places()];
            vectors = new float[3 * places()];
            flow = new float[2 * places()];
            for (int i = 0; i < places(); i++) {
                depth[i] = 1 + random.nextFloat();
                flow[2 * i] = random.nextFloat() - 0.5f;
                flow[2 * i + 1] = random.nextFloat() - 0.5f;
                float angle = random.nextFloat();
                vectors[3 * i] = 0.6f * (float) Math.cos(angle);
                vectors[3 * i + 1] = 0.6f * (float) Math.sin(angle);
                vectors[3 * i + 2] = -0.8f;
            }
        }

        int places() {
            return rows * columns;
        }

        double grey(int place) {
            return 0.299 * (rgb[3 * place] & 255) + 0.587 * (rgb[3 * place + 1] & 255)
                    + 0.114 * (rgb[3 * place + 2] & 255);
        }

        /** What a place shows, 0 to 255, in doubles. */
        double mixed(Variation variation, int y, int x, int c) {
            double step = 1 / variation.scale();
            int samples = (int) Math.max(1, Math.ceil(step - 0.5));
            double sum = 0;
            for (int i = 0; i < samples * samples; i++) {
                double down = y + (i / samples + 0.5) / samples - 0.5;
                double across = x + (i % samples + 0.5) / samples - 0.5;
                double u = (variation.flip() ? columns - 1 - across : across) + 0.5 - columns / 2.0;
                double v = down + 0.5 - rows / 2.0;
                double cos = Math.cos(variation.radians());
                double sin = Math.sin(variation.radians());
                double fromX = (columns - columns * step) * variation.across() + columns * step / 2 - 0.5
                        + (u * cos + v * sin) * step;
                double fromY = (rows - rows * step) * variation.down() + rows * step / 2 - 0.5
                        + (v * cos - u * sin) * step;
                sum += bilinear(fromY, fromX, c) / (samples * samples);
            }
            return sum;
        }

        private double bilinear(double y, double x, int c) {
            if (y < -0.5 || x < -0.5 || y >= rows - 0.5 || x >= columns - 0.5) {
                return 127.5;
            }
            double sum = 0;
            for (int row = (int) Math.floor(y); row <= Math.floor(y) + 1; row++) {
                for (int column = (int) Math.floor(x); column <= Math.floor(x) + 1; column++) {
                    int place = Math.clamp(row, 0, rows - 1) * columns + Math.clamp(column, 0, columns - 1);
                    sum += (1 - Math.abs(row - y)) * (1 - Math.abs(column - x)) * (rgb[3 * place + c] & 255);
                }
            }
            return sum;
        }

        @Override
        protected Sample decode(Intake intake, int index, Set<String> fields) {
            asked = fields;
            byte[] numbers = new byte[places()];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = (byte) classes[i];
            }
            Map<String, Plane> planes = !labelled ? Map.of() : Map.of("classes", new Plane.Bytes(numbers, 1),
                    "depth", new Plane.Floats(depth, 1), "vectors", Plane.Directions.of(vectors), "flow",
                    new Plane.Floats(flow, 2), "points", new Plane.Floats(new float[] {1, 1, 0, 3, 2, 1}, 3),
                    "age", new Plane.Floats(new float[] {42}, 1));
            return new Sample(intake().kept(rows, columns), new Plane.Bytes(rgb, 3), planes, fields);
        }

        Read read(Variation variation) {
            return Read.of(this, new Made(this), variation);
        }

        /** The same, which keeps nothing yet. */
        private Made(Made other) {
            this(other.rows, other.columns, other.intake());
            System.arraycopy(other.rgb, 0, rgb, 0, rgb.length);
            System.arraycopy(other.depth, 0, depth, 0, depth.length);
            System.arraycopy(other.flow, 0, flow, 0, flow.length);
            labelled = other.labelled;
        }
    }

    /** What was written. */
    private record Read(Made made, float[] image, int[] classes, float[] depth, float[] vectors, float[] flow,
            float[] points, float age) {
        static Read of(Made made, DataSet data, Variation variation) {
            int places = data.height() * data.width();
            FloatBuffer image = FloatBuffer.allocate(3 * places);
            Map<String, ByteBuffer> targets = Map.of("classes", buffer(places), "depth", buffer(places), "vectors",
                    buffer(3 * places), "flow", buffer(2 * places), "points", buffer(2 * places), "age", buffer(1));
            data.read(0, variation, image, targets);
            int[] classes = new int[places];
            targets.get("classes").asIntBuffer().get(classes);
            return new Read(made, image.array(), classes, floats(targets, "depth"), floats(targets, "vectors"),
                    floats(targets, "flow"), floats(targets, "points"), targets.get("age").getFloat(0));
        }

        private static float[] floats(Map<String, ByteBuffer> targets, String name) {
            float[] values = new float[targets.get(name).capacity() / 4];
            targets.get(name).asFloatBuffer().get(values);
            return values;
        }
    }
}
