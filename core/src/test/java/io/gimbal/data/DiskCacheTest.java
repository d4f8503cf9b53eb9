package io.gimbal.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskCacheTest {
    private static final int MANY = 1 << 20;

    @TempDir
    private Path folder;

    private Path cache;
    private Path file;

    @BeforeEach
    void aFileToReadFrom() throws IOException {
        cache = folder.resolve("a/cache");
        file = Files.writeString(folder.resolve("data.txt"), "4");
    }

    /** One value a file, at every pixel, in planes of every kind. */
    private static final class Counted extends StoredSet {
        private final Path file;
        private final AtomicInteger decoded = new AtomicInteger();

        Counted(Path file, Path cache, long bytes, int height, int width) {
            super(new Intake(height, width, 3, Fit.STRETCH, Normalisation.RANGE, Augmentation.NONE,
                    new SampleCache.Bounds(0, Optional.of(new SampleCache.Disk(cache, bytes)))), 9, List.of(
                    new Layer(Field.ofDepth("metres", 0), Meaning.STORED),
                    new Layer(Field.ofClasses("kinds", 70000, 0), Meaning.STORED),
                    new Layer(Field.ofVectors("normals", 0), Meaning.STORED),
                    new Layer(Field.ofPoints("points", 2, -1), Meaning.STORED)));
            this.file = file;
        }

        @Override
        protected Optional<List<?>> dependencies(int index) {
            return Optional.of(List.of(index, stamp(file)));
        }

        @Override
        protected Sample decode(Intake intake, int index, Set<String> fields) {
            decoded.incrementAndGet();
            int value = value();
            Intake.Kept kept = intake().kept(height(), width());
            int pixels = height() * width();
            byte[] image = new byte[3 * pixels];
            float[] metres = new float[pixels];
            short[] kinds = new short[pixels];
            float[] normals = new float[3 * pixels];
            Arrays.fill(image, (byte) value);
            Arrays.fill(metres, value + 0.5f * index);
            Arrays.fill(kinds, (short) (60000 + value));
            Arrays.fill(normals, (float) Math.sqrt(1 / 3.0));
            return new Sample(kept, new Plane.Bytes(image, 3), Map.of("metres", new Plane.Floats(metres, 1), "kinds",
                    new Plane.Shorts(kinds, 1), "normals", Plane.Directions.of(normals)), fields);
        }

        private int value() {
            try {
                return Integer.parseInt(Files.readString(file));
            } catch (IOException failure) {
                throw new IllegalStateException(failure);
            }
        }

        /** Reads a sample, and returns all of it. */
        List<float[]> read(int index) {
            int pixels = height() * width();
            FloatBuffer image = FloatBuffer.allocate(3 * pixels);
            Map<String, ByteBuffer> targets = Map.of("metres", buffer(pixels), "kinds", buffer(pixels), "normals",
                    buffer(3 * pixels));
            read(index, false, image, targets);
            List<float[]> all = new ArrayList<>(List.of(image.array()));
            for (String name : List.of("metres", "kinds", "normals")) {
                float[] values = new float[targets.get(name).capacity() / 4];
                targets.get(name).asFloatBuffer().get(values);
                all.add(values);
            }
            return all;
        }

        private static ByteBuffer buffer(int values) {
            return ByteBuffer.allocate(4 * values).order(ByteOrder.nativeOrder());
        }
    }

    private Counted open() {
        return new Counted(file, cache, MANY, 2, 3);
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> entries = Files.list(cache)) {
            return entries.sorted().toList();
        }
    }

    private static void assertSame(List<float[]> expected, List<float[]> actual) {
        for (int i = 0; i < expected.size(); i++) {
            // Bits, since class numbers are read as if they were reals.
            assertEquals(0, Arrays.compare(expected.get(i), actual.get(i)), "part " + i);
        }
    }

    @Test
    void aLaterSetFindsWhatAnEarlierOneMade() throws IOException {
        List<float[]> made = open().read(3);
        Counted later = open();
        assertSame(made, later.read(3));
        assertEquals(0, later.decoded.get());
        later.read(4);
        assertEquals(1, later.decoded.get());
        assertEquals(2, files().size());
    }

    @Test
    void aChangedFileAndAnotherSizeAreMadeAnew() throws IOException {
        open().read(0);
        Files.writeString(file, "50");
        Counted changed = open();
        assertEquals(50, changed.read(0).get(1)[0]);
        assertEquals(1, changed.decoded.get());
        // The same size, another time.
        Files.writeString(file, "51");
        Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000));
        assertEquals(51, open().read(0).get(1)[0]);
        Counted larger = new Counted(file, cache, MANY, 3, 3);
        larger.read(0);
        assertEquals(1, larger.decoded.get());
    }

    @Test
    void aDamagedEntryIsMadeAnewAndReplaced() throws IOException {
        List<float[]> made = open().read(0);
        Path entry = files().getFirst();
        byte[] whole = Files.readAllBytes(entry);
        for (int length : new int[] {0, 1, 11, 12, 40, whole.length - 1}) {
            Files.write(entry, Arrays.copyOf(whole, length));
            assertMadeAnew(made);
        }
        for (int at = 0; at < whole.length; at += 7) {
            byte[] damaged = whole.clone();
            damaged[at] ^= 4;
            Files.write(entry, damaged);
            assertMadeAnew(made);
        }
        assertEquals(0, Arrays.compare(whole, Files.readAllBytes(entry)));
    }

    private void assertMadeAnew(List<float[]> made) {
        Counted again = open();
        assertSame(made, again.read(0));
        assertEquals(1, again.decoded.get());
    }

    @Test
    void whatIsWholeButHasOtherSizesIsMadeAnew() throws IOException {
        List<float[]> made = open().read(0);
        Path entry = files().getFirst();
        Intake.Kept kept = new Intake.Kept(200, 300, 200, 300);
        Sample wrong = new Sample(kept, new Plane.Bytes(new byte[3], 3), Map.of(), Set.of("metres", "kinds",
                "normals"));
        Files.write(entry, SampleFile.write(wrong).orElseThrow());
        assertMadeAnew(made);
    }

    @Test
    void whatHasPointsThatTheFieldHasNotIsMadeAnew() throws IOException {
        List<float[]> made = open().read(0);
        Path entry = files().getFirst();
        Sample whole = SampleFile.read(Files.readAllBytes(entry)).orElseThrow();
        for (float number : new float[] {2, -1, Float.NaN, Float.POSITIVE_INFINITY}) {
            Map<String, Plane> planes = new HashMap<>(whole.fields());
            planes.put("points", new Plane.Floats(new float[] {0, 0, 1, 1, 1, number}, 3));
            Files.write(entry, SampleFile.write(new Sample(whole.kept(), whole.image(), planes, whole.known()))
                    .orElseThrow());
            assertMadeAnew(made);
        }
    }

    @Test
    void severalThreadsShareAFolder() throws IOException {
        Counted set = open();
        List<float[]> expected = open().read(5);
        IntStream.range(0, 200).parallel().forEach(i -> {
            List<float[]> read = set.read(i % 9);
            if (i % 9 == 5) {
                assertSame(expected, read);
            }
        });
        assertEquals(9, files().size());
        assertTrue(files().stream().allMatch(path -> path.toString().endsWith(".sample")));
    }

    @Test
    void theBoundIsKeptAndWhatWasUsedLongestAgoMakesRoom() throws IOException {
        open().read(0);
        long one = Files.size(files().getFirst());
        Counted bounded = new Counted(file, cache, 3 * one + one / 2, 2, 3);
        for (int index = 0; index < 9; index++) {
            bounded.read(index);
        }
        assertEquals(3, files().size());
        Path oldest = files().get(1);
        for (Path path : files()) {
            Files.setLastModifiedTime(path, FileTime.fromMillis(path.equals(oldest) ? 1_000 : 2_000_000));
        }
        new DiskCache(new SampleCache.Disk(cache, 2 * one));
        assertEquals(2, files().size());
        assertFalse(Files.exists(oldest));
    }

    @Test
    void whereNothingCanBeWrittenSamplesAreReadWithout() throws IOException {
        cache = Files.writeString(folder.resolve("file"), "no folder");
        Counted set = open();
        set.read(0);
        assertEquals(4.5f, set.read(1).get(1)[0]);
    }

    @Test
    void anInterruptHarmsNothing() throws IOException {
        Thread.currentThread().interrupt();
        List<float[]> made = open().read(2);
        Counted later = open();
        assertSame(made, later.read(2));
        assertTrue(Thread.interrupted());
        assertEquals(0, later.decoded.get());
    }
}
