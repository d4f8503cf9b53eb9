package io.gimbal.data;

import java.util.Arrays;

/**
 * How bright each pixel is: its surface's colour times the light that reaches it. Most of it goes over the picture in
 * plain loops over planes, which the compiler turns into vector instructions; they take each pixel's steps in the same
 * order.
 */
final class RoomShading {
    private final RoomScene scene;
    private final RoomView view;
    /** Red, green and blue, by pixel: light, and once painted what is seen. */
    private final float[][] planes;
    /** Squared distances from the light at hand. */
    private final float[] squares;
    /** Where on a face pixels lie, and how far from the first to the second of its material's colours they are. */
    private final RoomMaterial.Places places = new RoomMaterial.Places();
    private final float[] mixes = new float[RoomMaterial.Places.MOST];
    private final float[] colour = new float[3];

    private RoomShading(RoomScene scene, RoomView view) {
        this.scene = scene;
        this.view = view;
        planes = new float[3][view.depth.length];
        squares = new float[view.depth.length];
    }

    /**
     * Red, green and blue of each pixel, linear.
     *
     * @param visible the share of each light and, last, of the light from everywhere that each pixel gets; changed
     */
    static float[][] shade(RoomScene scene, RoomView view, float[][] visible) {
        RoomShading shading = new RoomShading(scene, view);
        float[] open = visible[scene.lights().size()];
        shading.surround(open);
        shading.add(open, scene.ambient());
        for (int i = 0; i < scene.lights().size(); i++) {
            RoomScene.Light light = scene.lights().get(i);
            shading.strengthen(light, visible[i]);
            shading.add(visible[i], light.colour());
        }
        shading.paint();
        return shading.planes;
    }

    private void add(float[] strength, float[] colour) {
        for (int c = 0; c < 3; c++) {
            float[] plane = planes[c];
            float part = colour[c];
            for (int pixel = 0; pixel < plane.length; pixel++) {
                plane[pixel] += strength[pixel] * part;
            }
        }
    }

    /** From how open a place is, how much of the light from everywhere it gets: less by walls, floor and ceiling. */
    private void surround(float[] open) {
        float[] upwards = view.normalY;
        for (int pixel = 0; pixel < open.length; pixel++) {
            open[pixel] = (0.25f + 0.75f * open[pixel]) * (0.85f + 0.15f * upwards[pixel]);
        }
        corners(open, view.x, view.normalX, scene.width());
        corners(open, view.z, view.normalZ, scene.length());
        corners(open, view.y, view.normalY, scene.height());
    }

    /** Two walls, floor or ceiling take their part. */
    private static void corners(float[] open, float[] places, float[] normals, float size) {
        for (int pixel = 0; pixel < open.length; pixel++) {
            float place = places[pixel];
            float parallel = Math.abs(normals[pixel]);
            open[pixel] = open[pixel] * corner(place, parallel) * corner(size - place, parallel);
        }
    }

    /**
     * How much a wall, floor or ceiling that near leaves of the light from everywhere; one the surface lies in takes
     * none.
     */
    private static float corner(float distance, float parallel) {
        float near = distance / 0.22f;
        return 1 - 0.32f * (1 - parallel) / (1 + near * near);
    }

    /** From the share of a light that comes through, how strong it is there. */
    private void strengthen(RoomScene.Light light, float[] share) {
        squares(light.centre());
        fall(light.centre(), share);
        if (light.facing() != null) {
            face(light, share);
        }
    }

    private void squares(float[] centre) {
        float cx = centre[0];
        float cy = centre[1];
        float cz = centre[2];
        float[] x = view.x;
        float[] y = view.y;
        float[] z = view.z;
        for (int pixel = 0; pixel < squares.length; pixel++) {
            float dx = cx - x[pixel];
            float dy = cy - y[pixel];
            float dz = cz - z[pixel];
            // In the light's very middle, which no surface can show, it would be infinitely strong.
            squares[pixel] = Math.max(Float.MIN_VALUE, dx * dx + dy * dy + dz * dz);
        }
    }

