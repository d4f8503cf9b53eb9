package io.gimbal.data;

import java.util.List;

/**
 * How much of each light a pixel's place gets. Soft shadows: one ray a light and black pixel of a chessboard, to one of
 * four places of the light in turn; each white pixel takes the mean of its four black neighbours, which between them
 * see all four places, and each black one then that of its white ones, as far as they show the same face. Which solids
 * can shade a {@linkplain RoomTile tile} is found first, from bounds. The light from everywhere is occluded likewise by
 * what is nearer than {@value #REACH} m.
 */
final class RoomShadows {
    private static final float REACH = 0.6f;
    private static final float[][] AROUND = around();
    /** What a ray meets beyond this share of its way to a light is the light's own. */
    private static final float AT_LIGHT = 0.99f;

    private final RoomTile tile;
    private final RoomRays rays;
    private final RoomOccluders occluders;
    /** How far a pixel's face is turned to the light at hand, times its distance; not above 0 if it is turned away. */
    private final float[] facing = new float[RoomTile.MOST];
    /** A box round the rays. */
    private final float[] low = new float[3];
    private final float[] high = new float[3];

    private RoomShadows(RoomView view) {
        tile = new RoomTile(view);
        rays = new RoomRays(view, tile);
        occluders = new RoomOccluders(view.shapes);
    }

    /** The share of each light and, last, of the light from everywhere that each pixel's place gets, 0 to 1. */
    static float[][] visible(RoomView view, List<RoomScene.Light> lights) {
        RoomShadows shadows = new RoomShadows(view);
        float[][] visible = new float[lights.size() + 1][view.height * view.width];
        for (int row = 0; row < view.height; row += RoomTile.SIDE) {
            for (int column = 0; column < view.width; column += RoomTile.SIDE) {
                shadows.tile.show(row, column);
                for (int light = 0; light < lights.size(); light++) {
                    shadows.shadow(lights.get(light), visible[light]);
                }
                shadows.enclose(visible[lights.size()]);
            }
        }
        RoomSmoothing smoothing = new RoomSmoothing(view);
        for (float[] values : visible) {
            smoothing.smooth(values);
        }
        return visible;
    }

    private void shadow(RoomScene.Light light, float[] lit) {
        if (!aim(light)) {
            return;
        }
        for (int axis = 0; axis < 3; axis++) {
            low[axis] = Math.min(tile.low[axis], light.centre()[axis] - 0.5f * light.extent()[axis]);
            high[axis] = Math.max(tile.high[axis], light.centre()[axis] + 0.5f * light.extent()[axis]);
        }
        occluders.within(low, high);
        occluders.between(tile, light);
        follow(Float.POSITIVE_INFINITY);
        for (int ray = 0; ray < tile.count; ray++) {
            lit[tile.pixels[ray]] = facing[ray] > 0 && rays.met[ray] >= AT_LIGHT ? 1 : 0;
        }
    }

    private void follow(float reach) {
        rays.start(reach);
        for (int i = 0; i < occluders.count(); i++) {
            rays.follow(occluders.number(i));
        }
    }

    /** Sends a ray from each black pixel to one of four places of a light in turn; tells if any of them faces it. */
    private boolean aim(RoomScene.Light light) {
        boolean flat = light.facing() != null;
        aim(rays.dx, tile.x, light.centre()[0], light.extent()[0], 1);
        aim(rays.dy, tile.y, light.centre()[1], flat ? light.extent()[1] : 0, 0);
        aim(rays.dz, tile.z, light.centre()[2], light.extent()[2], flat ? 1 : 0);
        float most = 0;
        for (int ray = 0; ray < tile.count; ray++) {
            facing[ray] = rays.dx[ray] * tile.normalX[ray] + rays.dy[ray] * tile.normalY[ray]
                    + rays.dz[ray] * tile.normalZ[ray];
            most = Math.max(most, facing[ray]);
        }
        return most > 0;
    }

    /** On one axis; which half of the light a ray goes to is a bit of the pixel's turn. */
    private void aim(float[] ways, float[] places, float centre, float extent, int bit) {
        for (int ray = 0; ray < tile.count; ray++) {
            float share = (tile.turns[ray] >> bit & 1) - 0.5f;
            ways[ray] = centre + share * extent - places[ray];
        }
    }

    private void enclose(float[] open) {
        for (int ray = 0; ray < tile.count; ray++) {
            float[] aside = AROUND[tile.turns[ray]];
            rays.dx[ray] = REACH * 0.5f * (1.02f * tile.normalX[ray] + aside[0]);
            rays.dy[ray] = REACH * 0.5f * (1.02f * tile.normalY[ray] + aside[1]);
            rays.dz[ray] = REACH * 0.5f * (1.02f * tile.normalZ[ray] + aside[2]);
        }
        bound(tile.x, rays.dx, 0);
        bound(tile.y, rays.dy, 1);
        bound(tile.z, rays.dz, 2);
        occluders.within(low, high);
        follow(REACH);
        for (int ray = 0; ray < tile.count; ray++) {
            open[tile.pixels[ray]] = rays.met[ray];
        }
    }

    /** Bounds where the rays start and end. */
    private void bound(float[] places, float[] ways, int axis) {
        float least = Float.POSITIVE_INFINITY;
        float greatest = Float.NEGATIVE_INFINITY;
        for (int ray = 0; ray < tile.count; ray++) {
            least = Math.min(least, places[ray] + ways[ray]);
            greatest = Math.max(greatest, places[ray] + ways[ray]);
        }
        low[axis] = Math.min(tile.low[axis], least);
        high[axis] = Math.max(tile.high[axis], greatest);
    }

    /** The corners of a tetrahedron that stands a little askew, as unit vectors. */
    private static float[][] around() {
        float[][] corners = {{1, 1.2f, 0.8f}, {-1, -0.9f, 1.1f}, {-1.1f, 1, -1}, {0.9f, -1.1f, -1}};
        for (float[] corner : corners) {
            float scale = 1 / (float) Math.sqrt(RoomView.dot(corner, corner));
            for (int axis = 0; axis < 3; axis++) {
                corner[axis] *= scale;
            }
        }
        return corners;
    }
}
