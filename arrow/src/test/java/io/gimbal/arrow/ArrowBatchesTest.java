package io.gimbal.arrow;

import static io.gimbal.nn.Layers.conv2d;
import static io.gimbal.nn.Layers.flatten;
import static io.gimbal.nn.Layers.linear;
import static io.gimbal.nn.Layers.relu;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import io.gimbal.data.Normalisation;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.loss.Loss;
import io.gimbal.model.Network;
import io.gimbal.train.Examples;
import io.gimbal.train.Trainer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.SmallIntVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.UInt1Vector;
import org.apache.arrow.vector.UInt2Vector;
import org.apache.arrow.vector.UInt4Vector;
import org.apache.arrow.vector.UInt8Vector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.DictionaryEncoding;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ArrowBatchesTest {
    private static final int HEIGHT = 4;
    private static final int WIDTH = 6;
    private static final int PLACES = HEIGHT * WIDTH;
    private static final int PARTS = 5;
    private static Device device;

    private BufferAllocator allocator;
    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeAll
    static void open() {
        device = Device.open(DeviceKind.SOFT);
    }

    @AfterAll
    static void close() {
        device.close();
    }

    @BeforeEach
    void allocate() {
        allocator = new RootAllocator();
    }

    /** Arrow's allocator refuses to be closed where a buffer was not given back. */
    @AfterEach
    void release() throws Exception {
        for (AutoCloseable one : open.reversed()) {
            one.close();
        }
        allocator.close();
    }

    private <T extends AutoCloseable> T keep(T one) {
        open.add(one);
        return one;
    }

    private Trainer ofImages(int batch) {
        Network network = Network.ofImages(3, HEIGHT, WIDTH).trunk(conv2d(4, 3).padding(1), relu())
                .head("depth", conv2d(1, 1)).head("parts", conv2d(PARTS, 1))
                .head("side", flatten(4 * PLACES), linear(2));
        return keep(Trainer.of(device, network).batch(batch).task("depth", Loss.l1().ignore(0))
                .task("parts", Loss.crossEntropy(PARTS)).task("side", Loss.crossEntropy(2).ignore(255)).build());
    }

    /** Two numbers in; a number, and a class of three, out. */
    private Trainer ofFeatures(int batch) {
        return keep(Trainer.of(device, Network.ofFeatures(2).trunk(linear(4), relu()).head("line", linear(1))
                .head("kind", linear(3))).batch(batch).task("line", Loss.l2()).task("kind", Loss.crossEntropy(3))
                .build());
    }

    private ArrowReader written() {
        InputStream stream = ArrowBatchesTest.class.getResourceAsStream("/record_batches.arrows");
        return keep(new ArrowStreamReader(stream, allocator));
    }

    private static float[] image(int row) {
        float[] image = new float[PLACES * 3];
        for (int i = 0; i < image.length; i++) {
            image[i] = Normalisation.IMAGENET.of(i % 3, (37 * i + 11 * row) % 256, 255);
        }
        return image;
    }

    private static Examples rows(int first, int count) {
        float[] images = new float[count * PLACES * 3];
        float[] depth = new float[count * PLACES];
        int[] parts = new int[count * PLACES];
        int[] side = new int[count];
        for (int i = 0; i < count; i++) {
            int row = first + i;
            System.arraycopy(image(row), 0, images, i * PLACES * 3, PLACES * 3);
            Arrays.fill(depth, i * PLACES, (i + 1) * PLACES, row % 4 == 3 ? 0 : row + 0.5f);
            for (int place = 0; place < PLACES; place++) {
                parts[i * PLACES + place] = (row + place) % PARTS;
            }
            side[i] = row == 2 ? 255 : row % 2;
        }
        return new Examples(images, Map.of("depth", depth), Map.of("parts", parts, "side", side));
    }

    private static void assertSame(Examples expected, Examples actual) {
        assertArrayEquals(expected.inputs(), actual.inputs());
        assertEquals(expected.values().keySet(), actual.values().keySet());
        expected.values().forEach((task, values) -> assertArrayEquals(values, actual.values().get(task), task));
        assertEquals(expected.classes().keySet(), actual.classes().keySet());
        expected.classes().forEach((task, classes) -> assertArrayEquals(classes, actual.classes().get(task), task));
    }

    @Test
    void whatPyarrowWroteIsCutIntoBatches() {
        ArrowBatches batches = ArrowBatches.of(ofImages(2), "image", written()).normalised(Normalisation.IMAGENET);
        for (int k = 0; k < 4; k++) {
            assertTrue(batches.hasNext());
            assertEquals(0, batches.remainder());
            assertSame(rows(2 * k, 2), batches.next());
        }
        assertFalse(batches.hasNext());
        assertEquals(1, batches.remainder());
        assertThrows(NoSuchElementException.class, batches::next);
    }

    @Test
    void aBatchMayBeLargerThanARecordBatch() {
        ArrowBatches batches = ArrowBatches.of(ofImages(9), "image", written()).normalised(Normalisation.IMAGENET);
        assertSame(rows(0, 9), batches.next());
        assertFalse(batches.hasNext());
        assertEquals(0, batches.remainder());
    }

    @Test
    void aTrainerLearnsFromThemAsFromArrays() {
        List<double[]> losses = new ArrayList<>();
        ofImages(3).train(List.of(rows(0, 3), rows(3, 3), rows(6, 3)).iterator(), 3, step -> losses.add(step.loss()
                .clone()));
        Trainer trainer = ofImages(3);
        List<double[]> byArrow = new ArrayList<>();
        ArrowBatches batches = ArrowBatches.of(trainer, "image", written()).normalised(Normalisation.IMAGENET);
        trainer.train(batches, 9, step -> byArrow.add(step.loss().clone()));
        assertArrayEquals(losses.toArray(), byArrow.toArray());
    }

    @Test
    void pixelsWithoutANormalisationAreRefused() {
        refuses(ArrowBatches.of(ofImages(1), "image", written()), "Column 'image', the network's inputs, holds pixels, "
                + "bytes without sign. Say by normalised(...) what the network sees of them, for instance "
                + "Normalisation.RANGE, which is [-2, 2].");
    }

    @Test
    void aNormalisationComesBeforeTheFirstBatch() {
        ArrowBatches batches = ArrowBatches.of(ofImages(1), "image", written()).normalised(Normalisation.RANGE);
        batches.next();
        assertThrows(IllegalStateException.class, () -> batches.normalised(Normalisation.IMAGENET));
    }

    private static void refuses(ArrowBatches batches, String message) {
        assertEquals(message, assertThrows(UserException.class, batches::hasNext).getMessage());
        assertEquals(message, assertThrows(UserException.class, batches::next).getMessage(), "whoever asks again");
    }

    @Test
    void aTensorOfChannelsFirstIsRefusedByItsShape() {
        Field field = new Field("image", new FieldType(false, new ArrowType.FixedSizeList(3 * PLACES), null, Map
                .of("ARROW:extension:name", "arrow.fixed_shape_tensor", "ARROW:extension:metadata",
                        "{\"shape\":[3,4,6]}")), List.of(numbers("item", new ArrowType.Int(8, false))));
        VectorSchemaRoot root = keep(VectorSchemaRoot.of(field.createVector(allocator)));
        refuses(ArrowBatches.of(ofImages(1), "image", root, () -> false), "Column 'image', the network's inputs, is a "
                + "tensor of the shape [3, 4, 6]; due are height, width, channels [4, 6, 3] a row, in this order in "
                + "memory.");
    }

    @Test
    void aTensorThatLiesInAnotherOrderIsRefused() {
        Field field = new Field("image", new FieldType(false, new ArrowType.FixedSizeList(3 * PLACES), null, Map
                .of("ARROW:extension:name", "arrow.fixed_shape_tensor", "ARROW:extension:metadata",
                        "{\"shape\":[4,6,3],\"permutation\":[2,0,1]}")), List.of(numbers("item", new ArrowType.Int(8,
                                false))));
        VectorSchemaRoot root = keep(VectorSchemaRoot.of(field.createVector(allocator)));
        refuses(ArrowBatches.of(ofImages(1), "image", root, () -> false), "Column 'image', the network's inputs, is a "
                + "tensor of the shape [4, 6, 3] in the order [2, 0, 1]; due are height, width, channels [4, 6, 3] a "
                + "row, in this order in memory.");
    }

    private static Field numbers(String name, ArrowType type) {
        return new Field(name, new FieldType(true, type, null), null);
    }

    private static final ArrowType FLOAT = new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE);

    /** Lists of a fixed size around floats, from outside. */
    private FieldVector nested(String name, int... lengths) {
        Field field = numbers("item", FLOAT);
        for (int level = lengths.length - 1; level >= 0; level--) {
            field = new Field(level == 0 ? name : "item", new FieldType(true, new ArrowType.FixedSizeList(
                    lengths[level]), null), List.of(field));
        }
        return field.createVector(allocator);
    }

    @Test
    void listsInListsHaveHeightWidthAndChannels() {
        refuses(ArrowBatches.of(ofImages(1), "image", keep(VectorSchemaRoot.of(nested("image", 3, HEIGHT, WIDTH))),
                () -> false), "Column 'image', the network's inputs, holds lists of 3 of lists of 4 of lists of 6 of "
                + "FloatingPoint(SINGLE); due are height, width, channels [4, 6, 3] a row: one list of them, or lists "
                + "in lists of these extents.");
        refuses(ArrowBatches.of(ofImages(1), "image", keep(VectorSchemaRoot.of(nested("image", HEIGHT, WIDTH))),
                () -> false), "Column 'image', the network's inputs, holds lists of 4 of lists of 6 of "
                + "FloatingPoint(SINGLE); due are height, width, channels [4, 6, 3] a row: one list of them, or lists "
                + "in lists of these extents.");
    }

    /** Of the features 1, 2, the line 3, the class 1, and what a test changes. */
    private VectorSchemaRoot features(FieldVector line, FieldVector kind) {
        FixedSizeListVector features = (FixedSizeListVector) nested("features", 2);
        features.allocateNew();
        Float4Vector numbers = (Float4Vector) features.getDataVector();
        features.setNotNull(0);
        numbers.setSafe(0, 1);
        numbers.setSafe(1, 2);
        numbers.setValueCount(2);
        features.setValueCount(1);
        line.setValueCount(1);
        kind.setValueCount(1);
        VectorSchemaRoot root = keep(new VectorSchemaRoot(List.of(features, line, kind)));
        root.setRowCount(1);
        return root;
    }

    private static ArrowBatches.NextBatch once() {
        int[] calls = {0};
        return () -> calls[0]++ == 0;
    }

    private <T extends FieldVector> T vector(T vector, Consumer<T> filling) {
        vector.allocateNew();
        filling.accept(vector);
        return vector;
    }

    private Float4Vector line() {
        return vector(new Float4Vector("line", allocator), vector -> vector.setSafe(0, 3));
    }

    private IntVector kind(int number) {
        return vector(new IntVector("kind", allocator), vector -> vector.setSafe(0, number));
    }

    private int kindOf(FieldVector kind) {
        return ArrowBatches.of(ofFeatures(1), "features", features(line(), kind), once()).next().classes()
                .get("kind")[0];
    }

    @Test
    void classNumbersAreIntegersOfAnyWidth() {
        assertEquals(2, kindOf(kind(2)));
        assertEquals(-100, kindOf(kind(-100)), "what PyTorch ignores");
        assertEquals(2, kindOf(vector(new TinyIntVector("kind", allocator), vector -> vector.setSafe(0, 2))));
        assertEquals(2, kindOf(vector(new SmallIntVector("kind", allocator), vector -> vector.setSafe(0, 2))));
        assertEquals(2, kindOf(vector(new BigIntVector("kind", allocator), vector -> vector.setSafe(0, 2))));
        assertEquals(2, kindOf(vector(new UInt1Vector("kind", allocator), vector -> vector.setSafe(0, 2))));
        assertEquals(2, kindOf(vector(new UInt2Vector("kind", allocator), vector -> vector.setSafe(0, 2))));
        assertEquals(2, kindOf(vector(new UInt4Vector("kind", allocator), vector -> vector.setSafe(0, 2))));
    }

    private void refusesKind(FieldVector kind, String message) {
        refuses(ArrowBatches.of(ofFeatures(1), "features", features(line(), kind), once()), message);
    }

    @Test
    void aClassThatIsNoneIsRefusedWithItsRow() {
        refusesKind(kind(3), "column 'kind', row 0, holds class 3; classes go from 0 to 2, and -100 means no label");
        refusesKind(vector(new BigIntVector("kind", allocator), vector -> vector.setSafe(0, 1L << 32)),
                "column 'kind', row 0, holds class 4294967296; classes go from 0 to 2, and -100 means no label");
        refusesKind(vector(new UInt1Vector("kind", allocator), vector -> vector.setSafe(0, 156)),
                "column 'kind', row 0, holds class 156; classes go from 0 to 2, and -100 means no label");
        refusesKind(vector(new UInt4Vector("kind", allocator), vector -> vector.setSafe(0, -100)),
                "column 'kind', row 0, holds class 4294967196; classes go from 0 to 2, and -100 means no label");
    }

    @Test
    void whatIsNoClassNumberIsRefusedByItsType() {
        refusesKind(vector(new Float8Vector("kind", allocator), vector -> vector.setSafe(0, 1)), "Column 'kind', the "
                + "target of task 'kind', holds FloatingPoint(DOUBLE), but class numbers are integers.");
        String may = "; what may stand there are floats of 16, 32 or 64 bits, booleans, and integers of at most 64 "
                + "bits (without sign, 32), alone or in lists.";
        refusesKind(vector(new UInt8Vector("kind", allocator), vector -> vector.setSafe(0, 1)),
                "Column 'kind', the target of task 'kind', holds Int(64, false)" + may);
        refusesKind(vector(new VarCharVector("kind", allocator), vector -> vector.setSafe(0, new byte[] {'a'})),
                "Column 'kind', the target of task 'kind', holds Utf8" + may);
        refusesKind(vector(new IntVector("kind", new FieldType(true, new ArrowType.Int(32, true),
                new DictionaryEncoding(1, false, null)), allocator), vector -> vector.setSafe(0, 1)),
                "Column 'kind', the target of task 'kind', holds Int(32, true) (numbers of a dictionary's entries)"
                        + may);
    }

    @Test
    void aTargetOfALossThatIgnoresNothingMustNotBeNull() {
        Float4Vector line = vector(new Float4Vector("line", allocator), _ -> { });
        refuses(ArrowBatches.of(ofFeatures(1), "features", features(line, kind(1)), once()),
                "column 'line', row 0, is null, and the task's loss ignores nothing: give it a marker by ignore(...).");
        assertEquals(-100, kindOf(vector(new IntVector("kind", allocator), _ -> { })), "what PyTorch ignores");
    }

    @Test
    void nullAmongInputsIsRefused() {
        VectorSchemaRoot root = features(line(), kind(1));
        FixedSizeListVector features = (FixedSizeListVector) root.getVector("features");
        ((Float4Vector) features.getDataVector()).setNull(1);
        refuses(ArrowBatches.of(ofFeatures(1), "features", root, once()), "column 'features', row 0, is null in a part"
                + "; it may be so as a whole, which means no label.");
        features.setNull(0);
        refuses(ArrowBatches.of(ofFeatures(1), "features", root, once()),
                "column 'features', row 0, is null, and inputs must be there.");
    }

    private ListVector list(String name, float... numbers) {
        ListVector list = ListVector.empty(name, allocator);
        list.addOrGetVector(FieldType.nullable(FLOAT));
        list.allocateNew();
        Float4Vector items = (Float4Vector) list.getDataVector();
        list.startNewValue(0);
        IntStream.range(0, numbers.length).forEach(i -> items.setSafe(i, numbers[i]));
        items.setValueCount(numbers.length);
        list.endValue(0, numbers.length);
        return list;
    }

    @Test
    void aListOfAnotherLengthIsRefusedWithItsRow() {
        float[] line = ArrowBatches.of(ofFeatures(1), "features", features(list("line", 3), kind(1)), once()).next()
                .values().get("line");
        assertArrayEquals(new float[] {3}, line);
        refuses(ArrowBatches.of(ofFeatures(1), "features", features(list("line", 3, 4), kind(1)), once()), "column "
                + "'line', row 0, holds a list of 2 where 1 are due, as the target of task 'line'.");
        refuses(ArrowBatches.of(ofFeatures(1), "features", features(list("line"), kind(1)), once()), "column 'line', "
                + "row 0, holds a list of 0 where 1 are due, as the target of task 'line'.");
    }

    @Test
    void offsetsBeyondTheNumbersAreRefused() {
        ListVector line = list("line", 3);
        VectorSchemaRoot root = features(line, kind(1));
        line.getOffsetBuffer().setInt(0, 7);
        line.getOffsetBuffer().setInt(4, 8);
        refuses(ArrowBatches.of(ofFeatures(1), "features", root, once()), "column 'line', row 0, has offsets beyond "
                + "what the record batch holds: it is damaged.");
        line.getOffsetBuffer().setInt(0, -1);
        line.getOffsetBuffer().setInt(4, 0);
        refuses(ArrowBatches.of(ofFeatures(1), "features", root, once()), "column 'line', row 0, has offsets beyond "
                + "what the record batch holds: it is damaged.");
    }

    @Test
    void aColumnThatIsMissingIsNamedWithWhatIsThere() {
        refuses(ArrowBatches.of(ofFeatures(1), "feature", features(line(), kind(1)), once()), "The record batches have "
                + "no column 'feature', which is due as the network's inputs. Did you mean 'features'? They have: "
                + "features, line, kind.");
    }

    @Test
    void aSourceThatFailsIsToldAsItIs() {
        ArrowBatches batches = ArrowBatches.of(ofFeatures(1), "features", features(line(), kind(1)), () -> {
            throw new IOException("the connection is gone");
        });
        assertEquals("the record batches cannot be read: the connection is gone", assertThrows(
                UncheckedIOException.class, batches::hasNext).getMessage());
    }

    @Test
    void integersAndDoublesAreValuesToo() {
        FieldVector whole = vector(new IntVector("line", allocator), vector -> vector.setSafe(0, -7));
        assertArrayEquals(new float[] {-7}, ArrowBatches.of(ofFeatures(1), "features", features(whole, kind(1)), once())
                .next().values().get("line"));
        FieldVector exact = vector(new Float8Vector("line", allocator), vector -> vector.setSafe(0, 0.1));
        assertArrayEquals(new float[] {0.1f}, ArrowBatches.of(ofFeatures(1), "features", features(exact, kind(1)),
                once()).next().values().get("line"));
    }
}