    private void fall(float[] centre, float[] share) {
        float cx = centre[0];
        float cy = centre[1];
        float cz = centre[2];
        float[] x = view.x;
        float[] y = view.y;
        float[] z = view.z;
        float[] nx = view.normalX;
        float[] ny = view.normalY;
        float[] nz = view.normalZ;
        for (int pixel = 0; pixel < share.length; pixel++) {
            float square = squares[pixel];
            float inverse = 1 / (float) Math.sqrt(square);
            float straight = (cx - x[pixel]) * nx[pixel] + (cy - y[pixel]) * ny[pixel] + (cz - z[pixel]) * nz[pixel];
            share[pixel] = Math.max(0.05f, straight * inverse) * share[pixel] / (0.5f + square);
        }
    }

    /** A flat light is strongest straight ahead of it, and does not shine backwards. */
    private void face(RoomScene.Light light, float[] share) {
        float cx = light.centre()[0];
        float cz = light.centre()[2];
        float fx = light.facing()[0];
        float fz = light.facing()[2];
        float[] x = view.x;
        float[] z = view.z;
        for (int pixel = 0; pixel < share.length; pixel++) {
            float inverse = 1 / (float) Math.sqrt(squares[pixel]);
            float facing = -((cx - x[pixel]) * fx + (cz - z[pixel]) * fz) * inverse;
            share[pixel] *= 1.6f * Math.max(0, facing);
        }
    }

    private void paint() {
        int pixels = view.depth.length;
        for (int from = 0; from < pixels;) {
            int to = from + 1;
            int most = Math.min(pixels, from + RoomMaterial.Places.MOST);
            while (to < most && view.sameFace(from, to)) {
                to++;
            }
            paint(from, to);
            from = to;
        }
    }

    /** Paints a run of pixels that show the same face. */
    private void paint(int from, int to) {
        RoomShape shape = view.shapes[view.number(from)];
        int side = view.face(from);
        int axis = side < 0 ? -1 - side : side;
        boolean shell = shape.kind == RoomShape.Kind.SHELL;
        RoomMaterial material = shell ? scene.faces().get(2 * axis + (side < 0 ? 0 : 1)) : shape.material;
        float halfU = axis == 0 ? shape.halfZ : shape.halfX;
        float halfV = axis == 1 ? shape.halfZ : shape.halfY;
        boolean bare = !shell && axis != 2 && facesFront(material.pattern());
        // Faces seen from the other side run the other way.
        place(from, to, side < 0 ? -1 : 1);
        if (!bare && material.isPainting()) {
            paint(material, halfU, halfV, from);
            return;
        }
        if (bare) {
            Arrays.fill(mixes, 0, to - from, 0);
        } else {
            material.mix(places, halfU, halfV, mixes);
        }
        for (int c = 0; c < 3; c++) {
            float first = material.first()[c];
            mix(first, material.second()[c] - first, material.glow(), planes[c], from);
        }
    }

    /** Finds where pixels lie on their face. */
    private void place(int from, int to, float direction) {
        float step = RoomCamera.stepX(view.width);
        places.count = to - from;
        for (int i = 0; i < places.count; i++) {
            places.u[i] = direction * view.along[from + i];
            places.v[i] = view.up[from + i];
            places.footprint[i] = view.depth[from + i] * step;
        }
    }

    private void paint(RoomMaterial material, float halfU, float halfV, int from) {
        float glow = material.glow();
        for (int i = 0; i < places.count; i++) {
            material.colour(places.u[i], places.v[i], halfU, halfV, colour);
            for (int c = 0; c < 3; c++) {
                planes[c][from + i] = colour[c] * (planes[c][from + i] + glow);
            }
        }
    }

    private void mix(float first, float change, float glow, float[] plane, int from) {
        for (int i = 0; i < places.count; i++) {
            plane[from + i] = (first + mixes[i] * change) * (plane[from + i] + glow);
        }
    }

    private static boolean facesFront(RoomMaterial.Pattern pattern) {
        return switch (pattern) {
            case PICTURE, PANES, SCREEN, DRAWERS -> true;
            default -> false;
        };
    }
}
