package io.gimbal.predict;

import io.gimbal.picture.Window;

/** One point's heat map among others'. */
record HeatMap(float[] maps, int height, int width, int channels, int channel) {
    /** The value at a pixel. */
    float at(int y, int x) {
        return maps[(y * width + x) * channels + channel];
    }

    /** The pixel with the largest value among those that a window touches; -1 where there is no number. */
    int largest(Window window) {
        int best = -1;
        int bottom = (int) Math.ceil(window.top() + window.height());
        int right = (int) Math.ceil(window.left() + window.width());
        for (int y = (int) window.top(); y < bottom; y++) {
            for (int x = (int) window.left(); x < right; x++) {
                if (!Float.isNaN(at(y, x)) && (best < 0 || at(y, x) > at(best / width, best % width))) {
                    best = y * width + x;
                }
            }
        }
        return best;
    }

    /** By how much the peak lies right of a pixel that is the largest, -0.5 to 0.5. */
    double besideAcross(int y, int x) {
        return x == 0 || x == width - 1 ? 0 : beside(at(y, x - 1), at(y, x), at(y, x + 1));
    }

    /** By how much it lies below. */
    double besideDown(int y, int x) {
        return y == 0 || y == height - 1 ? 0 : beside(at(y - 1, x), at(y, x), at(y + 1, x));
    }

    private static double beside(float before, float middle, float after) {
        if (!(before > 0 && middle > 0 && after > 0)) {
            return 0;
        }
        double left = Math.log(before);
        double right = Math.log(after);
        double bend = left - 2 * Math.log(middle) + right;
        return bend < 0 ? Math.clamp((left - right) / (2 * bend), -0.5, 0.5) : 0;
    }
}
