package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.config.Range;
import io.gimbal.data.Field;
import io.gimbal.data.Intake;
import io.gimbal.data.Layer;
import io.gimbal.data.Meaning;
import io.gimbal.data.Plane;
import io.gimbal.picture.PictureFile;
import io.gimbal.picture.Thinning;
import java.util.OptionalDouble;

/**
 * Edges as lines of one pixel, 1, else 0: a file's numbers above a threshold, thinned; without a threshold the thinned
 * borders between the numbers of a file. A border is where the numbers' discrete Laplacian (the four neighbours' sum
 * less four times the pixel's; beyond the picture its rows and columns are mirrored at the outermost one) is not 0, as
 * in the loaders of Maninis et al. (CVPR 2019).
 */
final class EdgeDecoder implements PixelDecoder {
    private final Layer layer;
    private final String due;
    private final OptionalDouble threshold;

    EdgeDecoder(String name, Config spec) {
        layer = new Layer(spec.placed(() -> Field.ofEdges(name, ValueDecoder.DEFAULT_IGNORE)), Meaning.STORED);
        threshold = spec.has("threshold") ? OptionalDouble.of(spec.number("threshold", Range.FINITE))
                : OptionalDouble.empty();
        due = "The field " + name + " is made of numbers of one channel, " + (threshold.isPresent()
                ? "which are above 'threshold' on edges." : "at whose borders edges are.");
    }

    @Override
    public Layer layer() {
        return layer;
    }

    @Override
    public Plane decode(PictureFile picture, Intake.Kept kept) {
        int height = picture.height();
        int width = picture.width();
        int[] numbers = picture.classNumbers(due);
        byte[] edges = threshold.isPresent() ? above(numbers, threshold.getAsDouble())
                : borders(numbers, height, width);
        Thinning.thin(edges, height, width);
        return new Plane.Bytes(edges, 1);
    }

    private static byte[] above(int[] numbers, double threshold) {
        byte[] above = new byte[numbers.length];
        for (int pixel = 0; pixel < above.length; pixel++) {
            above[pixel] = (byte) (numbers[pixel] > threshold ? 1 : 0);
        }
        return above;
    }

    private static byte[] borders(int[] numbers, int height, int width) {
        byte[] borders = new byte[numbers.length];
        for (int row = 0; row < height; row++) {
            int above = mirrored(row - 1, height) * width;
            int below = mirrored(row + 1, height) * width;
            for (int column = 0; column < width; column++) {
                int pixel = row * width + column;
                long around = (long) numbers[above + column] + numbers[below + column]
                        + numbers[row * width + mirrored(column - 1, width)]
                        + numbers[row * width + mirrored(column + 1, width)];
                borders[pixel] = (byte) (around == 4L * numbers[pixel] ? 0 : 1);
            }
        }
        return borders;
    }

    private static int mirrored(int place, int count) {
        return count == 1 ? 0 : place < 0 ? 1 : place == count ? count - 2 : place;
    }
}
