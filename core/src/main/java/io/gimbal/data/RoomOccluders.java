package io.gimbal.data;

import java.util.stream.IntStream;

/** Finds the solids that can be in the way of rays from a tile, from bounds. */
final class RoomOccluders {
    /** How far beyond a bound, in metres, rays still count as near: far more than what rounding moves. */
    private static final float SLACK = 0.001f;

    private final RoomShape[] shapes;
    /** The numbers of the solids that throw shadows. */
    private final int[] casting;
    private final int[] found;
    private int count;
    /** A box round the rays, or round where they start: its middle, and half its size. */
    private final float[] middle = new float[3];
    private final float[] half = new float[3];
    /** From the middle of a tile to that of a light. */
    private final float[] way = new float[3];

    RoomOccluders(RoomShape[] shapes) {
        this.shapes = shapes;
        casting = IntStream.range(1, shapes.length).filter(number -> shapes[number].castsShadow).toArray();
        found = new int[casting.length];
    }

    /** How many were found. */
    int count() {
        return count;
    }

    /** The number of one that was found. */
    int number(int place) {
        return found[place];
    }

    /** Finds those in the way of rays whose places and ends lie in a box. */
    void within(float[] low, float[] high) {
        for (int axis = 0; axis < 3; axis++) {
            middle[axis] = 0.5f * (low[axis] + high[axis]);
            half[axis] = 0.5f * (high[axis] - low[axis]) + SLACK;
        }
        count = 0;
        for (int number : casting) {
            found[count] = number;
            count += meetsBox(shapes[number]) ? 1 : 0;
        }
    }

    /** Whether a solid's box and the box round the rays overlap on each axis of the solid. */
    private boolean meetsBox(RoomShape shape) {
        float dx = middle[0] - shape.x;
        float dz = middle[2] - shape.z;
        float sine = Math.abs(shape.sine);
        float cosine = Math.abs(shape.cosine);
        return Math.abs(middle[1] - shape.y) <= half[1] + shape.halfY
                && Math.abs(dx * shape.cosine - dz * shape.sine) <= half[0] * cosine + half[2] * sine + shape.halfX
                && Math.abs(dx * shape.sine + dz * shape.cosine) <= half[0] * sine + half[2] * cosine + shape.halfZ;
    }

    /**
     * Of those found, keeps what reaches into the beam between a tile's places and the ends at a light: no solid does
     * that lies beside it along a line that is square to the beam and to one of the solid's axes.
     */
    void between(RoomTile tile, RoomScene.Light light) {
        for (int axis = 0; axis < 3; axis++) {
            middle[axis] = 0.5f * (tile.low[axis] + tile.high[axis]);
            half[axis] = 0.5f * Math.max(tile.high[axis] - tile.low[axis], light.extent()[axis]) + SLACK;
            way[axis] = light.centre()[axis] - middle[axis];
        }
        int kept = 0;
        for (int i = 0; i < count; i++) {
            found[kept] = found[i];
            kept += meetsBeam(shapes[found[i]]) ? 1 : 0;
        }
        count = kept;
    }

    /** Whether a solid's box and the beam, as wide as the wider of its ends, overlap. */
    private boolean meetsBeam(RoomShape shape) {
        float dx = shape.x - middle[0];
        float dz = shape.z - middle[2];
        float placeX = dx * shape.cosine - dz * shape.sine;
        float placeY = shape.y - middle[1];
        float placeZ = dx * shape.sine + dz * shape.cosine;
        float wayX = way[0] * shape.cosine - way[2] * shape.sine;
        float wayY = way[1];
        float wayZ = way[0] * shape.sine + way[2] * shape.cosine;
        float sine = Math.abs(shape.sine);
        float cosine = Math.abs(shape.cosine);
        float sizeX = half[0] * cosine + half[2] * sine + shape.halfX;
        float sizeY = half[1] + shape.halfY;
        float sizeZ = half[0] * sine + half[2] * cosine + shape.halfZ;
        return overlap(placeX, placeY, wayX, wayY, sizeX, sizeY) && overlap(placeY, placeZ, wayY, wayZ, sizeY, sizeZ)
                && overlap(placeX, placeZ, wayX, wayZ, sizeX, sizeZ);
    }

    /** Whether, in the plane of two axes, a line from the origin meets a rectangle. */
    private static boolean overlap(float placeA, float placeB, float wayA, float wayB, float sizeA, float sizeB) {
        return Math.abs(placeA * wayB - placeB * wayA) <= sizeA * Math.abs(wayB) + sizeB * Math.abs(wayA);
    }
}
