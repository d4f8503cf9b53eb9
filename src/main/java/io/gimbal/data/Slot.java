package io.gimbal.data;

import io.gimbal.config.UserException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;

/**
 * Buffers of the caller's, room for one batch: N samples one after the other, from index 0. They may be direct or not,
 * pinned or not; their byte order is taken to be native whatever it says. Positions and limits are not used or moved.
 *
 * @param image   N * H * W * 3 {@code float32}
 * @param targets for each field wanted, by name, N * H * W * channels {@code float32} or {@code int32}
 */
public record Slot(ByteBuffer image, Map<String, ByteBuffer> targets) {
    /** Values of an image's pixel: red, green, blue. */
    public static final int CHANNELS = 3;

    static final String IMAGE = "image";
    static final int IMAGE_BYTES_A_PIXEL = CHANNELS * Float.BYTES;

    /** Keeps its own map of the targets. */
    public Slot {
        targets = Map.copyOf(targets);
    }

    /**
     * A slot in ordinary direct memory, with room for a batch of all the fields named.
     *
     * @throws UserException if a part of the batch has more bytes than a buffer holds, 2^31 - 1; tells the largest
     *                       batch that fits
     */
    public static Slot allocate(DataSet data, int batch, Iterable<String> fields) {
        Map<String, ByteBuffer> targets = new HashMap<>();
        for (String field : fields) {
            targets.put(field, direct(sampleBytes(data, field, data.field(field).bytesPerPixel()), field, batch));
        }
        return new Slot(direct(sampleBytes(data, IMAGE, IMAGE_BYTES_A_PIXEL), IMAGE, batch), targets);
    }

    /** How many bytes of a buffer are one sample's. */
    static int sampleBytes(DataSet data, String name, int bytesPerPixel) {
        if (data.height() < 1 || data.width() < 1) {
            throw new IllegalArgumentException("the data set has samples of " + data.width() + " x " + data.height()
                    + " pixels");
        }
        long pixels = (long) data.height() * data.width();
        if (pixels > Integer.MAX_VALUE / bytesPerPixel) {
            throw new IllegalArgumentException("a sample of " + data.width() + " x " + data.height() + " pixels with "
                    + bytesPerPixel + " bytes of '" + name + "' each is larger than a buffer, " + Integer.MAX_VALUE
                    + " bytes");
        }
        return (int) pixels * bytesPerPixel;
    }

    private static ByteBuffer direct(int sampleBytes, String name, int batch) {
        long bytes = (long) sampleBytes * batch;
        if (bytes > Integer.MAX_VALUE) {
            throw new UserException("A batch of " + batch + " examples (data.batch) has " + bytes + " bytes of '" + name
                    + "', and at most " + Integer.MAX_VALUE + " lie in a buffer: take at most "
                    + Integer.MAX_VALUE / sampleBytes + " examples.");
        }
        return ByteBuffer.allocateDirect((int) bytes).order(ByteOrder.nativeOrder());
    }
}
