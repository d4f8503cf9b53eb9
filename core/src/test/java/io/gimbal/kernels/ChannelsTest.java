package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.gimbal.kernels.KernelRun.Array;

/** Channels that go elsewhere: to the bit. */
@OnKernelDevice
class ChannelsTest {
    @EachWay
    void aSlicesCotangentStandsAmongZeros(Way way) {
        // places, channels of the slice, all channels, the first of the slice
        int[][] shapes = {{1, 1, 1, 0}, {1, 1, 3, 2}, {7, 8, 24, 8}, {7, 8, 24, 5}, {33, 3, 16, 8}, {40, 13, 40, 27},
            {130, 64, 128, 64}, {3, 1030, 2061, 1031}, {257, 4, 12, 4}};
        for (Element element : Element.values()) {
            for (int[] shape : shapes) {
                float[] dy = element.rounded(random(shape[0], shape[0] * shape[1]));
                float[] dx = new float[shape[0] * shape[2]];
                for (int i = 0; i < dy.length; i++) {
                    dx[i / shape[1] * shape[2] + shape[3] + i % shape[1]] = dy[i];
                }
                for (int blocks : KernelRun.grids(way)) {
                    try (KernelRun run = new KernelRun(way)) {
                        Array to = element.output(run, dx.length);
                        run.launch("channels", element.kernel("spread_slice"), blocks, element.array(run, dy), to,
                                (long) shape[0], shape[1], shape[2], shape[3]);
                        assertArrayEquals(dx, element.values(to));
                    }
                }
            }
        }
    }

    @EachWay
    void shuffledPixelsAreRunsOfChannelsAndComeBack(Way way) {
        // images, height, width, channels of the larger side, scale
        int[][] shapes = {{1, 1, 1, 1, 1}, {1, 1, 1, 1, 2}, {2, 3, 5, 3, 2}, {1, 4, 3, 8, 2}, {2, 5, 4, 13, 2},
            {1, 2, 3, 24, 2}, {1, 3, 2, 5, 3}, {2, 2, 2, 8, 3}, {1, 2, 2, 16, 4}, {1, 3, 1, 2, 7}, {1, 1, 2, 1026, 2},
            {1, 16, 12, 32, 2}};
        for (Element element : Element.values()) {
            for (int[] shape : shapes) {
                for (int blocks : KernelRun.grids(way)) {
                    shuffle(way, element, shape, blocks);
                }
            }
        }
    }

    private static void shuffle(Way way, Element element, int[] shape, int blocks) {
        int height = shape[1];
        int width = shape[2];
        int channels = shape[3];
        int scale = shape[4];
        int count = shape[0] * height * width * channels * scale * scale;
        float[] x = element.rounded(random(count, count));
        float[] y = new float[count];
        for (int i = 0; i < count; i++) {
            int place = i / (channels * scale * scale);
            int channel = i % (channels * scale * scale);
            int c = channel / (scale * scale);
            int down = channel / scale % scale;
            int across = channel % scale;
            int row = place / width * scale + down;  // of all images
            int column = place % width * scale + across;
            y[(row * width * scale + column) * channels + c] = x[i];
        }
        try (KernelRun run = new KernelRun(way)) {
            Array there = element.output(run, count);
            Array back = element.output(run, count);
            run.launch("channels", element.kernel("pixel_shuffle_forward"), blocks, element.array(run, x), there,
                    shape[0], height, width, channels, scale);
            run.launch("channels", element.kernel("pixel_shuffle_backward"), blocks, there, back, shape[0], height,
                    width, channels, scale);
            assertArrayEquals(y, element.values(there));
            assertArrayEquals(x, element.values(back));
        }
    }
}
