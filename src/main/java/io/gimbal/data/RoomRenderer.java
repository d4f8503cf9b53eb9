package io.gimbal.data;

import java.util.Arrays;
import java.util.List;

/**
 * Draws a room: colours, depth, normals and classes. Plain float arithmetic in a fixed order, so that the same room
 * gives the same bits on any machine and thread.
 *
 * <p>Primary rays: each solid is tested within the rectangle of pixels that its bounds project to, against a depth
 * buffer. Soft shadows: one ray a light and black pixel of a chessboard, to one of four places of the light in turn;
 * each white pixel takes the mean of its four black neighbours, which between them see all four places, and each black
 * one then that of its white ones, as far as they show the same face. Which solids can shade a tile of 8 x 8 pixels is
 * found first, from bounding balls. The light from everywhere is occluded likewise by what is nearer than {@value
 * #REACH} m.
 */
final class RoomRenderer {
    private static final int TILE = 8;
    private static final float REACH = 0.6f;
    private static final int[] SIDES = {-1, 1, 0, 0, 0, 0, -1, 1};
    private static final float[][] AROUND = around();

    private final RoomScene scene;
    private final RoomCamera camera;
    private final RoomShape[] shapes;
    private final Randomness random;
    private final int height;
    private final int width;
    private final float stepX;
    private final float stepY;
    private final Pixels out;

    private final short[] hit;
    private final byte[] face;
    private final float[] place;
    private final float[] normal;
    private final float[] texture;
    private final float[][] visible;
    private final float[] colour;

    private RoomRenderer(RoomBuilder.Shot shot, Randomness random, Pixels out) {
        scene = shot.scene();
        camera = shot.camera();
        shapes = scene.shapes().toArray(RoomShape[]::new);
        this.random = random;
        this.out = out;
        height = out.height();
        width = out.width();
        stepX = RoomCamera.stepX(width);
        stepY = RoomCamera.stepY(height);
        int pixels = height * width;
        hit = new short[pixels];
        face = new byte[pixels];
        place = new float[3 * pixels];
        normal = new float[3 * pixels];
        texture = new float[2 * pixels];
        visible = new float[scene.lights().size() + 1][pixels];
        colour = new float[3 * pixels];
    }

    /** Fills {@code out}; {@code random} decides the camera's exposure, sharpness and noise. */
    static void render(RoomBuilder.Shot shot, Randomness random, Pixels out) {
        RoomRenderer renderer = new RoomRenderer(shot, random, out);
        renderer.cast();
        renderer.surfaces();
        renderer.shadows();
        renderer.shade();
        renderer.expose();
    }

    private void cast() {
        Arrays.fill(out.depth(), Float.POSITIVE_INFINITY);
        int[] bounds = new int[4];
        for (int number = 0; number < shapes.length; number++) {
            if (project(shapes[number], bounds)) {
                cast(number, bounds);
            }
        }
    }

    private void cast(int number, int[] bounds) {
        RoomShape shape = shapes[number];
        float px = camera.x - shape.x;
        float pz = camera.z - shape.z;
        float ox = shape.ownX(px, pz);
        float oy = (camera.y - shape.y) * shape.inverseY;
        float oz = shape.ownZ(px, pz);
        float rx = shape.ownX(camera.right[0], camera.right[2]);
        float ry = camera.right[1] * shape.inverseY;
        float rz = shape.ownZ(camera.right[0], camera.right[2]);
        float[] depth = out.depth();
        for (int row = bounds[0]; row < bounds[1]; row++) {
            float v = (row + 0.5f - height * 0.5f) * stepY;
            float fx = camera.forward[0] + v * camera.down[0];
            float fz = camera.forward[2] + v * camera.down[2];
            float sx = shape.ownX(fx, fz);
            float sy = (camera.forward[1] + v * camera.down[1]) * shape.inverseY;
            float sz = shape.ownZ(fx, fz);
            for (int column = bounds[2]; column < bounds[3]; column++) {
                float u = (column + 0.5f - width * 0.5f) * stepX;
                float t = shape.enter(ox, oy, oz, sx + u * rx, sy + u * ry, sz + u * rz);
                int pixel = row * width + column;
                if (t < depth[pixel]) {
                    depth[pixel] = t;
                    hit[pixel] = (short) number;
                }
            }
        }
    }

