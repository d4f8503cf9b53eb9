package io.gimbal.data;

import java.util.Arrays;

/**
 * What each pixel of a picture sees: the place in the room, its normal, where it lies on its face. Arrays have a value
 * a pixel, row by row; never changed after they are filled.
 *
 * <p>Each solid is tested within its {@linkplain RoomOutline outline} against a depth buffer. Plain float arithmetic in
 * a fixed order, so that the same room gives the same bits on any machine and thread.
 */
final class RoomView {
    final RoomShape[] shapes;
    final RoomCamera camera;
    final int height;
    final int width;
    final float[] depth;
    /** The place in the room. */
    final float[] x;
    final float[] y;
    final float[] z;
    /** The normal, in the room's axes. */
    final float[] normalX;
    final float[] normalY;
    final float[] normalZ;
    /** The place on the face, as {@link RoomShape#surface} has it. */
    final float[] along;
    final float[] up;
    /** The number of the solid, and in the lowest three bits its face, as {@link RoomShape#surface} has it. */
    private final int[] surface;

    private final RoomSlabs slabs;
    private final float[] start = new float[3];
    private final float[] middle = new float[3];
    private final float[] aside = new float[3];
    /** What {@link RoomShape#surface} found last, and its normal in the camera's axes. */
    private final float[] found = new float[6];
    private final float[] facing = new float[3];
    /** Places of a row in a solid's own coordinates. */
    private final float[] ownX;
    private final float[] ownY;
    private final float[] ownZ;
    /** A ray's x / z by column, and its y / z by row. */
    private final float[] columns;
    private final float[] rows;

    /** Looks at the room, and writes depth, normals and classes. */
    RoomView(RoomBuilder.Shot shot, Pixels out) {
        shapes = shot.scene().shapes().toArray(RoomShape[]::new);
        camera = shot.camera();
        height = out.height();
        width = out.width();
        depth = out.depth();
        int pixels = height * width;
        x = new float[pixels];
        y = new float[pixels];
        z = new float[pixels];
        normalX = new float[pixels];
        normalY = new float[pixels];
        normalZ = new float[pixels];
        along = new float[pixels];
        up = new float[pixels];
        surface = new int[pixels];
        columns = centres(width, RoomCamera.stepX(width));
        rows = centres(height, RoomCamera.stepY(height));
        slabs = new RoomSlabs(width);
        ownX = new float[width];
        ownY = new float[width];
        ownZ = new float[width];
        cast();
        places();
        surfaces(out);
    }

    private static float[] centres(int count, float step) {
        float[] centres = new float[count];
        for (int i = 0; i < count; i++) {
            centres[i] = (i + 0.5f - count * 0.5f) * step;
        }
        return centres;
    }

    /** The number of the solid that a pixel shows. */
    int number(int pixel) {
        return surface[pixel] >> 3;
    }

    /** Which of the solid's faces it shows, as {@link RoomShape#surface} has it. */
    int face(int pixel) {
        return surface[pixel] << 29 >> 29;
    }

    /** Whether two pixels show the same face of the same solid. */
    boolean sameFace(int pixel, int other) {
        return surface[pixel] == surface[other];
    }

    /**
     * Of a row that is neither the first nor the last, tells which pixels have a neighbour of the four that shows
     * another face: there it writes what is not 0. The first and the last pixel of the row are left as they are.
     */
    void findRims(int row, int[] rims) {
        int first = row * width;
        for (int column = 1; column < width - 1; column++) {
            int pixel = first + column;
            int own = surface[pixel];
            rims[column] = surface[pixel - 1] ^ own | surface[pixel + 1] ^ own | surface[pixel - width] ^ own
                    | surface[pixel + width] ^ own;
        }
    }

    private void cast() {
        RoomOutline outline = new RoomOutline(camera, height, width);
        for (int number = 0; number < shapes.length; number++) {
            outline.trace(shapes[number]);
            for (int row = outline.firstRow(); row < outline.lastRow(); row++) {
                int first = outline.firstColumn(row);
                int last = outline.lastColumn(row);
                if (first < last) {
                    aim(shapes[number], row);
                    cast(shapes[number], first, last);
                    take(number, row, first, last);
                }
            }
        }
    }

