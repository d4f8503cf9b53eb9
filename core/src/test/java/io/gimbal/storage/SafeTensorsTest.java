package io.gimbal.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafeTensorsTest {
    @TempDir
    Path folder;

    private static Path resource(String name) throws URISyntaxException {
        return Path.of(SafeTensorsTest.class.getResource(name).toURI());
    }

    private static Map<String, HostTensor> readAll(TensorFile file) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        file.names().forEach(name -> tensors.put(name, file.read(name)));
        return tensors;
    }

    @ParameterizedTest
    @ValueSource(strings = {"absent", "classify", "dense3", "equal", "inner", "residual", "toy10", "toy2"})
    void filesOfTheReferenceAreReadAndWrittenUnchanged(String name) throws Exception {
        for (String part : List.of("init", "batches", "final")) {
            try (TensorFile original = SafeTensors.open(resource("/cases/" + name + "/" + part + ".safetensors"))) {
                Path copy = folder.resolve(part);
                SafeTensors.write(copy, readAll(original), original.metadata());
                try (TensorFile written = SafeTensors.open(copy)) {
                    assertEquals(List.copyOf(original.names()), List.copyOf(written.names()));
                    assertEquals(readAll(original), readAll(written));
                }
            }
        }
    }

    @Test
    void aKnownValueOfTheReferenceIsReadRight() throws Exception {
        try (TensorFile file = SafeTensors.open(resource("/cases/residual/init.safetensors"))) {
            assertEquals("F32 [16, 3, 7, 7]", file.entry("trunk.0.weight").toString());
            assertEquals("I64 []", file.entry("trunk.1.num_batches_tracked").toString());
            assertArrayEquals(new long[] {0}, file.longs("trunk.1.num_batches_tracked"));
            float[] ones = file.floats("trunk.1.weight", 16);
            for (float one : ones) {
                assertEquals(1f, one);
            }
        }
    }

    @Test
    void everyTypeAndShapeSurvivesAWrite() {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        for (DType type : DType.values()) {
            for (long[] shape : new long[][] {{}, {0}, {1}, {3}, {2, 3, 5}, {1, 1, 1, 7}}) {
                byte[] bytes = new byte[(int) Sizes.bytes(type, shape)];
                for (int i = 0; i < bytes.length; i++) {
                    bytes[i] = (byte) (i * 37 + 1);
                }
                tensors.put(type + " of " + shape.length + " \u00fc \"quoted\" " + bytes.length,
                        new HostTensor(type, shape, ByteBuffer.wrap(bytes)));
            }
        }
        Map<String, String> metadata = Map.of("format", "pt", "quote", "\"\n\u00fc");
        SafeTensors.write(folder.resolve("all"), tensors, metadata);
        try (TensorFile file = SafeTensors.open(folder.resolve("all"))) {
            assertEquals(tensors, readAll(file));
            assertEquals(metadata, file.metadata());
        }
    }

    @Test
    void theHeaderIsPaddedToEightBytes() throws IOException {
        for (String name : List.of("a", "ab", "abc", "abcdefgh")) {
            SafeTensors.write(folder.resolve("x"), Map.of(name, HostTensor.ofFloats(new long[] {1}, 2)), Map.of());
            ByteBuffer raw = ByteBuffer.wrap(Files.readAllBytes(folder.resolve("x"))).order(ByteOrder.LITTLE_ENDIAN);
            assertEquals(0, raw.getLong(0) % 8);
            assertEquals(2f, raw.getFloat((int) raw.getLong(0) + 8));
        }
    }

    @Test
    void aFileOfNoTensorsIsAFile() {
        SafeTensors.write(folder.resolve("none"), Map.of(), Map.of());
        try (TensorFile file = SafeTensors.open(folder.resolve("none"))) {
            assertTrue(file.names().isEmpty());
        }
    }

    @Test
    void aFileOfSeveralGigabytesIsReadWithoutCopyingIt() throws IOException {
        long each = 1_500_000_000;
        String header = "{\"a\":{\"dtype\":\"U8\",\"shape\":[1500000000],\"data_offsets\":[0,1500000000]},"
                + "\"b\":{\"dtype\":\"U8\",\"shape\":[1500000000],\"data_offsets\":[1500000000,3000000000]},"
                + "\"c\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[3000000000,3000000008]}}";
        Path sparse = folder.resolve("sparse");
        ByteBuffer start = ByteBuffer.allocate(8 + header.length()).order(ByteOrder.LITTLE_ENDIAN);
        start.putLong(header.length()).put(header.getBytes(StandardCharsets.US_ASCII)).flip();
        try (FileChannel channel = FileChannel.open(sparse, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE,
                StandardOpenOption.SPARSE)) {
            channel.write(start, 0);
            channel.write(ByteBuffer.wrap(new byte[] {42}), 8 + header.length() + 2 * each - 1);
            channel.write(ByteBuffer.wrap(new byte[] {0, 0, 0, 0, 0, 0, (byte) 0x80, 0x3F}),
                    8 + header.length() + 2 * each);
        }
        try (TensorFile file = SafeTensors.open(sparse)) {
            HostTensor second = file.read("b");
            assertTrue(second.data().isDirect());
            assertEquals(42, second.data().get((int) each - 1));
            assertArrayEquals(new float[] {0, 1}, file.floats("c", 2));
        }
    }

    @Test
    void aTensorBeyondTwoGibibytesIsRefusedByName() throws IOException {
        String header = "{\"huge\":{\"dtype\":\"F32\",\"shape\":[1000000000],\"data_offsets\":[0,4000000000]}}";
        Path sparse = folder.resolve("sparse");
        ByteBuffer start = ByteBuffer.allocate(8 + header.length()).order(ByteOrder.LITTLE_ENDIAN);
        start.putLong(header.length()).put(header.getBytes(StandardCharsets.US_ASCII)).flip();
        try (FileChannel channel = FileChannel.open(sparse, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE,
                StandardOpenOption.SPARSE)) {
            channel.write(start, 0);
            channel.write(ByteBuffer.wrap(new byte[1]), 8 + header.length() + 4_000_000_000L - 1);
        }
        try (TensorFile file = SafeTensors.open(sparse)) {
            assertEquals(sparse + ": tensor 'huge' takes 4.0 GB, but a single tensor may take at most 2.1 GB.",
                    assertThrows(UserException.class, () -> file.read("huge")).getMessage());
        }
    }

    @Test
    void tensorsOutliveTheFile() {
        Path path = folder.resolve("x");
        float[] values = new float[1 << 20];
        values[values.length - 1] = 5;
        SafeTensors.write(path, Map.of("large", HostTensor.ofFloats(new long[] {1 << 20}, values)), Map.of());
        HostTensor read;
        try (TensorFile file = SafeTensors.open(path)) {
            read = file.read("large");
        }
        SafeTensors.write(path, Map.of("large", HostTensor.ofFloats(new long[] {1}, 1)), Map.of());
        assertArrayEquals(values, read.floats());
    }

    @Test
    void missingAndMisshapenTensorsAreRefusedByName() {
        Path path = folder.resolve("x");
        Map<String, HostTensor> tensors = Map.of("trunk.0.weight", HostTensor.ofFloats(new long[] {2}, 1, 2),
                "steps", HostTensor.ofLongs(new long[] {1}, 1));
        SafeTensors.write(path, tensors, Map.of());
        try (TensorFile file = SafeTensors.open(path)) {
            assertEquals(path + ": holds no tensor 'trunk.0.wieght'. Did you mean 'trunk.0.weight'?",
                    assertThrows(UserException.class, () -> file.read("trunk.0.wieght")).getMessage());
            assertEquals(path + ": tensor 'trunk.0.weight' is F32 [2], but must have the shape [2, 1].",
                    assertThrows(UserException.class, () -> file.floats("trunk.0.weight", 2, 1)).getMessage());
            assertEquals(path + ": tensor 'steps' is I64 [1], but must hold floating-point numbers (F32).",
                    assertThrows(UserException.class, () -> file.floats("steps", 1)).getMessage());
            assertEquals(path + ": tensor 'trunk.0.weight' is F32 [2], but must hold integers (I64).",
                    assertThrows(UserException.class, () -> file.longs("trunk.0.weight", 2)).getMessage());
        }
    }

    @Test
    void aFileShortenedWhileOpenIsReportedNotRead() throws IOException {
        Path path = folder.resolve("x");
        SafeTensors.write(path, Map.of("a", HostTensor.ofFloats(new long[] {1000}, new float[1000])), Map.of());
        try (TensorFile file = SafeTensors.open(path)) {
            try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
                channel.truncate(1000);
            }
            String message = assertThrows(UserException.class, () -> file.read("a")).getMessage();
            assertTrue(message.startsWith(path + ": tensor 'a' cannot be read: it ends "), message);
        }
    }

    @Test
    void noTensorMayTakeTheMetadatasName() {
        assertThrows(IllegalArgumentException.class, () -> SafeTensors.write(folder.resolve("x"),
                Map.of("__metadata__", HostTensor.ofFloats(new long[] {1}, 1)), Map.of()));
    }
}