    /** The pixels that a solid can cover: first and last row and column; false if it is out of sight. */
    private boolean project(RoomShape shape, int[] bounds) {
        bounds[0] = 0;
        bounds[1] = height;
        bounds[2] = 0;
        bounds[3] = width;
        if (shape.kind == RoomShape.Kind.SHELL) {
            return true;
        }
        float x = shape.x - camera.x;
        float y = shape.y - camera.y;
        float z = shape.z - camera.z;
        float ahead = x * camera.forward[0] + y * camera.forward[1] + z * camera.forward[2];
        if (ahead < -shape.radius) {
            return false;
        }
        float minU = Float.POSITIVE_INFINITY;
        float maxU = Float.NEGATIVE_INFINITY;
        float minV = Float.POSITIVE_INFINITY;
        float maxV = Float.NEGATIVE_INFINITY;
        for (int corner = 0; corner < 8; corner++) {
            float a = (corner & 1) == 0 ? -shape.halfX : shape.halfX;
            float b = (corner & 2) == 0 ? -shape.halfY : shape.halfY;
            float c = (corner & 4) == 0 ? -shape.halfZ : shape.halfZ;
            float cx = x + a * shape.cosine + c * shape.sine;
            float cy = y + b;
            float cz = z - a * shape.sine + c * shape.cosine;
            float depth = cx * camera.forward[0] + cy * camera.forward[1] + cz * camera.forward[2];
            if (depth < 0.05f) {
                return true;
            }
            float u = (cx * camera.right[0] + cy * camera.right[1] + cz * camera.right[2]) / depth;
            float v = (cx * camera.down[0] + cy * camera.down[1] + cz * camera.down[2]) / depth;
            minU = Math.min(minU, u);
            maxU = Math.max(maxU, u);
            minV = Math.min(minV, v);
            maxV = Math.max(maxV, v);
        }
        bounds[0] = Math.max(0, (int) Math.floor(minV / stepY + height * 0.5f - 0.5f));
        bounds[1] = Math.min(height, (int) Math.ceil(maxV / stepY + height * 0.5f + 0.5f));
        bounds[2] = Math.max(0, (int) Math.floor(minU / stepX + width * 0.5f - 0.5f));
        bounds[3] = Math.min(width, (int) Math.ceil(maxU / stepX + width * 0.5f + 0.5f));
        return bounds[0] < bounds[1] && bounds[2] < bounds[3];
    }

    /** From depth and solid: the place in the room, the normal, the place on the face, the class. */
    private void surfaces() {
        float[] surface = new float[6];
        float[] depth = out.depth();
        for (int pixel = 0; pixel < depth.length; pixel++) {
            float u = (pixel % width + 0.5f - width * 0.5f) * stepX;
            float v = (pixel / width + 0.5f - height * 0.5f) * stepY;
            float t = depth[pixel];
            float x = camera.x + t * (camera.forward[0] + u * camera.right[0] + v * camera.down[0]);
            float y = camera.y + t * (camera.forward[1] + u * camera.right[1] + v * camera.down[1]);
            float z = camera.z + t * (camera.forward[2] + u * camera.right[2] + v * camera.down[2]);
            RoomShape shape = shapes[hit[pixel]];
            shape.surface(shape.ownX(x - shape.x, z - shape.z), (y - shape.y) * shape.inverseY,
                    shape.ownZ(x - shape.x, z - shape.z), surface);
            place[3 * pixel] = x;
            place[3 * pixel + 1] = y;
            place[3 * pixel + 2] = z;
            System.arraycopy(surface, 0, normal, 3 * pixel, 3);
            texture[2 * pixel] = surface[3];
            texture[2 * pixel + 1] = surface[4];
            face[pixel] = (byte) surface[5];
            out.classes()[pixel] = (byte) label(shape, face[pixel]);
            writeNormal(surface, 3 * pixel);
        }
    }

    private void writeNormal(float[] world, int to) {
        float x = dot(world, camera.right);
        float y = dot(world, camera.down);
        float z = dot(world, camera.forward);
        float scale = 1 / (float) Math.sqrt(x * x + y * y + z * z);
        out.normals()[to] = x * scale;
        out.normals()[to + 1] = y * scale;
        out.normals()[to + 2] = z * scale;
    }

    private static float dot(float[] a, float[] b) {
        return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    }

    private static int label(RoomShape shape, int face) {
        if (shape.kind != RoomShape.Kind.SHELL) {
            return shape.label;
        }
        return face == 1 ? RoomFurniture.CEILING : face == -2 ? RoomFurniture.FLOOR : RoomFurniture.WALL;
    }

