package io.gimbal.picture;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SortedMap;
import java.util.TreeMap;

/** TIFF files for tests, of the tags that a test wants; the pixels of one strip or tile come first. */
public final class TiffBytes {
    private final ByteOrder order;
    private final byte[] pixels;
    private final SortedMap<Integer, long[]> tags = new TreeMap<>();

    public TiffBytes(ByteOrder order, int width, int height, int bits, byte... pixels) {
        this.order = order;
        this.pixels = pixels;
        tag(256, width).tag(257, height).tag(258, bits).tag(259, 1).tag(262, 1).tag(273, 8).tag(277, 1);
        tag(278, height).tag(279, pixels.length);
    }

    public TiffBytes tag(int number, long... values) {
        tags.put(number, values);
        return this;
    }

    public TiffBytes without(int number) {
        tags.remove(number);
        return this;
    }

    public byte[] file() {
        int directory = 8 + pixels.length + (pixels.length & 1);
        int more = directory + 2 + 12 * tags.size() + 4;
        int size = more + tags.values().stream().mapToInt(values -> values.length > 1 ? 4 * values.length : 0).sum();
        ByteBuffer out = ByteBuffer.allocate(size).order(order);
        out.put((byte) (order == ByteOrder.LITTLE_ENDIAN ? 'I' : 'M')).put(out.get(0)).putShort((short) 42);
        out.putInt(directory).put(pixels).position(directory).putShort((short) tags.size());
        for (var tag : tags.entrySet()) {
            long[] values = tag.getValue();
            out.putShort((short) (int) tag.getKey()).putShort((short) 4).putInt(values.length);
            out.putInt((int) (values.length > 1 ? more : values[0]));
            for (long value : values.length > 1 ? values : new long[0]) {
                out.putInt(more, (int) value);
                more += 4;
            }
        }
        return out.array();
    }
}
