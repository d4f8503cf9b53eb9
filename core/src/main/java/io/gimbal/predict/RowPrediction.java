package io.gimbal.predict;

import io.gimbal.data.Field;
import io.gimbal.data.Normalisation;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What a network says of a row of a table. Immutable; safe for use by several threads. */
public final class RowPrediction {
    private final List<Field> fields;
    private final Set<String> yesOrNo;
    private final Map<String, Normalisation> units;
    private final List<float[]> outputs;

    /**
     * @param yesOrNo the fields whose values are logits of yes or no
     * @param units   how values of fields were normalised in training; without those that were not
     * @param outputs of each field
     */
    RowPrediction(List<Field> fields, Set<String> yesOrNo, Map<String, Normalisation> units, List<float[]> outputs) {
        this.fields = fields;
        this.yesOrNo = yesOrNo;
        this.units = units;
        this.outputs = List.copyOf(outputs);
    }

    /** {@return what is predicted, called as the tasks are} */
    public List<Field> fields() {
        return fields;
    }

    /**
     * What is predicted for a task.
     *
     * @param name the task's
     * @return {@link TaskPrediction.ImageClass}, or {@link TaskPrediction.ImageValues} in the table's units: values
     *         that training normalised are brought back
     * @throws IllegalArgumentException if there is no such task; names those that there are
     */
    public TaskPrediction task(String name) {
        int number = Model.number(fields, name);
        float[] output = outputs.get(number);
        return WholePrediction.of(fields.get(number), Optional.ofNullable(units.get(name)).map(how -> inUnits(how,
                output)).orElse(output), yesOrNo.contains(name));
    }

    private static float[] inUnits(Normalisation how, float[] output) {
        Normalisation each = how.spread(output.length);
        float[] values = new float[output.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = each.stored(i, output[i], 1);
        }
        return values;
    }

    /**
     * The network's own output for a field.
     *
     * @param field its number among {@link #fields}
     * @return the values, in an array of the caller's
     */
    public float[] raw(int field) {
        return outputs.get(field).clone();
    }
}
