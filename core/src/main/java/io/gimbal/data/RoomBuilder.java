package io.gimbal.data;

import io.gimbal.data.RoomPlan.Place;
import java.util.ArrayList;
import java.util.List;

/**
 * Furnishes a room and finds a place for the camera: a pure function of (seed, index). A room is a bedroom, a living
 * room, a study or a dining room, and what stands in it follows from that.
 */
final class RoomBuilder {
    private static final int POSES = 4;
    private static final int SCORE_ROWS = 6;
    private static final int SCORE_COLUMNS = 8;

    private final Randomness random;
    private final RoomColours colours;
    private final RoomFurniture furniture;
    private final RoomPlan plan;
    private final List<RoomMaterial> faces = new ArrayList<>();
    private final List<RoomScene.Light> lights = new ArrayList<>();

    /** The room, and the camera in it. */
    record Shot(RoomScene scene, RoomCamera camera) { }

    private RoomBuilder(long seed, int index) {
        random = new Randomness(seed, index, 0x726F6F6DL);
        colours = new RoomColours(random);
        furniture = new RoomFurniture(random, colours);
        plan = new RoomPlan(random, random.between(3, 6.2f), random.between(2.3f, 3.1f), random.between(3, 6.2f));
    }

    static Shot build(long seed, int index) {
        RoomBuilder builder = new RoomBuilder(seed, index);
        builder.shell();
        builder.windows();
        builder.furnish();
        builder.pictures();
        builder.lamps();
        return builder.shoot();
    }

    private void shell() {
        plan.shapes.add(new RoomShape(RoomShape.Kind.SHELL, new float[] {plan.width / 2, plan.height / 2,
                plan.length / 2},
                new float[] {0, 1}, new float[] {plan.width / 2, plan.height / 2, plan.length / 2}, RoomFurniture.WALL,
                        null, false));
        RoomMaterial walls = colours.wall();
        RoomMaterial ceiling = RoomMaterial.plain(colours.any(0, 0.08f, 0.7f, 0.95f));
        RoomMaterial floor = colours.floor();
        for (int face = 0; face < 6; face++) {
            RoomMaterial wall = random.chance(0.2f) ? colours.wall() : walls;
            faces.add(face == 2 ? floor : face == 3 ? ceiling : wall);
        }
        if (plan.width > 4.2f && plan.length > 4.2f && random.chance(0.25f)) {
            corner();
        }
    }

    /** A chimney breast or a cut-off corner, so that rooms are not all plain boxes. */
    private void corner() {
        float across = random.between(0.4f, 1.4f);
        float deep = random.between(0.4f, 1.4f);
        float x = random.chance(0.5f) ? 0 : plan.width - across;
        float z = random.chance(0.5f) ? 0 : plan.length - deep;
        Place place = new Place(plan, x, 0, z, 0, 1);
        place.box(colours.wall(), RoomFurniture.WALL, -0.01f, across, -0.01f, plan.height + 0.01f, -0.01f, deep);
        plan.take(x, x + across, z, z + deep);
    }

    private void windows() {
        int count = random.below(3);
        for (int i = 0; i < count; i++) {
            float across = random.between(0.8f, Math.min(2.2f, Math.min(plan.width, plan.length) - 0.8f));
            float low = random.chance(0.15f) ? 0.08f : random.between(0.75f, 1.05f);
            float high = random.between(1.9f, plan.height - 0.2f);
            Place place = plan.onFreeWall(across + 0.3f, low - 0.1f, high + 0.1f);
            if (place != null) {
                furniture.window(place, across, low, high);
                daylight(place, across, low, high);
            }
        }
        if (random.chance(0.6f)) {
            Place place = plan.onFreeWall(1, 0, 2.1f);
            if (place != null) {
                furniture.door(place, random.between(0.75f, 0.95f), random.between(1.95f, 2.1f));
            }
        }
    }

    private void daylight(Place place, float across, float low, float high) {
        float strength = random.between(1f, 4f) * across * (high - low) / 2;
        float warm = random.between(-0.08f, 0.08f);
        float[] colour = {strength * (0.95f + warm), strength, strength * (1.08f - warm)};
        float[] centre = {place.x() + 0.1f * place.sine(), (low + high) / 2, place.z() + 0.1f * place.cosine()};
        float[] extent = {Math.abs(place.cosine()) * across / 2, (high - low) / 2, Math.abs(place.sine()) * across / 2};
        lights.add(new RoomScene.Light(centre, extent, colour, new float[] {place.sine(), 0, place.cosine()}));
    }

