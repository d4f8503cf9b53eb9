package io.gimbal.predict;

import io.gimbal.data.Field;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is predicted for one task: of a photo in the photo's pixels; of a row as of an image as a whole. Arrays are the
 * caller's.
 */
public sealed interface TaskPrediction {
    /** {@return what is predicted: its name is the task's, and it names classes, channels and points} */
    Field field();

    /**
     * The class of each pixel.
     *
     * @param field   the task's, with the names of its classes
     * @param height  rows of the photo
     * @param width   columns of the photo
     * @param numbers row by row from the top; {@link PhotoPrediction#NOT_PREDICTED} where nothing is predicted
     */
    record ClassMap(Field field, int height, int width, short[] numbers) implements TaskPrediction {
        /**
         * The class number of a pixel.
         *
         * @param row    from 0, from the top
         * @param column from 0, from the left
         * @return the number, or {@link PhotoPrediction#NOT_PREDICTED}
         */
        public int at(int row, int column) {
            return numbers[row * width + column];
        }

        /**
         * What part of the predicted pixels each class has, by name, where it has any.
         *
         * @return the parts, which add up to 1, in the order of the classes' numbers; empty where nothing is predicted
         */
        public Map<String, Double> shares() {
            long[] counts = new long[field.classes()];
            long all = 0;
            for (short number : numbers) {
                if (number >= 0) {
                    counts[number]++;
                    all++;
                }
            }
            Map<String, Double> shares = new LinkedHashMap<>();
            for (int number = 0; number < counts.length; number++) {
                if (counts[number] > 0) {
                    shares.merge(field.nameOf(number), (double) counts[number] / all, Double::sum);
                }
            }
            return shares;
        }
    }

    /**
     * Values of each pixel: depth in metres, where the data that were learned from have metres, as all do that Gimbal
     * reads by name; unit vectors (x right, y down, z forward); displacements in the photo's pixels (x right, y down);
     * else values as they are, but how likely yes is where the loss is of logits of yes or no.
     *
     * @param field  the task's, with its channels
     * @param height rows of the photo
     * @param width  columns of the photo
     * @param values row by row from the top, a pixel's {@code field.channels()} side by side; NaN where nothing is
     *               predicted
     */
    record ValueMap(Field field, int height, int width, float[] values) implements TaskPrediction {
        /**
         * One value of a pixel.
         *
         * @param row     from 0, from the top
         * @param column  from 0, from the left
         * @param channel from 0
         * @return the value, or NaN
         */
        public float at(int row, int column, int channel) {
            return values[(row * width + column) * field.channels() + channel];
        }
    }

    /**
     * Points of the photo.
     *
     * @param field  the task's, with the points' names
     * @param points those whose map, or whose coordinates, have a number, in the field's order
     */
    record Points(Field field, List<PhotoPrediction.Point> points) implements TaskPrediction {}

    /**
     * The class of the whole image, or of a row.
     *
     * @param field         the task's, with the classes' names
     * @param number        the one with the largest logit, the first of several; -1 where none is a number
     * @param probabilities of each class, by softmax
     */
    record ImageClass(Field field, int number, double[] probabilities) implements TaskPrediction {
        static ImageClass of(Field field, float[] logits) {
            int best = -1;
            double most = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < logits.length; i++) {
                if (!Float.isNaN(logits[i]) && (best < 0 || logits[i] > logits[best])) {
                    best = i;
                }
                most = Math.max(most, logits[i]);
            }
            double[] probabilities = new double[logits.length];
            double sum = 0;
            for (int i = 0; i < logits.length; i++) {
                probabilities[i] = Math.exp(logits[i] - most);
                sum += probabilities[i];
            }
            for (int i = 0; i < logits.length; i++) {
                probabilities[i] /= sum;
            }
            return new ImageClass(field, best, probabilities);
        }

        /** {@return what the class is called; "" where there is none} */
        public String name() {
            return number < 0 ? "" : field.nameOf(number);
        }
    }

    /**
     * Values of the whole image, or of a row.
     *
     * @param field  the task's, with the channels' names
     * @param values one a channel, as they are, but how likely yes is where the loss is of logits of yes or no; of a
     *               table's row in the table's units
     */
    record ImageValues(Field field, float[] values) implements TaskPrediction {}
}
