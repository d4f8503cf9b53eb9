package io.gimbal.data;

/**
 * The black pixels, as of a chessboard, among 16 x 16 pixels of a picture or what is left of them at its edges: the
 * places that they show, normals and bounds. Used for one tile after another. Loops over the arrays are plain, so that
 * the compiler turns them into vector instructions.
 */
final class RoomTile {
    /** Pixels along a side. */
    static final int SIDE = 16;
    /** Pixels along a side of the tiles within it whose bounds {@link #comesWithin} asks for. */
    private static final int SMALL = 8;
    /** How many of its pixels are black at most. */
    static final int MOST = SIDE * SIDE / 2;

    final float[] x = new float[MOST];
    final float[] y = new float[MOST];
    final float[] z = new float[MOST];
    final float[] normalX = new float[MOST];
    final float[] normalY = new float[MOST];
    final float[] normalZ = new float[MOST];
    /** The pixel's number in the picture. */
    final int[] pixels = new int[MOST];
    /** The number of the solid that it shows. */
    final int[] numbers = new int[MOST];
    /** Which of four it is: the black neighbours of a white pixel are all four. */
    final int[] turns = new int[MOST];
    int count;
    /** A box round all places. */
    final float[] low = new float[3];
    final float[] high = new float[3];

    private final RoomView view;
    /** The number of the one solid that all pixels show, or -1 if they show several. */
    private int onlyNumber;

    RoomTile(RoomView view) {
        this.view = view;
    }

    /** Shows the tile that begins at a row and column. */
    void show(int firstRow, int firstColumn) {
        int lastRow = Math.min(firstRow + SIDE, view.height);
        int lastColumn = Math.min(firstColumn + SIDE, view.width);
        count = 0;
        for (int row = firstRow; row < lastRow; row++) {
            for (int column = firstColumn + (row + firstColumn & 1); column < lastColumn; column += 2) {
                turns[count] = (column + row & 2) + (column - row >> 1 & 1);
                pixels[count++] = row * view.width + column;
            }
        }
        for (int i = 0; i < count; i++) {
            int pixel = pixels[i];
            numbers[i] = view.number(pixel);
            x[i] = view.x[pixel];
            y[i] = view.y[pixel];
            z[i] = view.z[pixel];
            normalX[i] = view.normalX[pixel];
            normalY[i] = view.normalY[pixel];
            normalZ[i] = view.normalZ[pixel];
        }
        onlyNumber = onlyNumber();
        bound(x, 0);
        bound(y, 1);
        bound(z, 2);
    }

    /** Whether all its pixels show one solid, that of a number. */
    boolean showsOnly(int number) {
        return onlyNumber == number;
    }

    private int onlyNumber() {
        for (int i = 1; i < count; i++) {
            if (numbers[i] != numbers[0]) {
                return -1;
            }
        }
        return numbers[0];
    }

    private void bound(float[] values, int axis) {
        float least = Float.POSITIVE_INFINITY;
        float greatest = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < count; i++) {
            least = Math.min(least, values[i]);
            greatest = Math.max(greatest, values[i]);
        }
        low[axis] = least;
        high[axis] = greatest;
    }

    /**
     * Whether a solid's ball comes as near as {@code reach} to a ball round all places that 8 x 8 pixels show, those
     * about the black pixel where a ray starts: what the first renderer asked of every solid, so that rooms stay the
     * same bits. It is seldom needed: whatever is met within the reach comes as near.
     */
    boolean comesWithin(RoomShape shape, float reach, int ray) {
        int firstRow = pixels[ray] / view.width / SMALL * SMALL;
        int firstColumn = pixels[ray] % view.width / SMALL * SMALL;
        float dx = shape.x - middle(view.x, firstRow, firstColumn);
        float dy = shape.y - middle(view.y, firstRow, firstColumn);
        float dz = shape.z - middle(view.z, firstRow, firstColumn);
        float halfX = half(view.x, firstRow, firstColumn);
        float halfY = half(view.y, firstRow, firstColumn);
        float halfZ = half(view.z, firstRow, firstColumn);
        float near = shape.radius + (float) Math.sqrt(halfX * halfX + halfY * halfY + halfZ * halfZ) + reach;
        return dx * dx + dy * dy + dz * dz < near * near;
    }

    private float middle(float[] values, int firstRow, int firstColumn) {
        return 0.5f * (extreme(values, firstRow, firstColumn, 1) + extreme(values, firstRow, firstColumn, -1));
    }

    private float half(float[] values, int firstRow, int firstColumn) {
        return 0.5f * (extreme(values, firstRow, firstColumn, 1) - extreme(values, firstRow, firstColumn, -1));
    }

    /** The greatest of the values of a small tile's pixels, or with -1 as the sign the least. */
    private float extreme(float[] values, int firstRow, int firstColumn, int sign) {
        float most = Float.NEGATIVE_INFINITY;
        for (int row = firstRow; row < Math.min(firstRow + SMALL, view.height); row++) {
            for (int column = firstColumn; column < Math.min(firstColumn + SMALL, view.width); column++) {
                most = Math.max(most, sign * values[row * view.width + column]);
            }
        }
        return sign * most;
    }
}