    private void shadows() {
        int[] occluders = new int[shapes.length];
        float[] ball = new float[4];
        for (int row = 0; row < height; row += TILE) {
            for (int column = 0; column < width; column += TILE) {
                int lastRow = Math.min(row + TILE, height);
                int lastColumn = Math.min(column + TILE, width);
                bound(row, lastRow, column, lastColumn, ball);
                for (int light = 0; light < scene.lights().size(); light++) {
                    int count = between(ball, scene.lights().get(light), occluders);
                    shadow(light, row, lastRow, column, lastColumn, occluders, count);
                }
                int count = around(ball, occluders);
                enclose(row, lastRow, column, lastColumn, occluders, count);
            }
        }
        for (float[] values : visible) {
            average(values);
        }
    }

    /** A ball round the places that a tile sees: centre and radius. */
    private void bound(int row, int lastRow, int column, int lastColumn, float[] ball) {
        float[] low = {Float.MAX_VALUE, Float.MAX_VALUE, Float.MAX_VALUE};
        float[] high = {-Float.MAX_VALUE, -Float.MAX_VALUE, -Float.MAX_VALUE};
        for (int y = row; y < lastRow; y++) {
            for (int x = column; x < lastColumn; x++) {
                int at = 3 * (y * width + x);
                for (int axis = 0; axis < 3; axis++) {
                    low[axis] = Math.min(low[axis], place[at + axis]);
                    high[axis] = Math.max(high[axis], place[at + axis]);
                }
            }
        }
        float squares = 0;
        for (int axis = 0; axis < 3; axis++) {
            ball[axis] = 0.5f * (low[axis] + high[axis]);
            float half = 0.5f * (high[axis] - low[axis]);
            squares += half * half;
        }
        ball[3] = (float) Math.sqrt(squares);
    }

    private int between(float[] ball, RoomScene.Light light, int[] occluders) {
        float lx = light.centre()[0] - ball[0];
        float ly = light.centre()[1] - ball[1];
        float lz = light.centre()[2] - ball[2];
        float length = lx * lx + ly * ly + lz * lz;
        float[] extent = light.extent();
        float reach = Math.max(ball[3], (float) Math.sqrt(dot(extent, extent)));
        int count = 0;
        for (int number = 1; number < shapes.length; number++) {
            RoomShape shape = shapes[number];
            float sx = shape.x - ball[0];
            float sy = shape.y - ball[1];
            float sz = shape.z - ball[2];
            float along = Math.clamp((sx * lx + sy * ly + sz * lz) / length, 0f, 1f);
            float dx = sx - along * lx;
            float dy = sy - along * ly;
            float dz = sz - along * lz;
            float near = shape.radius + reach;
            if (shape.castsShadow && dx * dx + dy * dy + dz * dz < near * near) {
                occluders[count++] = number;
            }
        }
        return count;
    }

    private int around(float[] ball, int[] occluders) {
        int count = 0;
        for (int number = 1; number < shapes.length; number++) {
            RoomShape shape = shapes[number];
            float dx = shape.x - ball[0];
            float dy = shape.y - ball[1];
            float dz = shape.z - ball[2];
            float near = shape.radius + ball[3] + REACH;
            if (shape.castsShadow && dx * dx + dy * dy + dz * dz < near * near) {
                occluders[count++] = number;
            }
        }
        return count;
    }

    private void shadow(int light, int row, int lastRow, int column, int lastColumn, int[] occluders, int count) {
        float[] centre = scene.lights().get(light).centre();
        float[] extent = scene.lights().get(light).extent();
        boolean flat = scene.lights().get(light).facing() != null;
        for (int y = row; y < lastRow; y++) {
            for (int x = column; x < lastColumn; x++) {
                int pixel = y * width + x;
                if (white(x, y)) {
                    continue;
                }
                float a = (x + y >> 1 & 1) - 0.5f;
                float b = (x - y >> 1 & 1) - 0.5f;
                float dx = centre[0] + a * extent[0] - place[3 * pixel];
                float dy = centre[1] + (flat ? b * extent[1] : 0) - place[3 * pixel + 1];
                float dz = centre[2] + (flat ? a : b) * extent[2] - place[3 * pixel + 2];
                boolean lit = dx * normal[3 * pixel] + dy * normal[3 * pixel + 1] + dz * normal[3 * pixel + 2] > 0;
                visible[light][pixel] = lit && first(pixel, dx, dy, dz, occluders, count, true) >= 0.99f ? 1 : 0;
            }
        }
    }

