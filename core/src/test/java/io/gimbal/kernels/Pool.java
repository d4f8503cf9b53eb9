package io.gimbal.kernels;

import java.util.Arrays;

/** Images of height x width x channels, pooled. */
record Pool(int images, int height, int width, int channels, int kernel, int stride, int padding) {
    /** Odd sizes, uncovered rows, gaps and overlaps between windows, padding; the last is a real one. */
    static final Pool[] ALL = {
        new Pool(1, 1, 1, 1, 1, 1, 0), new Pool(1, 2, 2, 1, 2, 2, 0), new Pool(2, 7, 5, 3, 2, 2, 0),
        new Pool(1, 9, 11, 13, 3, 2, 1), new Pool(2, 8, 8, 16, 2, 2, 0), new Pool(1, 12, 10, 20, 3, 1, 1),
        new Pool(1, 6, 6, 8, 2, 3, 0), new Pool(1, 15, 15, 4, 15, 1, 7), new Pool(1, 16, 24, 64, 3, 2, 1),
        new Pool(1, 2, 3, 1025, 2, 1, 1), new Pool(1, 10, 9, 5, 3, 5, 1), new Pool(2, 10, 13, 8, 3, 3, 1),
        new Pool(1, 8, 7, 24, 2, 2, 1), new Pool(1, 41, 39, 64, 2, 2, 0)
    };

    int down() {
        return (height + 2 * padding - kernel) / stride + 1;
    }

    int across() {
        return (width + 2 * padding - kernel) / stride + 1;
    }

    int inputs() {
        return images * height * width * channels;
    }

    int outputs() {
        return images * down() * across() * channels;
    }

    /** For each output, which input it takes; the window index goes to {@code codes}. */
    int[] winners(float[] x, byte[] codes) {
        int[] winners = new int[outputs()];
        for (int o = 0; o < winners.length; o++) {
            int c = o % channels;
            int q = o / channels % across();
            int p = o / channels / across() % down();
            int n = o / channels / across() / down();
            winners[o] = -1;
            for (int r = 0; r < kernel; r++) {
                for (int s = 0; s < kernel; s++) {
                    int h = p * stride - padding + r;
                    int w = q * stride - padding + s;
                    if (h < 0 || h >= height || w < 0 || w >= width) {
                        continue;
                    }
                    int i = ((n * height + h) * width + w) * channels + c;
                    if (winners[o] < 0 || x[i] > x[winners[o]] || Float.isNaN(x[i])) {
                        winners[o] = i;
                        codes[o] = (byte) (r * kernel + s);
                    }
                }
            }
        }
        return winners;
    }

    /** The sizes as a launch takes them. */
    Object[] arguments(Object... before) {
        Object[] sizes = {images, height, width, channels, down(), across(), kernel, stride, padding};
        Object[] arguments = Arrays.copyOf(before, before.length + sizes.length);
        System.arraycopy(sizes, 0, arguments, before.length, sizes.length);
        return arguments;
    }

    Object[] argumentsWithTasks(int tasks, Object... before) {
        Object[] arguments = arguments(before);
        Object[] all = Arrays.copyOf(arguments, arguments.length + 1);
        all[arguments.length] = tasks;
        return all;
    }
}
