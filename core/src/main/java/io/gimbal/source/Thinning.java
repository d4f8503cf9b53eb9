package io.gimbal.source;

/**
 * Lines of several pixels made lines of one: the iterations of Guo and Hall (CACM 32, 1989), in the form of Lam, Lee
 * and Suen's survey (IEEE PAMI 14, 1992, page 879), until nothing changes. What lies beyond the picture is empty.
 */
final class Thinning {
    /** Steps to a pixel's neighbours, down and across: from the right one against the clock. */
    private static final int[][] NEIGHBOURS = {{0, 1}, {-1, 1}, {-1, 0}, {-1, -1}, {0, -1}, {1, -1}, {1, 0}, {1, 1}};
    private static final int AROUND = NEIGHBOURS.length;
    /** For each set of neighbours whether the pixel goes, in the first half of an iteration and in the second. */
    private static final boolean[][] GOES = {goes(0), goes(AROUND / 2)};

    private Thinning() { }

    private static boolean[] goes(int turned) {
        boolean[] goes = new boolean[1 << AROUND];
        for (int set = 0; set < goes.length; set++) {
            goes[set] = isEnd(set) && !isKept(set, turned);
        }
        return goes;
    }

    private static boolean has(int set, int neighbour) {
        return (set >> neighbour % AROUND & 1) != 0;
    }

    /** Whether it belongs to one piece of line alone, and is neither its tip nor its inside. */
    private static boolean isEnd(int set) {
        int pieces = 0;
        int before = 0;
        int behind = 0;
        for (int side = 0; side < AROUND; side += 2) {
            pieces += !has(set, side) && (has(set, side + 1) || has(set, side + 2)) ? 1 : 0;
            before += has(set, side) || has(set, side + 1) ? 1 : 0;
            behind += has(set, side + 1) || has(set, side + 2) ? 1 : 0;
        }
        int least = Math.min(before, behind);
        return pieces == 1 && least >= 2 && least <= 3;
    }

    private static boolean isKept(int set, int turned) {
        return has(set, turned) && (has(set, turned + 1) || has(set, turned + 2) || !has(set, turned + 7));
    }

    /**
     * Thins a picture in place.
     *
     * @param set 1 or 0 a pixel, row by row
     */
    static void thin(byte[] set, int height, int width) {
        boolean changed = true;
        while (changed) {
            changed = false;
            for (boolean[] goes : GOES) {
                changed |= half(set, height, width, goes);
            }
        }
    }

    private static boolean half(byte[] set, int height, int width, boolean[] goes) {
        byte[] before = set.clone();
        boolean changed = false;
        for (int row = 0; row < height; row++) {
            for (int column = 0; column < width; column++) {
                int pixel = row * width + column;
                if (before[pixel] != 0 && goes[around(before, height, width, row, column)]) {
                    set[pixel] = 0;
                    changed = true;
                }
            }
        }
        return changed;
    }

    private static int around(byte[] set, int height, int width, int row, int column) {
        int around = 0;
        for (int i = 0; i < AROUND; i++) {
            int down = row + NEIGHBOURS[i][0];
            int across = column + NEIGHBOURS[i][1];
            if (down >= 0 && down < height && across >= 0 && across < width && set[down * width + across] != 0) {
                around |= 1 << i;
            }
        }
        return around;
    }
}
