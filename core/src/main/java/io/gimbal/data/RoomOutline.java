package io.gimbal.data;

import java.util.Arrays;

/**
 * The pixels that a solid can cover: of each row, the columns between the projected edges of its box, and a pixel round
 * them, far more than what rounding moves. Used for one solid after another.
 */
final class RoomOutline {
    /** Metres ahead of the camera from which edges are projected. */
    private static final float NEAR = 0.05f;
    /** What is in sight but less far ahead than that is nearer to the camera than this: NYUv2's lens is that wide. */
    private static final float CLOSE = 0.07f;
    private static final float MARGIN = 1;

    private final RoomCamera camera;
    private final float columnsPerSlope;
    private final float rowsPerSlope;
    private final int height;
    private final int width;
    /** A box's corners in the camera's axes; bit 0, 1, 2 of a corner's number: on the high side of own x, y, z. */
    private final float[][] corners = new float[8][3];
    /** Where edges cross the plane at {@link #NEAR}. */
    private final float[][] crossings = new float[12][];
    private int crossingCount;
    private final float[] left;
    private final float[] right;
    private int firstRow;
    private int lastRow;

    RoomOutline(RoomCamera camera, int height, int width) {
        this.camera = camera;
        this.height = height;
        this.width = width;
        columnsPerSlope = 1 / RoomCamera.stepX(width);
        rowsPerSlope = 1 / RoomCamera.stepY(height);
        left = new float[height];
        right = new float[height];
    }

    int firstRow() {
        return firstRow;
    }

    /** One past the last row; not above the first where the solid is out of sight. */
    int lastRow() {
        return lastRow;
    }

    int firstColumn(int row) {
        return Math.max(0, (int) Math.floor(left[row] - MARGIN));
    }

    /** One past the last column; not above the first where the row shows nothing of the solid. */
    int lastColumn(int row) {
        return Math.min(width, (int) Math.ceil(right[row] + MARGIN) + 1);
    }

    /** Finds the outline of a solid; of the shell, and of what is right before the camera, that is the picture. */
    void trace(RoomShape shape) {
        if (shape.kind == RoomShape.Kind.SHELL || distance(shape) < CLOSE) {
            firstRow = 0;
            lastRow = height;
            Arrays.fill(left, 0);
            Arrays.fill(right, width);
            return;
        }
        firstRow = height;
        lastRow = 0;
        Arrays.fill(left, Float.POSITIVE_INFINITY);
        Arrays.fill(right, Float.NEGATIVE_INFINITY);
        findCorners(shape);
        crossingCount = 0;
        for (int corner = 0; corner < 8; corner++) {
            for (int bit = 1; bit < 8; bit <<= 1) {
                if ((corner & bit) == 0) {
                    edge(corners[corner], corners[corner | bit]);
                }
            }
        }
        for (int i = 0; i < crossingCount; i++) {
            for (int j = 0; j < i; j++) {
                line(crossings[i], crossings[j]);
            }
        }
    }

    /** Metres from the camera to a solid's box. */
    private float distance(RoomShape shape) {
        float px = camera.x - shape.x;
        float pz = camera.z - shape.z;
        float outsideX = Math.max(0, Math.abs(shape.ownX(px, pz)) - 1) * shape.halfX;
        float outsideY = Math.max(0, Math.abs(camera.y - shape.y) - shape.halfY);
        float outsideZ = Math.max(0, Math.abs(shape.ownZ(px, pz)) - 1) * shape.halfZ;
        return (float) Math.sqrt(outsideX * outsideX + outsideY * outsideY + outsideZ * outsideZ);
    }

    private void findCorners(RoomShape shape) {
        for (int corner = 0; corner < 8; corner++) {
            float a = (corner & 1) == 0 ? -shape.halfX : shape.halfX;
            float b = (corner & 2) == 0 ? -shape.halfY : shape.halfY;
            float c = (corner & 4) == 0 ? -shape.halfZ : shape.halfZ;
            float x = shape.x - camera.x + a * shape.cosine + c * shape.sine;
            float y = shape.y - camera.y + b;
            float z = shape.z - camera.z - a * shape.sine + c * shape.cosine;
            corners[corner][0] = x * camera.right[0] + y * camera.right[1] + z * camera.right[2];
            corners[corner][1] = x * camera.down[0] + y * camera.down[1] + z * camera.down[2];
            corners[corner][2] = x * camera.forward[0] + y * camera.forward[1] + z * camera.forward[2];
        }
    }

    /** Takes in what lies ahead of an edge. */
    private void edge(float[] from, float[] to) {
        if (from[2] >= NEAR && to[2] >= NEAR) {
            line(from, to);
        } else if (from[2] >= NEAR || to[2] >= NEAR) {
            float share = (NEAR - from[2]) / (to[2] - from[2]);
            float[] crossing = {from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1]), NEAR};
            crossings[crossingCount++] = crossing;
            line(from[2] >= NEAR ? from : to, crossing);
        }
    }

    /** Takes in a line between two points ahead of the camera. */
    private void line(float[] from, float[] to) {
        boolean upwards = row(from) > row(to);
        float[] top = upwards ? to : from;
        float[] bottom = upwards ? from : to;
        float topRow = row(top);
        float bottomRow = row(bottom);
        float topColumn = column(top);
        float bottomColumn = column(bottom);
        float slant = (bottomColumn - topColumn) / Math.max(1, bottomRow - topRow);
        int begin = Math.max(0, (int) Math.floor(topRow - MARGIN));
        int end = Math.min(height, (int) Math.ceil(bottomRow + MARGIN) + 1);
        for (int row = begin; row < end; row++) {
            float a = topColumn + slant * Math.max(0, Math.min(row - MARGIN, bottomRow) - topRow);
            float b = bottomColumn - slant * Math.max(0, bottomRow - Math.max(row + MARGIN, topRow));
            left[row] = Math.min(left[row], Math.min(a, b));
            right[row] = Math.max(right[row], Math.max(a, b));
        }
        firstRow = Math.min(firstRow, begin);
        lastRow = Math.max(lastRow, end);
    }

    /** Where a point ahead is projected to, counted in pixels from the middle of the first. */
    private float column(float[] point) {
        return point[0] / point[2] * columnsPerSlope + width * 0.5f - 0.5f;
    }

    private float row(float[] point) {
        return point[1] / point[2] * rowsPerSlope + height * 0.5f - 0.5f;
    }
}
