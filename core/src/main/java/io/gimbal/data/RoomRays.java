package io.gimbal.data;

import java.util.Arrays;

/**
 * Rays from the black pixels of a tile, each to an end, and how far along they first meet a solid. Loops over the
 * arrays are plain and short, so that the compiler turns them into vector instructions.
 */
final class RoomRays {
    final float[] dx = new float[RoomTile.MOST];
    final float[] dy = new float[RoomTile.MOST];
    final float[] dz = new float[RoomTile.MOST];
    /** Where a ray first meets a solid: 0 at its place, 1 at its end or if nowhere. */
    final float[] met = new float[RoomTile.MOST];
    /** A ray's squared length. */
    private final float[] squares = new float[RoomTile.MOST];
    /** How far inside the ball at hand a ray comes, in no unit; below 0 if it misses it. */
    private final float[] depths = new float[RoomTile.MOST];

    private final RoomView view;
    private final RoomTile tile;
    private float reach;
    private final RoomSlabs slabs = new RoomSlabs(RoomTile.MOST);

    RoomRays(RoomView view, RoomTile tile) {
        this.view = view;
        this.tile = tile;
    }

    /**
     * Begins with rays that meet nothing.
     *
     * @param reach so many metres from its place a ray meets whatever is there; farther, what
     *              {@link RoomTile#comesWithin} says
     */
    void start(float reach) {
        this.reach = reach;
        Arrays.fill(met, 0, tile.count, 1);
        for (int ray = 0; ray < tile.count; ray++) {
            squares[ray] = dx[ray] * dx[ray] + dy[ray] * dy[ray] + dz[ray] * dz[ray];
        }
    }

    /** Follows the rays to a solid, but for those that start from it. */
    void follow(int number) {
        RoomShape shape = view.shapes[number];
        if (tile.showsOnly(number)) {
            return;
        }
        if (shape.kind == RoomShape.Kind.BOX) {
            followToBox(number, shape);
            return;
        }
        plumb(shape);
        for (int ray = 0; ray < tile.count; ray++) {
            if (depths[ray] >= 0 && tile.numbers[ray] != number) {
                meet(shape, ray, enter(shape, ray));
            }
        }
    }

    private void followToBox(int number, RoomShape shape) {
        int count = tile.count;
        cutUpright(shape);
        cutLevel(shape, shape.cosine, -shape.sine, shape.inverseX);
        cutLevel(shape, shape.sine, shape.cosine, shape.inverseZ);
        if (!anyMeets(count)) {
            return;
        }
        plumb(shape);
        for (int ray = 0; ray < count; ray++) {
            float near = slabs.near[ray];
            if (near < Math.min(slabs.far[ray], met[ray]) && near > 0 && depths[ray] >= 0
                    && tile.numbers[ray] != number) {
                meet(shape, ray, near);
            }
        }
    }

    /** Takes it that a ray meets a solid there, if that is before what it met so far, and counts. */
    private void meet(RoomShape shape, int ray, float where) {
        boolean within = where * where * squares[ray] < 0.99f * reach * reach;
        if (where < met[ray] && (within || tile.comesWithin(shape, reach, ray))) {
            met[ray] = where;
        }
    }

    /** Whether any ray is in the box at all before it meets another solid: mostly none is. */
    private boolean anyMeets(int count) {
        float longest = 0;
        for (int ray = 0; ray < count; ray++) {
            longest = Math.max(longest, Math.min(slabs.far[ray], met[ray]) - slabs.near[ray]);
        }
        return longest > 0;
    }

    /** Begins with rays cut to a box's height. */
    private void cutUpright(RoomShape shape) {
        float centre = shape.y;
        float scale = shape.inverseY;
        for (int ray = 0; ray < tile.count; ray++) {
            float start = (tile.y[ray] - centre) * scale;
            float inverse = RoomShape.inverse(dy[ray] * scale);
            slabs.near[ray] = Math.max(0, RoomSlabs.enter(start, inverse));
            slabs.far[ray] = RoomSlabs.leave(start, inverse);
        }
    }

    /**
     * Cuts the rays to a box's size along an axis of it that lies along (axisX, axisZ), as {@link RoomShape#ownX} and
     * ownZ have it.
     */
    private void cutLevel(RoomShape shape, float axisX, float axisZ, float scale) {
        float centreX = shape.x;
        float centreZ = shape.z;
        for (int ray = 0; ray < tile.count; ray++) {
            float start = ((tile.x[ray] - centreX) * axisX + (tile.z[ray] - centreZ) * axisZ) * scale;
            float inverse = RoomShape.inverse((dx[ray] * axisX + dz[ray] * axisZ) * scale);
            slabs.near[ray] = Math.max(slabs.near[ray], RoomSlabs.enter(start, inverse));
            slabs.far[ray] = Math.min(slabs.far[ray], RoomSlabs.leave(start, inverse));
        }
    }

    /** Finds how far inside a solid's ball the rays come, ahead of their starts. */
    private void plumb(RoomShape shape) {
        float centreX = shape.x;
        float centreY = shape.y;
        float centreZ = shape.z;
        float radius = shape.radius;
        for (int ray = 0; ray < tile.count; ray++) {
            float x = tile.x[ray] - centreX;
            float y = tile.y[ray] - centreY;
            float z = tile.z[ray] - centreZ;
            float along = Math.min(0, x * dx[ray] + y * dy[ray] + z * dz[ray]);
            depths[ray] = along * along - (x * x + y * y + z * z - radius * radius) * squares[ray];
        }
    }

    private float enter(RoomShape shape, int ray) {
        float x = tile.x[ray] - shape.x;
        float z = tile.z[ray] - shape.z;
        return shape.enter(shape.ownX(x, z), (tile.y[ray] - shape.y) * shape.inverseY, shape.ownZ(x, z),
                shape.ownX(dx[ray], dz[ray]), dy[ray] * shape.inverseY, shape.ownZ(dx[ray], dz[ray]));
    }
}