    /** Where a row's rays start and where they go, in a solid's own coordinates. */
    private void aim(RoomShape shape, int row) {
        float px = camera.x - shape.x;
        float pz = camera.z - shape.z;
        start[0] = shape.ownX(px, pz);
        start[1] = (camera.y - shape.y) * shape.inverseY;
        start[2] = shape.ownZ(px, pz);
        float v = rows[row];
        float fx = camera.forward[0] + v * camera.down[0];
        float fz = camera.forward[2] + v * camera.down[2];
        middle[0] = shape.ownX(fx, fz);
        middle[1] = (camera.forward[1] + v * camera.down[1]) * shape.inverseY;
        middle[2] = shape.ownZ(fx, fz);
        aside[0] = shape.ownX(camera.right[0], camera.right[2]);
        aside[1] = camera.right[1] * shape.inverseY;
        aside[2] = shape.ownZ(camera.right[0], camera.right[2]);
    }

    /** Finds where rays of some columns enter and leave a solid; what is round counts as left nowhere. */
    private void cast(RoomShape shape, int first, int last) {
        if (shape.hasFlatFaces()) {
            cross(first, last);
            return;
        }
        Arrays.fill(slabs.far, first, last, Float.POSITIVE_INFINITY);
        for (int column = first; column < last; column++) {
            float u = columns[column];
            slabs.near[column] = shape.enter(start[0], start[1], start[2], middle[0] + u * aside[0],
                    middle[1] + u * aside[1], middle[2] + u * aside[2]);
        }
    }

    private void cross(int first, int last) {
        float startX = start[0];
        float startY = start[1];
        float startZ = start[2];
        float middleX = middle[0];
        float middleY = middle[1];
        float middleZ = middle[2];
        float asideX = aside[0];
        float asideY = aside[1];
        float asideZ = aside[2];
        for (int column = first; column < last; column++) {
            float u = columns[column];
            float wayX = RoomShape.inverse(middleX + u * asideX);
            float wayY = RoomShape.inverse(middleY + u * asideY);
            float wayZ = RoomShape.inverse(middleZ + u * asideZ);
            slabs.near[column] = Math.max(Math.max(0, RoomSlabs.enter(startX, wayX)),
                    Math.max(RoomSlabs.enter(startY, wayY), RoomSlabs.enter(startZ, wayZ)));
            slabs.far[column] = Math.min(RoomSlabs.leave(startX, wayX),
                    Math.min(RoomSlabs.leave(startY, wayY), RoomSlabs.leave(startZ, wayZ)));
        }
    }

    /** Takes what is nearer than all solids before; of the shell, which is the first, where it is left. */
    private void take(int number, int row, int first, int last) {
        if (shapes[number].kind == RoomShape.Kind.SHELL) {
            System.arraycopy(slabs.far, 0, depth, row * width, width);
            return;
        }
        for (int column = first; column < last; column++) {
            float near = slabs.near[column];
            int pixel = row * width + column;
            if (near < Math.min(slabs.far[column], depth[pixel]) && near > 0) {
                depth[pixel] = near;
                surface[pixel] = number << 3;
            }
        }
    }

    private void places() {
        for (int row = 0; row < height; row++) {
            float vx = rows[row] * camera.down[0];
            float vy = rows[row] * camera.down[1];
            float vz = rows[row] * camera.down[2];
            for (int column = 0; column < width; column++) {
                float u = columns[column];
                int pixel = row * width + column;
                float t = depth[pixel];
                x[pixel] = camera.x + t * (camera.forward[0] + u * camera.right[0] + vx);
                y[pixel] = camera.y + t * (camera.forward[1] + u * camera.right[1] + vy);
                z[pixel] = camera.z + t * (camera.forward[2] + u * camera.right[2] + vz);
            }
        }
    }

    private void surfaces(Pixels out) {
        for (int row = 0; row < height; row++) {
            int end = (row + 1) * width;
            for (int from = row * width; from < end;) {
                int to = from + 1;
                while (to < end && surface[to] == surface[from]) {
                    to++;
                }
                RoomShape shape = shapes[number(from)];
                if (shape.hasFlatFaces()) {
                    boxSurfaces(shape, from, to, out);
                } else {
                    surfaces(shape, from, to, out);
                }
                from = to;
            }
        }
    }

