package io.gimbal.data;

import java.util.stream.IntStream;

/** Finds the solids that can be in the way of rays from a tile, from bounds. */
final class RoomOccluders {
    /** How far beyond a bound, in metres, rays still count as near: far more than what rounding moves. */
    private static final float SLACK = 0.01f;

    private final RoomShape[] shapes;
    /** The numbers of the solids that throw shadows. */
    private final int[] casting;
    private final int[] found;
    private int count;
    /** A box round the rays: its middle, and half its size. */
    private final float[] middle = new float[3];
    private final float[] half = new float[3];

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

    /** Of those found, keeps what reaches into the cone round a tile's places and the ends at a light. */
    void between(RoomTile tile, RoomScene.Light light) {
        float[] from = new float[3];
        float[] way = new float[3];
        float[] size = new float[3];
        for (int axis = 0; axis < 3; axis++) {
            from[axis] = 0.5f * (tile.low[axis] + tile.high[axis]);
            size[axis] = 0.5f * (tile.high[axis] - tile.low[axis]);
            way[axis] = light.centre()[axis] - from[axis];
        }
        float length = RoomView.dot(way, way);
        float radius = (float) Math.sqrt(RoomView.dot(size, size)) + SLACK;
        float widening = 0.5f * (float) Math.sqrt(RoomView.dot(light.extent(), light.extent())) - radius;
        // Where one end holds the other there is no cone, and nothing is outside.
        float slope = 1 - widening * widening / length;
        int kept = 0;
        for (int i = 0; i < count; i++) {
            RoomShape shape = shapes[found[i]];
            float x = shape.x - from[0];
            float y = shape.y - from[1];
            float z = shape.z - from[2];
            float along = (x * way[0] + y * way[1] + z * way[2]) / length;
            float aside = x * x + y * y + z * z - along * along * length;
            float reach = Math.max(SLACK, shape.radius + radius + widening * along);
            found[kept] = found[i];
            kept += aside * slope < reach * reach ? 1 : 0;
        }
        count = kept;
    }
}
