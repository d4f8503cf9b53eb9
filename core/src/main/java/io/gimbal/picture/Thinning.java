package io.gimbal.picture;

import java.util.Arrays;

/**
 * Lines of several pixels made lines of one: the iterations of Guo and Hall (CACM 32, 1989), in the form of Lam, Lee
 * and Suen's survey (IEEE PAMI 14, 1992, page 879), until nothing changes, as by MATLAB's {@code bwmorph} with
 * {@code 'thin'}. What lies beyond the picture is empty. A pixel that stayed is looked at again only after one beside
 * it went.
 */
public final class Thinning {
    /** Steps to a pixel's neighbours, down and across: from the right one against the clock. */
    private static final int[][] NEIGHBOURS = {{0, 1}, {-1, 1}, {-1, 0}, {-1, -1}, {0, -1}, {1, -1}, {1, 0}, {1, 1}};
    private static final int AROUND = NEIGHBOURS.length;
    /** For each set of neighbours whether the pixel goes, in the first half of an iteration and in the second. */
    private static final boolean[][] GOES = {goes(0), goes(AROUND / 2)};

    /** Set pixels, and a border of empty ones, so that each has eight neighbours. */
    private final byte[] set;
    /** From a pixel to each of its neighbours. */
    private final int[] steps = new int[AROUND];
    /** By half of an iteration the pixels that it must look at. */
    private final Waiting[] waiting;

    private Thinning(byte[] pixels, int height, int width) {
        int stride = width + 2;
        set = new byte[(height + 2) * stride];
        for (int row = 0; row < height; row++) {
            System.arraycopy(pixels, row * width, set, (row + 1) * stride + 1, width);
        }
        Arrays.setAll(steps, i -> NEIGHBOURS[i][0] * stride + NEIGHBOURS[i][1]);
        waiting = new Waiting[] {new Waiting(set), new Waiting(set)};
    }

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
     * @param set    1 or 0 a pixel, row by row
     * @param height rows
     * @param width  columns
     */
    public static void thin(byte[] set, int height, int width) {
        Thinning thinning = new Thinning(set, height, width);
        while (thinning.waiting[0].count > 0 || thinning.waiting[1].count > 0) {
            for (int half = 0; half < GOES.length; half++) {
                thinning.half(half);
            }
        }
        for (int row = 0; row < height; row++) {
            System.arraycopy(thinning.set, (row + 1) * (width + 2) + 1, set, row * width, width);
        }
    }

    /** All pixels are judged by what stood there before it. */
    private void half(int half) {
        int[] pixels = waiting[half].take();
        int gone = 0;
        for (int pixel : pixels) {
            if (set[pixel] != 0 && GOES[half][around(pixel)]) {
                pixels[gone++] = pixel;
            }
        }
        for (int i = 0; i < gone; i++) {
            set[pixels[i]] = 0;
        }
        for (int i = 0; i < gone; i++) {
            for (int step : steps) {
                if (set[pixels[i] + step] != 0) {
                    waiting[0].add(pixels[i] + step);
                    waiting[1].add(pixels[i] + step);
                }
            }
        }
    }

    private int around(int pixel) {
        int around = 0;
        for (int i = 0; i < AROUND; i++) {
            around |= set[pixel + steps[i]] << i;
        }
        return around;
    }

    /** Pixels, each once. */
    private static final class Waiting {
        private final int[] pixels;
        private final boolean[] in;
        private int count;

        /** The set ones. */
        Waiting(byte[] set) {
            in = new boolean[set.length];
            int all = 0;
            for (byte one : set) {
                all += one;
            }
            pixels = new int[all];
            for (int pixel = 0; pixel < set.length; pixel++) {
                if (set[pixel] != 0) {
                    add(pixel);
                }
            }
        }

        void add(int pixel) {
            if (!in[pixel]) {
                in[pixel] = true;
                pixels[count++] = pixel;
            }
        }

        int[] take() {
            int[] taken = Arrays.copyOf(pixels, count);
            for (int pixel : taken) {
                in[pixel] = false;
            }
            count = 0;
            return taken;
        }
    }
}