    private void enclose(int row, int lastRow, int column, int lastColumn, int[] occluders, int count) {
        float[] open = visible[visible.length - 1];
        for (int y = row; y < lastRow; y++) {
            for (int x = column; x < lastColumn; x++) {
                int pixel = y * width + x;
                if (white(x, y)) {
                    continue;
                }
                float[] aside = AROUND[(x + y & 2) + (x - y >> 1 & 1)];
                float dx = REACH * 0.5f * (1.02f * normal[3 * pixel] + aside[0]);
                float dy = REACH * 0.5f * (1.02f * normal[3 * pixel + 1] + aside[1]);
                float dz = REACH * 0.5f * (1.02f * normal[3 * pixel + 2] + aside[2]);
                open[pixel] = count == 0 ? 1 : Math.min(1, first(pixel, dx, dy, dz, occluders, count, false));
            }
        }
    }

    /** Where a ray from a pixel's place first meets one of the solids, but for the one it starts from. */
    private float first(int pixel, float dx, float dy, float dz, int[] occluders, int count, boolean any) {
        float nearest = Float.POSITIVE_INFINITY;
        float square = dx * dx + dy * dy + dz * dz;
        int own = hit[pixel];
        for (int i = 0; i < count; i++) {
            int number = occluders[i];
            RoomShape shape = shapes[number];
            float x = place[3 * pixel] - shape.x;
            float y = place[3 * pixel + 1] - shape.y;
            float z = place[3 * pixel + 2] - shape.z;
            // Does the ray pass the solid's ball at all, and ahead?
            float along = x * dx + y * dy + z * dz;
            float off = x * x + y * y + z * z - shape.radius * shape.radius;
            if (number == own || off > 0 && (along > 0 || along * along < off * square)) {
                continue;
            }
            float t = shape.enter(shape.ownX(x, z), y * shape.inverseY, shape.ownZ(x, z),
                    shape.ownX(dx, dz), dy * shape.inverseY, shape.ownZ(dx, dz));
            nearest = Math.min(nearest, t);
            if (any && nearest < 0.99f) {
                // What shades one pixel mostly shades the next: ask it first.
                occluders[i] = occluders[0];
                occluders[0] = number;
                return nearest;
            }
        }
        return nearest;
    }

    private static boolean white(int x, int y) {
        return ((x ^ y) & 1) == 1;
    }

    /** Gives white pixels the mean of their black neighbours, then black ones that of their white ones. */
    private void average(float[] values) {
        for (int colour = 1; colour >= 0; colour--) {
            for (int y = 0; y < height; y++) {
                for (int x = y + colour & 1; x < width; x += 2) {
                    int pixel = y * width + x;
                    float same = 0;
                    int sameCount = 0;
                    float any = 0;
                    int anyCount = 0;
                    for (int side = 0; side < 4; side++) {
                        int nx = x + SIDES[side];
                        int ny = y + SIDES[side + 4];
                        if (nx < 0 || ny < 0 || nx >= width || ny >= height) {
                            continue;
                        }
                        int near = ny * width + nx;
                        any += values[near];
                        anyCount++;
                        if (hit[near] == hit[pixel] && face[near] == face[pixel]) {
                            same += values[near];
                            sameCount++;
                        }
                    }
                    if (sameCount > 0) {
                        values[pixel] = same / sameCount;
                    } else if (colour == 1 && anyCount > 0) {
                        values[pixel] = any / anyCount;
                    }
                }
            }
        }
    }

    private void shade() {
        float[] surface = new float[3];
        float[] light = new float[3];
        for (int pixel = 0; pixel < hit.length; pixel++) {
            RoomShape shape = shapes[hit[pixel]];
            RoomMaterial material = paint(shape, pixel, surface);
            illuminate(pixel, light);
            for (int c = 0; c < 3; c++) {
                colour[3 * pixel + c] = surface[c] * (light[c] + material.glow());
            }
        }
    }

    private RoomMaterial paint(RoomShape shape, int pixel, float[] surface) {
        int side = face[pixel];
        int axis = side < 0 ? -1 - side : side;
        RoomMaterial material = shape.kind == RoomShape.Kind.SHELL ? scene.faces().get(2 * axis + (side < 0 ? 0 : 1))
                : shape.material;
        float halfU = axis == 0 ? shape.halfZ : shape.halfX;
        float halfV = axis == 1 ? shape.halfZ : shape.halfY;
        if (shape.kind != RoomShape.Kind.SHELL && axis != 2 && facesFront(material.pattern())) {
            System.arraycopy(material.first(), 0, surface, 0, 3);
            return material;
        }
        float u = texture[2 * pixel];
        // Faces seen from the other side run the other way.
        float along = side < 0 ? -u : u;
        material.colour(along, texture[2 * pixel + 1], halfU, halfV, out.depth()[pixel] * stepX, surface);
        return material;
    }

