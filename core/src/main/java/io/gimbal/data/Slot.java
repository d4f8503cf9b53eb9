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
 * @param image   N * H * W * C {@code float32}
 * @param targets for each field wanted, by name, N * places * channels {@code float32} or {@code int32}
 */
public record Slot(ByteBuffer image, Map<String, ByteBuffer> targets) {
    private static final String IMAGE = "image";

    /** Keeps its own map of the targets. */
    public Slot {
        targets = Map.copyOf(targets);
    }

    /**
     * A slot in ordinary direct memory, with room for a batch of all the fields named.
     *
     * @param data   whose samples it holds
     * @param batch  how many samples
     * @param fields the names of some of the set's fields
     * @return the slot
     * @throws UserException if a part of the batch has more bytes than a buffer holds, 2^31 - 1; tells the largest
     *                       batch that fits
     */
    public static Slot allocate(DataSet data, int batch, Iterable<String> fields) {
        Map<String, ByteBuffer> targets = new HashMap<>();
        for (String field : fields) {
            targets.put(field, direct(targetBytes(data, field), field, batch));
        }
        return new Slot(direct(imageBytes(data), IMAGE, batch), targets);
    }

    /** How many bytes of a buffer are one sample's image. */
    static int imageBytes(DataSet data) {
        return sampleBytes(data, IMAGE, (long) data.channels() * Float.BYTES, (long) data.height() * data.width());
    }

    /** How many bytes of a buffer are one sample's values of a field. */
    static int targetBytes(DataSet data, String name) {
        Field field = data.field(name);
        return sampleBytes(data, name, field.bytesPerPlace(), field.places(data.height(), data.width()));
    }

    private static int sampleBytes(DataSet data, String name, long bytesPerPlace, long places) {
        if (data.height() < 1 || data.width() < 1 || data.channels() < 1) {
            throw new IllegalArgumentException("the data set has samples of " + data.width() + " x " + data.height()
                    + " pixels");
        }
        if (places > Integer.MAX_VALUE / bytesPerPlace) {
            throw new IllegalArgumentException("a sample of " + data.width() + " x " + data.height() + " pixels with "
                    + bytesPerPlace + " bytes of '" + name + "' each is larger than a buffer, " + Integer.MAX_VALUE
                    + " bytes");
        }
        return (int) (places * bytesPerPlace);
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
