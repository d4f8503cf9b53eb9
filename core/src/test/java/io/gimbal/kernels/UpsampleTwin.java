package io.gimbal.kernels;

/** Bilinear upsampling by torch's formula for align_corners=False, and its backward, in double. */
record UpsampleTwin(int images, int height, int width, int channels, int scale) {
    int inputs() {
        return images * height * width * channels;
    }

    int outputPlaces() {
        return images * height * scale * width * scale;
    }

    double[] forward(float[] x) {
        double[] y = new double[outputPlaces() * channels];
        each((output, input, share) -> y[output] += share * x[input]);
        return y;
    }

    double[] backward(double[] dy) {
        double[] dx = new double[inputs()];
        each((output, input, share) -> dx[input] += share * dy[output]);
        return dx;
    }

    private interface Mix {
        void add(int output, int input, double share);
    }

    private void each(Mix mix) {
        for (int place = 0; place < outputPlaces(); place++) {
            int across = width * scale;
            int down = height * scale;
            int image = place / across / down;
            double row = source(place / across % down);
            double column = source(place % across);
            for (int corner = 0; corner < 4; corner++) {
                double rowShare = corner / 2 == 0 ? 1 - row % 1 : row % 1;
                double columnShare = corner % 2 == 0 ? 1 - column % 1 : column % 1;
                int h = Math.min((int) row + corner / 2, height - 1);
                int w = Math.min((int) column + corner % 2, width - 1);
                for (int c = 0; c < channels; c++) {
                    mix.add(place * channels + c, ((image * height + h) * width + w) * channels + c, rowShare
                            * columnShare);
                }
            }
        }
    }

    private double source(int output) {
        return Math.max(0, (output + 0.5) / scale - 0.5);
    }
}