    private void furnish() {
        switch (random.below(4)) {
            case 0 -> bedroom();
            case 1 -> livingRoom();
            case 2 -> study();
            default -> diningRoom();
        }
        wardrobe(0.35f);
        shelves(0.4f);
        cabinet(0.5f);
        smallThings();
        if (random.chance(0.35f)) {
            float across = random.between(1, 2.4f);
            float deep = random.between(0.8f, 1.8f);
            float x = random.between(across / 2, plan.width - across / 2);
            float z = random.between(0.1f, Math.max(0.2f, plan.length - deep - 0.1f));
            furniture.rug(new Place(plan, x, 0, z, 0, 1), across, deep);
        }
    }

    private void bedroom() {
        float across = random.chance(0.6f) ? random.between(1.35f, 1.9f) : random.between(0.85f, 1.1f);
        float deep = random.between(1.9f, 2.15f);
        Place bed = plan.byWall(across, deep, 1, 0.1f);
        if (bed != null) {
            furniture.bed(bed, across, deep);
        }
        for (int i = random.below(3); i > 0; i--) {
            Place stand = plan.byWall(0.45f, 0.4f, 0.6f, 0);
            if (stand != null) {
                furniture.cabinet(stand, 0.45f, 0.4f, random.between(0.45f, 0.6f), 1 + random.below(2));
            }
        }
        wardrobe(0.6f);
        if (random.chance(0.3f)) {
            desk();
        }
        armchair(0.25f);
    }

    private void livingRoom() {
        int sofas = random.chance(0.3f) ? 2 : 1;
        for (int i = 0; i < sofas; i++) {
            float across = random.between(1.4f, 2.3f);
            float deep = random.between(0.8f, 0.98f);
            Place sofa = random.chance(0.75f) ? plan.byWall(across, deep, 1, 0.3f) : plan.standing(across, deep, 0.05f);
            if (sofa != null) {
                furniture.sofa(sofa, across, deep);
                if (i == 0 && random.chance(0.65f)) {
                    coffeeTable(sofa.at(random.between(-0.2f, 0.2f), 0, deep + random.between(0.3f, 0.5f), 0));
                }
            }
        }
        if (random.chance(0.7f)) {
            float across = random.between(1, 1.8f);
            Place stand = plan.byWall(across, 0.42f, 1.3f, 0.3f);
            if (stand != null) {
                float high = random.between(0.35f, 0.6f);
                furniture.cabinet(stand, across, 0.42f, high, random.below(2));
                furniture.screen(stand.at(0, high + 0.025f, 0.15f, 0), random.between(0.35f, 0.6f));
            }
        }
        armchair(0.6f);
        if (random.chance(0.25f)) {
            bedroomCorner();
        }
    }

    private void bedroomCorner() {
        Place bed = plan.byWall(0.95f, 2, 1, 0.1f);
        if (bed != null) {
            furniture.bed(bed, 0.95f, 2);
        }
    }

    private void coffeeTable(Place place) {
        if (random.chance(0.3f)) {
            furniture.roundTable(place, random.between(0.3f, 0.45f), random.between(0.38f, 0.48f), random.below(4));
        } else {
            furniture.table(place, random.between(0.7f, 1.2f), random.between(0.45f, 0.65f),
                    random.between(0.35f, 0.47f), random.below(4));
        }
    }

    private void study() {
        for (int i = 1 + random.below(2); i > 0; i--) {
            desk();
        }
        shelves(0.8f);
        shelves(0.4f);
        if (random.chance(0.35f)) {
            float across = random.between(1.4f, 1.9f);
            Place sofa = plan.byWall(across, 0.9f, 1, 0.2f);
            if (sofa != null) {
                furniture.sofa(sofa, across, 0.9f);
            }
        }
    }

    private void desk() {
        float across = random.between(1, 1.7f);
        float deep = random.between(0.55f, 0.75f);
        Place desk = plan.byWall(across, deep, 1.2f, 0.5f);
        if (desk != null) {
            furniture.desk(desk, across, deep);
            if (random.chance(0.8f)) {
                furniture.chair(desk.at(random.between(-0.3f, 0.3f), 0, deep + random.between(0.25f, 0.5f),
                        StrictMath.PI + random.between(-0.5f, 0.5f)));
            }
        }
    }

