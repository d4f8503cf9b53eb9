package io.gimbal.data;

import io.gimbal.config.Counts;
import io.gimbal.config.UserException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Rooms made up by a computer: furnished indoor scenes, each a pure function of (seed, index), so that training needs
 * no download. Bedrooms, living rooms, studies and dining rooms, seen by a camera with the lens of NYUv2's Kinect at
 * the height of a standing or sitting person.
 *
 * <p>Fields:
 * <ul>
 *   <li>"segmentation": NYUv2's 13 classes, {@link NyuDepth#CLASS_NAMES} (255, unlabelled, does not occur)</li>
 *   <li>"depth": metres along the optical axis</li>
 *   <li>"normals": unit vectors in the camera's axes (x right, y down, z forward), facing the camera: their product
 *       with the direction in which the camera sees the place is negative</li>
 *   <li>"keypoints": heat maps of the 48 key points of a room's layout, as {@link RoomLayout} has them, with bells of 2
 *       pixels; unlabelled where the picture shows no such layout. Not for images that are scaled or turned, whose
 *       borders are others</li>
 * </ul>
 *
 * <p>The same (seed, index, height, width) gives the same bits on every machine and any number of threads. Two
 * different seeds share no rooms, so that a validation set is simply another seed. Rooms are kept as
 * {@link StoredSet} says.
 */
public final class Rooms extends StoredSet {
    private static final float NO_KEYPOINTS = -1;
    private static final double SIGMA = 2;
    private static final Layer KEYPOINTS = new Layer(Field.ofPoints("keypoints", RoomLayout.NAMES.size(), NO_KEYPOINTS)
            .named(RoomLayout.NAMES), Meaning.STORED, SIGMA, RoomLayout.MIRRORED);
    private static final Set<String> FIELDS = Set.of(NyuDepth.SEGMENTATION.name(), NyuDepth.DEPTH.name(),
            NyuDepth.NORMALS.name(), KEYPOINTS.field().name());

    private final long seed;

    /**
     * Rooms for images of that size, as they are.
     *
     * @param seed   decides the rooms
     * @param size   how many there are, at least 1
     * @param height rows of the pictures, at least 1
     * @param width  columns of the pictures, at least 1
     */
    public Rooms(long seed, int size, int height, int width) {
        this(seed, size, Intake.ofColours(height, width));
    }

    /**
     * The same, taken in another form; where they may be shown larger they are drawn larger.
     *
     * @param seed   decides the rooms
     * @param size   how many there are, at least 1
     * @param intake in which form samples are taken
     */
    public Rooms(long seed, int size, Intake intake) {
        super(intake.requireColours(), atLeastOne(size), List.of(new Layer(NyuDepth.SEGMENTATION, Meaning.STORED),
                new Layer(NyuDepth.DEPTH, Meaning.STORED), new Layer(NyuDepth.NORMALS, Meaning.STORED),
                KEYPOINTS));
        this.seed = seed;
    }

    private static int atLeastOne(int size) {
        Counts.atLeast("size", size, 1);
        return size;
    }

    @Override
    public DataIdentity identity() {
        return DataIdentity.of(size(), List.of("rooms", seed, size(), height(), width()));
    }

    @Override
    public String origin() {
        return "rooms of seed " + seed;
    }

    @Override
    protected Sample decode(Intake intake, int index, Set<String> fields) {
        double largest = Math.max(1, intake.augmentation().largestScale());
        Intake.Kept kept = intake.kept((int) Math.ceil(height() * largest), (int) Math.ceil(width() * largest));
        RoomBuilder.Shot shot = RoomBuilder.build(seed, index);
        Pixels room = draw(shot, seed, index, kept.height(), kept.width());
        Map<String, Plane> planes = new HashMap<>(Map.of(
                NyuDepth.SEGMENTATION.name(), new Plane.Bytes(room.classes(), 1),
                NyuDepth.DEPTH.name(), new Plane.Floats(room.depth(), 1),
                NyuDepth.NORMALS.name(), new Plane.Floats(room.normals(), 3)));
        if (fields.contains(KEYPOINTS.field().name())) {
            requireWhole(intake);
        }
        RoomLayout.points(shot, kept.height(), kept.width()).ifPresent(points -> planes.put(KEYPOINTS.field().name(),
                new Plane.Floats(points, 3)));
        return new Sample(kept, new Plane.Bytes(room.rgb(), 3), planes, FIELDS);
    }

    private static void requireWhole(Intake intake) {
        if (intake.augmentation().resamples()) {
            throw new UserException("the key points of rooms are where edges end or leave the picture, and "
                    + "data.augment scales or turns pictures, so that edges leave them elsewhere; take 'scale' and "
                    + "'rotate' out of it, or learn other fields");
        }
    }

    @Override
    protected Optional<List<?>> dependencies(int index) {
        return Optional.of(List.of("rooms", seed, index));
    }

    static Pixels draw(long seed, int index, int height, int width) {
        return draw(RoomBuilder.build(seed, index), seed, index, height, width);
    }

    private static Pixels draw(RoomBuilder.Shot shot, long seed, int index, int height, int width) {
        Pixels pixels = new Pixels(height, width);
        RoomRenderer.render(shot, new Randomness(seed, index, 0x6C656E73L), pixels);
        return pixels;
    }
}
