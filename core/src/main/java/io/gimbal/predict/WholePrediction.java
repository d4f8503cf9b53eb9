package io.gimbal.predict;

import io.gimbal.data.Field;

/** What is predicted of an image as a whole, or of a row. */
final class WholePrediction {
    private WholePrediction() {}

    /**
     * A class or values.
     *
     * @param output  as the network leaves it
     * @param yesOrNo whether it is logits of yes or no
     */
    static TaskPrediction of(Field field, float[] output, boolean yesOrNo) {
        if (field.kind() == Field.Kind.CLASSES) {
            return TaskPrediction.ImageClass.of(field, output);
        }
        return new TaskPrediction.ImageValues(field, yesOrNo ? likely(output.clone()) : output.clone());
    }

    /** How likely yes is by such logits, in place. */
    static float[] likely(float[] logits) {
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) (1 / (1 + Math.exp(-logits[i])));
        }
        return logits;
    }
}
