package io.gimbal.data;

/**
 * A solid of a room: a box, an ellipsoid or a cylinder, turned about the vertical axis only. World axes: x and z along
 * the floor, y up, in metres.
 *
 * <p>In its own coordinates, turned, shifted and divided by the half sizes, it is the cube, the ball or the cylinder of
 * half-size 1, and a ray keeps its parameter.
 */
final class RoomShape {
    /** The face of what is round. */
    static final int ROUND = 3;

    private static final float LARGEST_INVERSE = 1 / 1e-12f;

    /** What it is in its own coordinates. {@link #SHELL} is a box seen from inside: the room itself. */
    enum Kind { BOX, ELLIPSOID, UPRIGHT_CYLINDER, LYING_CYLINDER, SHELL }

    final Kind kind;
    final float x;
    final float y;
    final float z;
    final float cosine;
    final float sine;
    final float halfX;
    final float halfY;
    final float halfZ;
    final float inverseX;
    final float inverseY;
    final float inverseZ;
    final float radius;
    final int label;
    final RoomMaterial material;
    final boolean castsShadow;

    RoomShape(Kind kind, float[] centre, float[] turn, float[] half, int label, RoomMaterial material,
            boolean castsShadow) {
        this.kind = kind;
        this.x = centre[0];
        this.y = centre[1];
        this.z = centre[2];
        this.sine = turn[0];
        this.cosine = turn[1];
        this.halfX = half[0];
        this.halfY = half[1];
        this.halfZ = half[2];
        this.inverseX = 1 / halfX;
        this.inverseY = 1 / halfY;
        this.inverseZ = 1 / halfZ;
        this.radius = (float) Math.sqrt(halfX * halfX + halfY * halfY + halfZ * halfZ);
        this.label = label;
        this.material = material;
        this.castsShadow = castsShadow;
    }

    /** A world direction's first own coordinate; own x runs along (cosine, 0, -sine), own z along (sine, 0, cosine). */
    float ownX(float dx, float dz) {
        return (dx * cosine - dz * sine) * inverseX;
    }

    float ownZ(float dx, float dz) {
        return (dx * sine + dz * cosine) * inverseZ;
    }

    /**
     * Where a ray in own coordinates enters the solid (leaves it, for the shell), or infinity if it misses, starts
     * inside or starts beyond.
     */
    float enter(float ox, float oy, float oz, float dx, float dy, float dz) {
        return switch (kind) {
            case BOX -> enterBox(ox, oy, oz, dx, dy, dz);
            case ELLIPSOID -> enterBall(ox, oy, oz, dx, dy, dz);
            case UPRIGHT_CYLINDER -> enterCylinder(ox, oy, oz, dx, dy, dz);
            case LYING_CYLINDER -> enterCylinder(oy, ox, oz, dy, dx, dz);
            case SHELL -> leaveBox(ox, oy, oz, dx, dy, dz);
        };
    }

    /** Of a ray along an axis the other components are 0, and their inverses would make 0 times infinity. */
    static float inverse(float d) {
        return Math.max(-LARGEST_INVERSE, Math.min(1 / d, LARGEST_INVERSE));
    }

    private static float enterBox(float ox, float oy, float oz, float dx, float dy, float dz) {
        float ix = inverse(dx);
        float iy = inverse(dy);
        float iz = inverse(dz);
        float ax = Math.abs(ix);
        float ay = Math.abs(iy);
        float az = Math.abs(iz);
        float near = Math.max(Math.max(-ox * ix - ax, -oy * iy - ay), -oz * iz - az);
        float far = Math.min(Math.min(-ox * ix + ax, -oy * iy + ay), -oz * iz + az);
        return near < far && near > 0 ? near : Float.POSITIVE_INFINITY;
    }

    private static float leaveBox(float ox, float oy, float oz, float dx, float dy, float dz) {
        float ix = inverse(dx);
        float iy = inverse(dy);
        float iz = inverse(dz);
        return Math.min(Math.min(-ox * ix + Math.abs(ix), -oy * iy + Math.abs(iy)), -oz * iz + Math.abs(iz));
    }

