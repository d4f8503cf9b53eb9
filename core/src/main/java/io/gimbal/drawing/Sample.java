package io.gimbal.drawing;

import io.gimbal.data.DataSet;
import io.gimbal.data.Field;
import io.gimbal.data.Normalisation;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One image with what is known of it and what was predicted, drawn.
 *
 * @param photograph the image, a colour a pixel
 * @param views      a field that is drawn each, in order
 * @param words      a sentence for each other field, in order
 */
record Sample(int[] photograph, List<View> views, List<String> words) {
    /**
     * A field that is drawn.
     *
     * @param truth empty where there is none
     * @param scale what the colours of both are measured by
     */
    record View(Optional<int[]> truth, int[] prediction, Optional<Scale> scale) {}

    /** What all samples of a sheet have in common. */
    record Kind(int height, int width, int channels, Normalisation normalisation, List<Field> fields) {
        static Kind of(DataSet data, List<Field> fields) {
            return new Kind(data.height(), data.width(), data.channels(), data.normalisation(), fields);
        }

        /** Those that are drawn. */
        List<Drawing> drawings() {
            return fields.stream().filter(Drawing::applies).map(field -> Drawing.of(field, width)).toList();
        }

        int pixels() {
            return height * width;
        }
    }

    /**
     * Draws buffers that hold one sample each, from index 0.
     *
     * @param truths those of fields without a truth are left out
     * @throws IllegalArgumentException if a buffer has another size than one sample, or a prediction is missing
     */
    static Sample of(Kind kind, FloatBuffer image, Map<String, ByteBuffer> truths,
            Map<String, FloatBuffer> predictions) {
        requireSample(kind, "the image", image, (long) kind.channels() * kind.pixels());
        for (Field field : kind.fields()) {
            long places = field.places(kind.height(), kind.width());
            if (truths.containsKey(field.name())) {
                requireSample(kind, "the truth of '" + field.name() + "'", truths.get(field.name()),
                        places * field.bytesPerPlace());
            }
            requireSample(kind, "the prediction of '" + field.name() + "'", predictions.get(field.name()),
                    places * field.predicted());
        }
        int[] photograph = photograph(kind, image);
        List<View> views = new ArrayList<>();
        for (Drawing drawing : kind.drawings()) {
            ByteBuffer truth = truths.get(drawing.field.name());
            FloatBuffer prediction = predictions.get(drawing.field.name());
            Optional<Scale> scale = drawing.scale(truth, prediction);
            views.add(new View(Optional.ofNullable(truth).map(labels -> drawing.truth(photograph, labels, scale)),
                    drawing.prediction(photograph, prediction, scale), scale));
        }
        List<String> words = kind.fields().stream().filter(field -> !Drawing.applies(field)).map(field -> sentence(
                field, truths.get(field.name()), predictions.get(field.name()))).toList();
        return new Sample(photograph, views, words);
    }

    /** The image alone, a colour a pixel. */
    static int[] photograph(Kind kind, FloatBuffer image) {
        return Drawing.panel(kind.pixels(), pixel -> colour(kind, image, pixel));
    }

    private static String sentence(Field field, ByteBuffer truth, FloatBuffer prediction) {
        String predicted = "predicted " + Words.prediction(field, prediction);
        return field.name() + ": " + (truth == null ? predicted : Words.truth(field, truth) + ", " + predicted);
    }

    private static void requireSample(Kind kind, String what, Buffer buffer, long due) {
        if (buffer == null || buffer.limit() != due) {
            throw new IllegalArgumentException(what + (buffer == null ? " is missing" : " has " + buffer.limit()
                    + " places") + "; one sample of " + kind.width() + " x " + kind.height() + " pixels has " + due);
        }
    }

    /** Red, green and blue; of images without these the first channel, as grey. */
    private static int colour(Kind kind, FloatBuffer image, int pixel) {
        int colour = 0;
        for (int c = 0; c < 3; c++) {
            int channel = kind.channels() >= 3 ? c : 0;
            float value = kind.normalisation().stored(channel, image.get(kind.channels() * pixel + channel));
            colour = colour << 8 | Math.clamp(Math.round(value), 0, 255);
        }
        return colour;
    }
}
