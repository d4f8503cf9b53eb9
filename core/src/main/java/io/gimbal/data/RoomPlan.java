package io.gimbal.data;

import java.util.ArrayList;
import java.util.List;

/**
 * The floor plan of a room while it is being furnished: what stands where, and where there is room. Furniture is built
 * in the coordinates of a {@link Place}: x along its back, y up, z from the back to the front.
 */
final class RoomPlan {
    final float width;
    final float height;
    final float length;
    final List<RoomShape> shapes = new ArrayList<>();
    private final Randomness random;
    private final List<float[]> floor = new ArrayList<>();
    private final List<float[]> walls = new ArrayList<>();

    RoomPlan(Randomness random, float width, float height, float length) {
        this.random = random;
        this.width = width;
        this.height = height;
        this.length = length;
    }

    /** Where something stands, and which way it faces: (sine, cosine) is the direction of its front in x and z. */
    record Place(RoomPlan plan, float x, float y, float z, float sine, float cosine) {

        void box(RoomMaterial material, int label, float x0, float x1, float y0, float y1, float z0, float z1) {
            add(RoomShape.Kind.BOX, material, label, x0, x1, y0, y1, z0, z1);
        }

        void ellipsoid(RoomMaterial material, int label, float x0, float x1, float y0, float y1, float z0, float z1) {
            add(RoomShape.Kind.ELLIPSOID, material, label, x0, x1, y0, y1, z0, z1);
        }

        void cylinder(RoomMaterial material, int label, float x, float z, float radius, float y0, float y1) {
            add(RoomShape.Kind.UPRIGHT_CYLINDER, material, label, x - radius, x + radius, y0, y1, z - radius, z
                    + radius);
        }

        void add(RoomShape.Kind kind, RoomMaterial material, int label, float x0, float x1, float y0, float y1,
                float z0,
                float z1) {
            float mx = 0.5f * (x0 + x1);
            float mz = 0.5f * (z0 + z1);
            float[] centre = {x + mx * cosine + mz * sine, y + 0.5f * (y0 + y1), z - mx * sine + mz * cosine};
            float[] half = {0.5f * (x1 - x0), 0.5f * (y1 - y0), 0.5f * (z1 - z0)};
            plan.shapes.add(new RoomShape(kind, centre, new float[] {sine, cosine}, half, label, material, true));
        }

        /** A place on top of or beside this one, turned by some radians. */
        Place at(float dx, float dy, float dz, double turn) {
            float s = (float) StrictMath.sin(turn);
            float c = (float) StrictMath.cos(turn);
            return new Place(plan, x + dx * cosine + dz * sine, y + dy, z - dx * sine + dz * cosine,
                    sine * c + cosine * s, cosine * c - sine * s);
        }
    }

    /** Takes a rectangle of floor that nothing may stand on. */
    void take(float x0, float x1, float z0, float z1) {
        floor.add(new float[] {x0, x1, z0, z1});
    }

    /** Whether nothing stands within that rectangle of floor, and it is inside the room. */
    boolean free(float x0, float x1, float z0, float z1) {
        if (x0 < 0 || z0 < 0 || x1 > width || z1 > length) {
            return false;
        }
        for (float[] taken : floor) {
            if (x0 < taken[1] && x1 > taken[0] && z0 < taken[3] && z1 > taken[2]) {
                return false;
            }
        }
        return true;
    }

    /**
     * Finds room for something with its back to a wall, and takes it.
     *
     * @param across metres along the wall
     * @param deep   metres from the wall to its front
     * @param clear  metres to keep free before it
     * @return null if a dozen tries found none
     */
    Place byWall(float across, float deep, float tall, float clear) {
        for (int attempt = 0; attempt < 12; attempt++) {
            int wall = random.below(4);
            float along = wall % 2 == 0 ? width : length;
            if (along < across + 0.1f) {
                continue;
            }
            float from = switch (random.below(4)) {
                case 0 -> 0.03f;
                case 1 -> along - across - 0.03f;
                default -> random.between(0.03f, along - across - 0.03f);
            };
            Place place = onWall(wall, from + across / 2);
            float[] needed = rectangle(place, across, deep + clear);
            if (!free(needed[0], needed[1], needed[2], needed[3]) || !wallFree(wall, from, from + across, 0, tall)) {
                continue;
            }
            float[] taken = rectangle(place, across, deep);
            take(taken[0], taken[1], taken[2], taken[3]);
            walls.add(new float[] {wall, from, from + across, 0, tall});
            return place;
        }
        return null;
    }

    /** Finds room for something flat on a wall, and takes it; its {@code y} is the floor. */
    Place onFreeWall(float across, float low, float high) {
        for (int attempt = 0; attempt < 12; attempt++) {
            int wall = random.below(4);
            float along = wall % 2 == 0 ? width : length;
            if (along < across + 0.3f) {
                continue;
            }
            float from = random.between(0.15f, along - across - 0.15f);
            if (wallFree(wall, from - 0.05f, from + across + 0.05f, low, high)) {
                walls.add(new float[] {wall, from - 0.05f, from + across + 0.05f, low, high});
                return onWall(wall, from + across / 2);
            }
        }
        return null;
    }

    /** Finds room for something that stands free, turned any way. */
    Place standing(float across, float deep, float margin) {
        float reach = 0.5f * (float) Math.sqrt(across * across + deep * deep) + margin;
        for (int attempt = 0; attempt < 12; attempt++) {
            if (width <= 2 * reach || length <= 2 * reach) {
                return null;
            }
            float x = random.between(reach, width - reach);
            float z = random.between(reach, length - reach);
            if (free(x - reach, x + reach, z - reach, z + reach)) {
                float own = reach - margin;
                take(x - own, x + own, z - own, z + own);
                double turn = random.chance(0.6f) ? random.below(4) * (StrictMath.PI / 2)
                        : random.between(0, 6.2831853f);
                return new Place(this, x, 0, z, 0, 1).at(0, 0, 0, turn).at(0, 0, -deep / 2, 0);
            }
        }
        return null;
    }

    private boolean wallFree(int wall, float from, float to, float low, float high) {
        for (float[] taken : walls) {
            if (taken[0] == wall && from < taken[2] && to > taken[1] && low < taken[4] && high > taken[3]) {
                return false;
            }
        }
        return true;
    }

    private Place onWall(int wall, float along) {
        return switch (wall) {
            case 0 -> new Place(this, along, 0, 0, 0, 1);
            case 1 -> new Place(this, width, 0, along, -1, 0);
            case 2 -> new Place(this, along, 0, length, 0, -1);
            default -> new Place(this, 0, 0, along, 1, 0);
        };
    }

    private static float[] rectangle(Place place, float across, float deep) {
        float ax = Math.abs(place.cosine) * across / 2;
        float az = Math.abs(place.sine) * across / 2;
        float fx = place.x + place.sine * deep;
        float fz = place.z + place.cosine * deep;
        return new float[] {Math.min(place.x, fx) - ax, Math.max(place.x, fx) + ax, Math.min(place.z, fz) - az,
            Math.max(place.z, fz) + az};
    }
}