    private static float enterBall(float ox, float oy, float oz, float dx, float dy, float dz) {
        float a = dx * dx + dy * dy + dz * dz;
        float b = ox * dx + oy * dy + oz * dz;
        float c = ox * ox + oy * oy + oz * oz - 1;
        float discriminant = b * b - a * c;
        if (discriminant <= 0) {
            return Float.POSITIVE_INFINITY;
        }
        float t = (-b - (float) Math.sqrt(discriminant)) / a;
        return t > 0 ? t : Float.POSITIVE_INFINITY;
    }

    private static float enterCylinder(float ox, float oy, float oz, float dx, float dy, float dz) {
        float a = dx * dx + dz * dz;
        float b = ox * dx + oz * dz;
        float c = ox * ox + oz * oz - 1;
        float discriminant = b * b - a * c;
        if (discriminant <= 0) {
            return Float.POSITIVE_INFINITY;
        }
        float root = (float) Math.sqrt(discriminant);
        float iy = inverse(dy);
        float near = Math.max((-b - root) / a, -oy * iy - Math.abs(iy));
        float far = Math.min((-b + root) / a, -oy * iy + Math.abs(iy));
        return near < far && near > 0 ? near : Float.POSITIVE_INFINITY;
    }

    /**
     * The outward normal (inward for the shell) at a point of the surface, in world axes, and where the point lies on
     * its face.
     *
     * @param px  the point in own coordinates, and py, pz
     * @param out 0-2 unit normal; 3, 4 place on the face in metres from its middle (4 upwards where the face stands);
     *            5 the face: 0 own x, 1 own y, 2 own z, 3 round; negative on the low side, as -1 - face
     */
    void surface(float px, float py, float pz, float[] out) {
        switch (kind) {
            case ELLIPSOID -> round(px / halfX, py / halfY, pz / halfZ, px * halfX, py * halfY, out);
            case UPRIGHT_CYLINDER -> {
                if (Math.abs(py) > 0.9995f) {
                    flat(1, py, px, py, pz, out);
                } else {
                    round(px / halfX, 0, pz / halfZ, px * halfX + pz * halfZ, py * halfY, out);
                }
            }
            case LYING_CYLINDER -> {
                if (Math.abs(px) > 0.9995f) {
                    flat(0, px, px, py, pz, out);
                } else {
                    round(0, py / halfY, pz / halfZ, px * halfX, py * halfY, out);
                }
            }
            default -> {
                int face = faceOfBox(px, py, pz);
                int axis = face < 0 ? -1 - face : face;
                flat(axis, axis == 0 ? px : axis == 1 ? py : pz, px, py, pz, out);
            }
        }
    }

    /** Which face of a box a point of its surface lies on, as {@link #surface} has it. */
    static int faceOfBox(float px, float py, float pz) {
        float ax = Math.abs(px);
        float ay = Math.abs(py);
        float az = Math.abs(pz);
        if (ax >= ay && ax >= az) {
            return px > 0 ? 0 : -1;
        }
        return ay >= az ? py > 0 ? 1 : -2 : pz > 0 ? 2 : -3;
    }

    /** Whether all its faces are flat: it is a box, seen from outside or from inside. */
    boolean hasFlatFaces() {
        return kind == Kind.BOX || kind == Kind.SHELL;
    }

    private void flat(int face, float side, float px, float py, float pz, float[] out) {
        float sign = Math.signum(side) * (kind == Kind.SHELL ? -1 : 1);
        out[0] = face == 0 ? sign * cosine : face == 2 ? sign * sine : 0;
        out[1] = face == 1 ? sign : 0;
        out[2] = face == 0 ? -sign * sine : face == 2 ? sign * cosine : 0;
        out[3] = face == 0 ? pz * halfZ : px * halfX;
        out[4] = face == 1 ? pz * halfZ : py * halfY;
        out[5] = side > 0 ? face : -1 - face;
    }

    private void round(float nx, float ny, float nz, float u, float v, float[] out) {
        float scale = 1 / (float) Math.sqrt(nx * nx + ny * ny + nz * nz);
        out[0] = scale * (nx * cosine + nz * sine);
        out[1] = scale * ny;
        out[2] = scale * (nz * cosine - nx * sine);
        out[3] = u;
        out[4] = v;
        out[5] = ROUND;
    }
}