    /** Finds the surface of a run of pixels that show the same solid, one by one. */
    private void surfaces(RoomShape shape, int from, int to, Pixels out) {
        for (int pixel = from; pixel < to; pixel++) {
            float px = x[pixel] - shape.x;
            float pz = z[pixel] - shape.z;
            shape.surface(shape.ownX(px, pz), (y[pixel] - shape.y) * shape.inverseY, shape.ownZ(px, pz), found);
            along[pixel] = found[3];
            up[pixel] = found[4];
            takeFace(shape, pixel, pixel + 1, out);
        }
    }

    /** The same of a box, whose faces are runs in turn. */
    private void boxSurfaces(RoomShape shape, int from, int to, Pixels out) {
        int count = to - from;
        own(shape, from, count);
        for (int first = 0; first < count;) {
            int face = RoomShape.faceOfBox(ownX[first], ownY[first], ownZ[first]);
            int last = first + 1;
            while (last < count && RoomShape.faceOfBox(ownX[last], ownY[last], ownZ[last]) == face) {
                last++;
            }
            shape.surface(ownX[first], ownY[first], ownZ[first], found);
            takeFace(shape, from + first, from + last, out);
            boolean sideways = face == 0 || face == -1;
            boolean level = face == 1 || face == -2;
            scale(sideways ? ownZ : ownX, sideways ? shape.halfZ : shape.halfX, first, last, along, from);
            scale(level ? ownZ : ownY, level ? shape.halfZ : shape.halfY, first, last, up, from);
            first = last;
        }
    }

    /** The places of a run of pixels in a solid's own coordinates. */
    private void own(RoomShape shape, int from, int count) {
        float centreX = shape.x;
        float centreY = shape.y;
        float centreZ = shape.z;
        float cosine = shape.cosine;
        float sine = shape.sine;
        float inverseX = shape.inverseX;
        float inverseY = shape.inverseY;
        float inverseZ = shape.inverseZ;
        for (int i = 0; i < count; i++) {
            float px = x[from + i] - centreX;
            float pz = z[from + i] - centreZ;
            ownX[i] = (px * cosine - pz * sine) * inverseX;
            ownY[i] = (y[from + i] - centreY) * inverseY;
            ownZ[i] = (px * sine + pz * cosine) * inverseZ;
        }
    }

    private static void scale(float[] values, float factor, int first, int last, float[] out, int at) {
        for (int i = first; i < last; i++) {
            out[at + i] = values[i] * factor;
        }
    }

    /** Takes what was found for the first of a run of pixels as their normal, face and class. */
    private void takeFace(RoomShape shape, int from, int to, Pixels out) {
        int face = (int) found[5];
        Arrays.fill(normalX, from, to, found[0]);
        Arrays.fill(normalY, from, to, found[1]);
        Arrays.fill(normalZ, from, to, found[2]);
        Arrays.fill(surface, from, to, surface[from] | face & 7);
        Arrays.fill(out.classes(), from, to, (byte) label(shape, face));
        turn(found, facing);
        float[] normals = out.normals();
        float facingX = facing[0];
        float facingY = facing[1];
        float facingZ = facing[2];
        for (int i = 3 * from; i < 3 * to; i += 3) {
            normals[i] = facingX;
            normals[i + 1] = facingY;
            normals[i + 2] = facingZ;
        }
    }

    /** Turns a normal into the camera's axes. */
    private void turn(float[] world, float[] facing) {
        float x = dot(world, camera.right);
        float y = dot(world, camera.down);
        float z = dot(world, camera.forward);
        float scale = 1 / (float) Math.sqrt(x * x + y * y + z * z);
        facing[0] = x * scale;
        facing[1] = y * scale;
        facing[2] = z * scale;
    }

    static float dot(float[] a, float[] b) {
        return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    }

    private static int label(RoomShape shape, int face) {
        if (shape.kind != RoomShape.Kind.SHELL) {
            return shape.label;
        }
        return face == 1 ? RoomFurniture.CEILING : face == -2 ? RoomFurniture.FLOOR : RoomFurniture.WALL;
    }
}
