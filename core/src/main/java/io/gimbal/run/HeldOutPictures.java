package io.gimbal.run;

import io.gimbal.data.DataSet;
import io.gimbal.data.Field;
import io.gimbal.data.Slot;
import io.gimbal.engine.InferenceStep;
import io.gimbal.loss.TaskSpec;
import io.gimbal.drawing.Pictures;
import io.gimbal.train.Validation;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Draws the first held-out examples while they are being validated on. */
final class HeldOutPictures implements Validation.Visitor {
    private static final int MOST = 6;

    private final DataSet data;
    private final List<TaskSpec> tasks;
    private final List<Field> fields;
    private final int batch;
    private final Pictures pictures;
    private int added;

    /** @param data must have {@linkplain Pictures#canShow pictures} */
    HeldOutPictures(DataSet data, List<TaskSpec> tasks, int batch) {
        this.data = data;
        this.tasks = tasks;
        this.batch = batch;
        fields = tasks.stream().map(task -> data.field(task.field())).toList();
        pictures = new Pictures(data, fields);
    }

    @Override
    public void batch(Slot labels, InferenceStep predictions, int real) {
        for (int example = 0; example < real && added < MOST; example++) {
            add(labels, predictions, example);
            added++;
        }
    }

    private void add(Slot labels, InferenceStep predictions, int example) {
        Map<String, ByteBuffer> truths = new HashMap<>();
        Map<String, FloatBuffer> predicted = new HashMap<>();
        for (int task = 0; task < fields.size(); task++) {
            Field field = fields.get(task);
            truths.put(field.name(), part(labels.targets().get(field.name()), field.places(data.height(), data.width())
                    * field.bytesPerPlace(), example));
            FloatBuffer all = predictions.prediction(task);
            int each = all.capacity() / batch;
            FloatBuffer one = all.slice(example * each, each);
            predicted.put(field.name(), tasks.get(task).loss().ofLogits() ? probabilities(one) : one);
        }
        long imageBytes = (long) data.height() * data.width() * data.channels() * Float.BYTES;
        pictures.add(part(labels.image(), imageBytes, example).asFloatBuffer(), truths, predicted);
    }

    private static FloatBuffer probabilities(FloatBuffer logits) {
        float[] probabilities = new float[logits.capacity()];
        for (int i = 0; i < probabilities.length; i++) {
            probabilities[i] = (float) (1 / (1 + Math.exp(-logits.get(i))));
        }
        return FloatBuffer.wrap(probabilities);
    }

    private static ByteBuffer part(ByteBuffer all, long bytes, int example) {
        return all.slice(Math.toIntExact(example * bytes), (int) bytes).order(ByteOrder.nativeOrder());
    }

    /** What was drawn. */
    Pictures pictures() {
        return pictures;
    }
}