    private static boolean facesFront(RoomMaterial.Pattern pattern) {
        return switch (pattern) {
            case PICTURE, PANES, SCREEN, DRAWERS -> true;
            default -> false;
        };
    }

    private void illuminate(int pixel, float[] light) {
        List<RoomScene.Light> lights = scene.lights();
        float x = place[3 * pixel];
        float y = place[3 * pixel + 1];
        float z = place[3 * pixel + 2];
        float nx = normal[3 * pixel];
        float ny = normal[3 * pixel + 1];
        float nz = normal[3 * pixel + 2];
        float open = (0.25f + 0.75f * visible[lights.size()][pixel]) * (0.85f + 0.15f * ny)
                * corner(x, Math.abs(nx)) * corner(scene.width() - x, Math.abs(nx)) * corner(z, Math.abs(nz))
                * corner(scene.length() - z, Math.abs(nz)) * corner(y, Math.abs(ny))
                * corner(scene.height() - y, Math.abs(ny));
        for (int c = 0; c < 3; c++) {
            light[c] = scene.ambient()[c] * open;
        }
        for (int i = 0; i < lights.size(); i++) {
            if (visible[i][pixel] == 0) {
                continue;
            }
            RoomScene.Light source = lights.get(i);
            float dx = source.centre()[0] - x;
            float dy = source.centre()[1] - y;
            float dz = source.centre()[2] - z;
            float square = dx * dx + dy * dy + dz * dz;
            float inverse = 1 / (float) Math.sqrt(square);
            float strength = Math.max(0.05f, (dx * nx + dy * ny + dz * nz) * inverse) * visible[i][pixel] / (0.5f
                    + square);
            if (source.facing() != null) {
                float facing = -(dx * source.facing()[0] + dz * source.facing()[2]) * inverse;
                strength *= 1.6f * Math.max(0, facing);
            }
            for (int c = 0; c < 3; c++) {
                light[c] += strength * source.colour()[c];
            }
        }
    }

    /**
     * How much a wall, floor or ceiling that near takes of the light from everywhere; one the surface lies in takes
     * none.
     */
    private static float corner(float distance, float parallel) {
        float near = distance / 0.22f;
        return 1 - 0.32f * (1 - parallel) / (1 + near * near);
    }

    /** Exposure, tone curve, a soft lens, noise, 8 bits. */
    private void expose() {
        float sum = 0;
        for (float value : colour) {
            sum += Math.min(value, 2);
        }
        float mean = sum / colour.length;
        float exposure = random.between(0.42f, 0.62f) / (0.08f + mean);
        float soft = random.between(0.04f, 0.16f);
        float grain = random.between(0.2f, 1.6f);
        float[] tone = new float[colour.length];
        for (int i = 0; i < colour.length; i++) {
            float value = colour[i] * exposure;
            value = value * (1 + value * 0.16f) / (1 + value);
            tone[i] = (float) Math.sqrt(value);
        }
        float centre = 1 - 4 * soft;
        for (int y = 0; y < height; y++) {
            int above = y == 0 ? 0 : -3 * width;
            int below = y == height - 1 ? 0 : 3 * width;
            for (int x = 0; x < width; x++) {
                int left = x == 0 ? 0 : -3;
                int rightward = x == width - 1 ? 0 : 3;
                long noise = random.nextLong();
                for (int c = 0; c < 3; c++) {
                    int at = 3 * (y * width + x) + c;
                    float value = centre * tone[at] + soft * (tone[at + above] + tone[at + below] + tone[at + left]
                            + tone[at + rightward]);
                    // The sum of three uniform numbers: bell-shaped enough.
                    long bits = noise >>> 21 * c;
                    float bell = ((bits & 127) + (bits >>> 7 & 127) + (bits >>> 14 & 127)) * (1 / 64f) - 3;
                    out.rgb()[at] = (byte) Math.clamp((int) (255 * value + grain * bell * 2 + 0.5f), 0, 255);
                }
            }
        }
    }

    /** The corners of a tetrahedron that stands a little askew, as unit vectors. */
    private static float[][] around() {
        float[][] corners = {{1, 1.2f, 0.8f}, {-1, -0.9f, 1.1f}, {-1.1f, 1, -1}, {0.9f, -1.1f, -1}};
        for (float[] corner : corners) {
            float scale = 1 / (float) Math.sqrt(dot(corner, corner));
            for (int axis = 0; axis < 3; axis++) {
                corner[axis] *= scale;
            }
        }
        return corners;
    }
}