    private void diningRoom() {
        float high = random.between(0.71f, 0.77f);
        if (random.chance(0.3f)) {
            float radius = random.between(0.45f, 0.65f);
            Place table = plan.standing(2 * radius, 2 * radius, 0.35f);
            if (table != null) {
                furniture.roundTable(table, radius, high, random.below(5));
                double first = random.between(0, 6.28f);
                for (int i = 0; i < 4; i++) {
                    double turn = first + i * StrictMath.PI / 2;
                    furniture.chair(table.at(0, 0, radius, turn).at(0, 0, radius + 0.3f, StrictMath.PI));
                }
            }
        } else {
            float across = random.between(1, 1.8f);
            float deep = random.between(0.7f, 0.95f);
            Place table = plan.standing(across, deep, 0.3f);
            if (table != null) {
                furniture.table(table, across, deep, high, 1 + random.below(5));
                int seats = across > 1.3f ? 2 : 1;
                for (int i = 0; i < seats; i++) {
                    float x = seats == 1 ? 0 : (i - 0.5f) * across * 0.5f;
                    furniture.chair(table.at(x, 0, deep + random.between(0.2f, 0.4f), StrictMath.PI
                            + random.between(-0.25f, 0.25f)));
                    furniture.chair(table.at(x, 0, -random.between(0.2f, 0.4f), random.between(-0.25f, 0.25f)));
                }
            }
        }
        for (int i = 1 + random.below(2); i > 0; i--) {
            kitchenRow();
        }
    }

    /** A counter with cupboards above it. */
    private void kitchenRow() {
        float across = random.between(1.2f, 2.6f);
        Place row = plan.byWall(across, 0.6f, 2.2f, 0.3f);
        if (row != null) {
            furniture.cabinet(row, across, 0.6f, 0.88f, 1 + random.below(5));
            if (random.chance(0.6f)) {
                furniture.wardrobe(row.at(0, 1.45f, 0, 0), across * random.between(0.5f, 1), 0.33f, 0.65f);
            }
        }
    }

    private void wardrobe(float probability) {
        float across = random.between(0.8f, 1.9f);
        float deep = random.between(0.45f, 0.65f);
        Place place = random.chance(probability) ? plan.byWall(across, deep, 2.3f, 0.2f) : null;
        if (place != null) {
            furniture.wardrobe(place, across, deep, random.between(1.7f, 2.15f));
        }
    }

    private void shelves(float probability) {
        float across = random.between(0.6f, 1.6f);
        Place place = random.chance(probability) ? plan.byWall(across, 0.32f, 2.2f, 0.2f) : null;
        if (place != null) {
            furniture.shelves(place, across, 0.32f, random.between(0.75f, 2.1f));
        }
    }

    private void cabinet(float probability) {
        float across = random.between(0.5f, 1.5f);
        Place place = random.chance(probability) ? plan.byWall(across, 0.45f, 1.3f, 0.2f) : null;
        if (place != null) {
            furniture.cabinet(place, across, 0.45f, random.between(0.6f, 1.2f), 1 + random.below(4));
        }
    }

    private void armchair(float probability) {
        if (!random.chance(probability)) {
            return;
        }
        Place place = random.chance(0.5f) ? plan.byWall(0.85f, 0.8f, 1, 0.2f) : plan.standing(0.85f, 0.8f, 0.05f);
        if (place != null) {
            furniture.armchair(place);
        }
    }

    private void smallThings() {
        for (int i = random.below(4); i > 0; i--) {
            Place place = random.chance(0.7f) ? plan.byWall(0.45f, 0.45f, 1.7f, 0) : plan.standing(0.4f, 0.4f, 0);
            if (place == null) {
                continue;
            }
            switch (random.below(4)) {
                case 0 -> furniture.plant(place);
                case 1 -> furniture.floorLamp(place);
                case 2 -> furniture.bin(place);
                default -> furniture.stool(place);
            }
        }
    }

    private void pictures() {
        for (int i = random.below(5); i > 0; i--) {
            float across = random.between(0.3f, 1.1f);
            float tall = across * random.between(0.6f, 1.4f);
            float low = random.between(1.2f, 1.6f);
            Place place = low + tall < plan.height - 0.1f ? plan.onFreeWall(across, low, low + tall) : null;
            if (place != null) {
                furniture.picture(place, across, low, low + tall);
            }
        }
    }

