package io.gimbal.predict;

import io.gimbal.data.Field;
import io.gimbal.data.Shown;
import io.gimbal.shaded.jackson.databind.json.JsonMapper;
import io.gimbal.shaded.jackson.databind.node.ArrayNode;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
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
        ObjectNode json = new JsonMapper().createObjectNode().put("photo", prediction.photo().name())
                .put("width", prediction.width()).put("height", prediction.height());
        Shown shown = prediction.shown();
        json.putObject("predicted").put("left", shown.left()).put("top", shown.top()).put("width", shown.columns())
                .put("height", shown.rows());
        for (int i = 0; i < prediction.fields().size(); i++) {
            Field field = prediction.fields().get(i);
            if (field.kind() == Field.Kind.POINTS || field.kind() == Field.Kind.COORDINATES) {
                points(json.putObject(field.name()).putArray("points"), i);
            } else if (field.wholeImage() && field.kind() == Field.Kind.CLASSES) {
                put(json.putObject(field.name()), prediction.ofTheImage(i));
            } else if (field.wholeImage()) {
                put(json.putObject(field.name()), field, prediction.raw(i), prediction.yesOrNo(i));
            } else if (field.kind() == Field.Kind.CLASSES) {
                ObjectNode shares = json.putObject(field.name()).putObject("shares");
                new TaskPrediction.ClassMap(field, prediction.height(), prediction.width(), prediction.classes(i))
                        .shares().forEach(shares::put);
            }
        }
        return json;
    }

    private void points(ArrayNode list, int field) {
        for (PhotoPrediction.Point point : prediction.points(field)) {
            ObjectNode node = list.addObject().put("name", point.name());
            node.put("x", point.x()).put("y", point.y());
            if (prediction.fields().get(field).kind() == Field.Kind.POINTS) {
                node.put("score", point.score());
            }
        }
    }

    private static void put(ObjectNode json, TaskPrediction.ImageClass predicted) {
        if (predicted.number() < 0) {
            json.putNull("class");
            return;
        }
        json.put("class", predicted.name()).put("number", predicted.number()).put("probability",
                predicted.probabilities()[predicted.number()]);
        put(json.putObject("probabilities"), predicted.field(), predicted.probabilities());
    }

    private static void put(ObjectNode json, Field field, float[] values, boolean yesOrNo) {
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
}
