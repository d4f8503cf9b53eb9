package io.gimbal.data;

import java.nio.ByteBuffer;
import java.util.Map;

/**
 * Buffers of the caller's, room for one batch: N samples one after the other, from index 0. They may be direct or not,
 * pinned or not; their byte order is taken to be native whatever it says. Positions and limits are not used or moved.
 *
 * @param image   N * H * W * 3 {@code float32}
 * @param targets for each field wanted, by name, N * H * W * channels {@code float32} or {@code int32}
 */
public record Slot(ByteBuffer image, Map<String, ByteBuffer> targets) {

    /** Keeps its own map of the targets. */
    public Slot {
        targets = Map.copyOf(targets);
    }

    /** A slot in ordinary direct memory, with room for a batch of all the fields named. */
    public static Slot allocate(DataSet data, int batch, Iterable<String> fields) {
        int pixels = Math.multiplyExact(batch, Math.multiplyExact(data.height(), data.width()));
        Map<String, ByteBuffer> targets = new java.util.HashMap<>();
        for (String field : fields) {
            targets.put(field, direct(pixels, data.field(field).bytesPerPixel()));
        }
        return new Slot(direct(pixels, 3 * Float.BYTES), targets);
    }

    private static ByteBuffer direct(int pixels, int bytesPerPixel) {
        return ByteBuffer.allocateDirect(Math.multiplyExact(pixels,
                bytesPerPixel)).order(java.nio.ByteOrder.nativeOrder());
    }
}
