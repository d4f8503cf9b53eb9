package io.gimbal.picture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/** Writes arrays in NumPy's form, of any type and shape. */
public final class NpyBytes {
    private NpyBytes() {}

    /**
     * Writes little-endian numbers in C's order.
     *
     * @param type such as "&lt;f4"
     * @param put  writes number i
     */
    public static Path write(Path file, String type, BiConsumer<ByteBuffer, Integer> put, int... shape)
            throws IOException {
        String sizes = Arrays.stream(shape).mapToObj(Integer::toString).collect(Collectors.joining(", "));
        byte[] header = ("{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + sizes
                + (shape.length == 1 ? "," : "") + "), }\n").getBytes(StandardCharsets.US_ASCII);
        int count = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        ByteBuffer bytes = ByteBuffer.allocate(10 + header.length + 8 * count).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII)).put((byte) 1).put((byte) 0)
                .putShort((short) header.length).put(header);
        for (int i = 0; i < count; i++) {
            put.accept(bytes, i);
        }
        return Files.write(file, Arrays.copyOf(bytes.array(), bytes.position()));
    }
}
