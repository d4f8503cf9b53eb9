package io.gimbal.data;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;

/**
 * Rooms made up by a computer: furnished indoor scenes, each a pure function of (seed, index), so that training needs
 * no download. Bedrooms, living rooms, studies and dining rooms, seen by a camera with the lens of NYUv2's Kinect at
 * the height of a standing or sitting person.
 *
 * <p>Fields, all dense:
 * <ul>
 *   <li>"segmentation": NYUv2's 13 classes, {@link NyuDepth#CLASS_NAMES} (255, unlabelled, does not occur)</li>
 *   <li>"depth": metres along the optical axis</li>
 *   <li>"normals": unit vectors in the camera's axes (x right, y down, z forward), facing the camera: their product
 *       with the direction in which the camera sees the place is negative</li>
 * </ul>
 *
 * <p>The same (seed, index, height, width) gives the same bits on every machine and any number of threads. Two
 * different seeds share no rooms, so that a validation set is simply another seed. Rooms drawn once are kept while
 * there is space: 512 MiB or an eighth of the heap, whichever is less.
 */
public final class Rooms implements DataSet {
    private final long seed;
    private final int size;
    private final int height;
    private final int width;
    private final PixelCache cache;

    /**
     * @param seed   decides the rooms
     * @param size   how many there are, at least 1
     * @param height rows of the pictures, at least 1
     * @param width  columns of the pictures, at least 1
     */
    public Rooms(long seed, int size, int height, int width) {
        if (size < 1 || height < 1 || width < 1 || (long) height * width > 1 << 24) {
            throw new IllegalArgumentException("rooms need at least 1 picture of 1 to 2^24 pixels, not " + size
                    + " of " + height
                    + " x " + width);
        }
        this.seed = seed;
        this.size = size;
        this.height = height;
        this.width = width;
        this.cache = new PixelCache(size, height, width);
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public int height() {
        return height;
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public List<Field> fields() {
        return Pixels.FIELDS;
    }

    @Override
    public DataIdentity identity() {
        return DataIdentity.of(size, List.of("rooms", seed, size, height, width));
    }

    @Override
    public String origin() {
        return "rooms of seed " + seed;
    }

    @Override
    public void read(int index, boolean flip, FloatBuffer image, Map<String, ByteBuffer> targets) {
        java.util.Objects.checkIndex(index, size);
        Pixels pixels = cache.find(index);
        if (pixels == null) {
            pixels = draw(seed, index, height, width);
            cache.offer(index, pixels);
        }
        pixels.write(flip, image, targets);
    }

    static Pixels draw(long seed, int index, int height, int width) {
        Pixels pixels = new Pixels(height, width);
        RoomRenderer.render(RoomBuilder.build(seed, index), new Randomness(seed, index, 0x6C656E73L), pixels);
        return pixels;
    }
}
