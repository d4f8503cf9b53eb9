package io.gimbal.train;

import io.gimbal.engine.Diagnosis;
import io.gimbal.engine.StepRecord;
import io.gimbal.shaded.jackson.core.JsonFactory;
import io.gimbal.shaded.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Writes a line of JSON a step: {@code step}, by task {@code loss}, {@code weight} and {@code grad_norm}, and {@code
 * total}; {@code fell_back} where the balancing had no answer. A log also has the learning rate, whether the step
 * counted and, of a diagnosed step, the {@code cosine} of each two tasks' gradients, called {@code a,b} in the tasks'
 * order, and the {@code condition}. Figures that are not finite are written as null, and
 * norms that were not measured are left out. For a task that a batch has no label for, a trace has a loss and norm of
 * 0, as the reference's, and a log null.
 */
public final class TraceWriter {
    private static final JsonFactory JSON = new JsonFactory();

    private final Writer out;
    private final List<String> tasks;

    /**
     * Writes nothing yet.
     *
     * @param out   takes the lines; it is neither flushed nor closed
     * @param tasks their names, in order
     */
    public TraceWriter(Writer out, List<String> tasks) {
        this.out = out;
        this.tasks = tasks;
    }

    /**
     * The figures that a trace of the reference has.
     *
     * @param record the step's
     */
    public void trace(StepRecord record) {
        write(record, false);
    }

    /**
     * The same and what a log has besides.
     *
     * @param record the step's
     */
    public void log(StepRecord record) {
        write(record, true);
    }

    private void write(StepRecord record, boolean more) {
        try {
            JsonGenerator json = JSON.createGenerator(out).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
                    .disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
            json.writeStartObject();
            json.writeNumberField("step", record.step());
            IntPredicate known = more ? record::present : task -> true;
            byTask(json, "loss", record.loss(), known);
            byTask(json, "weight", record.weight(), task -> true);
            if (measured(record)) {
                byTask(json, "grad_norm", record.gradientNorm(), known);
            }
            json.writeFieldName("total");
            number(json, record.total());
            if (record.fellBack()) {
                json.writeBooleanField("fell_back", true);
            }
            if (more) {
                json.writeFieldName("lr");
                number(json, record.learningRate());
                json.writeBooleanField("accepted", record.accepted());
                if (record.diagnosis().isPresent()) {
                    diagnosis(json, record, record.diagnosis().orElseThrow());
                }
            }
            json.writeEndObject();
            json.close();
            out.write('\n');
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A step whose norms were all not a number was not measured, unless it was refused for them. */
    private static boolean measured(StepRecord record) {
        for (double norm : record.gradientNorm()) {
            if (!Double.isNaN(norm)) {
                return true;
            }
        }
        return !record.accepted();
    }

    private void byTask(JsonGenerator json, String figure, double[] values, IntPredicate known) throws IOException {
        json.writeObjectFieldStart(figure);
        for (int task = 0; task < values.length; task++) {
            json.writeFieldName(tasks.get(task));
            number(json, known.test(task) ? values[task] : Double.NaN);
        }
        json.writeEndObject();
    }

    private void diagnosis(JsonGenerator json, StepRecord record, Diagnosis diagnosis) throws IOException {
        json.writeObjectFieldStart("cosine");
        for (int i = 0; i < tasks.size(); i++) {
            for (int j = i + 1; j < tasks.size(); j++) {
                json.writeFieldName(tasks.get(i) + "," + tasks.get(j));
                number(json, hasDirection(record, i) && hasDirection(record, j) ? diagnosis.cosine(i, j)
                        : Double.NaN);
            }
        }
        json.writeEndObject();
        json.writeFieldName("condition");
        number(json, diagnosis.condition());
    }

    private static boolean hasDirection(StepRecord record, int task) {
        return record.gradientNorm()[task] != 0;
    }

    private static void number(JsonGenerator json, double value) throws IOException {
        if (Double.isFinite(value)) {
            json.writeNumber(value);
        } else {
            json.writeNull();
        }
    }
}