    /** A lamp at the ceiling: always where there is no window, else mostly. */
    private void lamps() {
        if (!lights.isEmpty() && random.chance(0.3f)) {
            return;
        }
        float x = plan.width * random.between(0.35f, 0.65f);
        float z = plan.length * random.between(0.35f, 0.65f);
        float hang = random.between(0.08f, 0.5f);
        float radius = random.between(0.12f, 0.25f);
        float strength = random.between(1.6f, 3.6f);
        float warm = random.between(0, 0.25f);
        float y = plan.height - hang;
        RoomMaterial shade = new RoomMaterial(RoomMaterial.Pattern.PLAIN, new float[] {1, 1 - warm * 0.4f, 1 - warm},
                new float[] {1, 1, 1}, 1, 1.3f, 0);
        Place place = new Place(plan, x, 0, z, 0, 1);
        if (hang > 0.25f) {
            place.cylinder(RoomMaterial.plain(new float[] {0.1f, 0.1f, 0.1f}), RoomFurniture.OBJECTS, 0, 0, 0.012f, y,
                    plan.height);
        }
        // The lamp itself throws no shadow: its light starts within it.
        plan.shapes.add(new RoomShape(RoomShape.Kind.ELLIPSOID, new float[] {x, y, z}, new float[] {0, 1},
                new float[] {radius, 0.08f, radius}, RoomFurniture.OBJECTS, shade, false));
        lights.add(new RoomScene.Light(new float[] {x, y, z}, new float[] {radius, 0, radius},
                new float[] {strength, strength * (1 - 0.4f * warm), strength * (1 - warm)}, null));
    }

    /** Of a few free spots, the one from which most can be seen. */
    private Shot shoot() {
        float level = random.between(0.22f, 0.5f);
        float[] ambient = {level, level * random.between(0.95f, 1.02f), level * random.between(0.92f, 1.08f)};
        RoomScene scene = new RoomScene(plan.width, plan.height, plan.length, List.copyOf(plan.shapes),
                List.copyOf(faces),
                List.copyOf(lights), ambient);
        RoomCamera best = null;
        double bestScore = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < POSES; i++) {
            RoomCamera camera = pose();
            double score = score(scene, camera);
            if (score > bestScore) {
                bestScore = score;
                best = camera;
            }
        }
        return new Shot(scene, best);
    }

    private RoomCamera pose() {
        float x = 0;
        float z = 0;
        for (int attempt = 0; attempt < 20; attempt++) {
            x = random.between(0.3f, plan.width - 0.3f);
            z = random.between(0.3f, plan.length - 0.3f);
            if (random.chance(0.75f)) {
                // Near a wall, to look across the room.
                x = random.chance(0.5f) ? Math.min(x, plan.width - x) * 0.5f + 0.15f : plan.width
                        - Math.min(x, plan.width - x) * 0.5f - 0.15f;
            }
            if (plan.free(x - 0.25f, x + 0.25f, z - 0.25f, z + 0.25f)) {
                break;
            }
        }
        float tx = plan.width * random.between(0.25f, 0.75f);
        float tz = plan.length * random.between(0.25f, 0.75f);
        double turn = StrictMath.atan2(tx - x, tz - z) + random.between(-0.3f, 0.3f);
        return new RoomCamera(x, random.between(1.05f, 1.75f), z, turn, random.between(-0.36f, 0.06f),
                random.between(-0.04f, 0.04f));
    }

    private static double score(RoomScene scene, RoomCamera camera) {
        int[] seen = new int[13];
        double score = 0;
        float stepX = RoomCamera.stepX(SCORE_COLUMNS);
        float stepY = RoomCamera.stepY(SCORE_ROWS);
        for (int row = 0; row < SCORE_ROWS; row++) {
            float v = (row + 0.5f - SCORE_ROWS / 2f) * stepY;
            for (int column = 0; column < SCORE_COLUMNS; column++) {
                float u = (column + 0.5f - SCORE_COLUMNS / 2f) * stepX;
                float dx = camera.forward[0] + u * camera.right[0] + v * camera.down[0];
                float dy = camera.forward[1] + u * camera.right[1] + v * camera.down[1];
                float dz = camera.forward[2] + u * camera.right[2] + v * camera.down[2];
                float nearest = Float.POSITIVE_INFINITY;
                int label = RoomFurniture.WALL;
                for (RoomShape shape : scene.shapes()) {
                    float px = camera.x - shape.x;
                    float pz = camera.z - shape.z;
                    float t = shape.enter(shape.ownX(px, pz), (camera.y - shape.y) * shape.inverseY, shape.ownZ(px, pz),
                            shape.ownX(dx, dz), dy * shape.inverseY, shape.ownZ(dx, dz));
                    if (t < nearest) {
                        nearest = t;
                        label = shape.label;
                    }
                }
                seen[label]++;
                score -= nearest < 0.8f ? 0.5 : 0;
            }
        }
        for (int count : seen) {
            score += Math.sqrt(Math.min(count, 9));
        }
        return score;
    }
}
