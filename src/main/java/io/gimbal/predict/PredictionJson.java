package io.gimbal.predict;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gimbal.data.Field;
import io.gimbal.data.Shown;
import java.util.Set;

/** What is predicted of a photo as JSON: points, classes and values of the whole image, and the shares of classes. */
final class PredictionJson {
    /** What is said of the photo; tasks have other names. */
    static final Set<String> OF_THE_PHOTO = Set.of("photo", "width", "height", "predicted");

    private final PhotoPrediction prediction;

    PredictionJson(PhotoPrediction prediction) {
        this.prediction = prediction;
    }

    ObjectNode all() {
        ObjectNode json = new JsonMapper().createObjectNode().put("photo", prediction.photo().file().getFileName()
                .toString()).put("width", prediction.width()).put("height", prediction.height());
        Shown shown = prediction.shown();
        json.putObject("predicted").put("left", shown.left()).put("top", shown.top()).put("width", shown.columns())
                .put("height", shown.rows());
        for (int i = 0; i < prediction.fields().size(); i++) {
            Field field = prediction.fields().get(i);
            if (field.wholeImage()) {
                whole(json.putObject(field.name()), field, prediction.raw(i), prediction.yesOrNo(i));
            } else if (field.kind() == Field.Kind.POINTS) {
                points(json.putObject(field.name()).putArray("points"), i);
            } else if (field.kind() == Field.Kind.CLASSES) {
                shares(json.putObject(field.name()).putObject("shares"), field, prediction.classes(i));
            }
        }
        return json;
    }

    private void points(ArrayNode list, int field) {
        for (PhotoPrediction.Point point : prediction.points(field)) {
            ObjectNode node = list.addObject().put("name", point.name());
            node.put("x", point.x()).put("y", point.y()).put("score", point.score());
        }
    }

    /** What part of the predicted pixels each class has, where it has any. */
    private static void shares(ObjectNode shares, Field field, short[] numbers) {
        long[] counts = new long[field.classes()];
        long all = 0;
        for (short number : numbers) {
            if (number >= 0) {
                counts[number]++;
                all++;
            }
        }
        for (int number = 0; number < counts.length; number++) {
            if (counts[number] > 0) {
                shares.put(field.nameOf(number), (double) counts[number] / all);
            }
        }
    }

    private static void whole(ObjectNode json, Field field, float[] values, boolean yesOrNo) {
        if (field.kind() == Field.Kind.CLASSES) {
            double[] probabilities = probabilities(values);
            int best = largest(values);
            if (best < 0) {
                json.putNull("class");
                return;
            }
            json.put("class", field.nameOf(best)).put("number", best).put("probability", probabilities[best]);
            put(json.putObject("probabilities"), field, probabilities);
            return;
        }
        double[] numbers = new double[values.length];
        double[] probabilities = new double[values.length];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = values[i];
            probabilities[i] = 1 / (1 + Math.exp(-values[i]));
        }
        put(json.putObject("values"), field, numbers);
        if (yesOrNo) {
            put(json.putObject("probabilities"), field, probabilities);
        }
    }

    /** A number that is not finite is null. */
    private static void put(ObjectNode node, Field field, double[] numbers) {
        for (int i = 0; i < numbers.length; i++) {
            if (Double.isFinite(numbers[i])) {
                node.put(field.nameOf(i), numbers[i]);
            } else {
                node.putNull(field.nameOf(i));
            }
        }
    }

    /** The number of the largest; -1 where all are NaN. */
    static int largest(float[] values) {
        int best = -1;
        for (int i = 0; i < values.length; i++) {
            if (!Float.isNaN(values[i]) && (best < 0 || values[i] > values[best])) {
                best = i;
            }
        }
        return best;
    }

    /** Softmax. */
    static double[] probabilities(float[] logits) {
        double most = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            most = Math.max(most, logit);
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
        return probabilities;
    }
}
