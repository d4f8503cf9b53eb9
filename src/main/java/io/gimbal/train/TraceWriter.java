package io.gimbal.train;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.gimbal.engine.StepRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.List;

/**
 * Writes a line of JSON a step: {@code step}, by task {@code loss}, {@code weight} and {@code grad_norm}, and {@code
 * total}. Figures that are not finite are written as null, and norms that were not measured are left out.
 */
final class TraceWriter {
    private static final JsonFactory JSON = new JsonFactory();

    private final Writer out;
    private final List<String> tasks;

    TraceWriter(Writer out, List<String> tasks) {
        this.out = out;
        this.tasks = tasks;
    }

    /** The figures that a trace of the reference has. */
    void trace(StepRecord record) {
        write(record, false);
    }

    /** The same and the learning rate, and whether the step counted. */
    void log(StepRecord record) {
        write(record, true);
    }

    private void write(StepRecord record, boolean more) {
        try {
            JsonGenerator json = JSON.createGenerator(out).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
                    .disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
            json.writeStartObject();
            json.writeNumberField("step", record.step());
            byTask(json, "loss", record.loss());
            byTask(json, "weight", record.weight());
            if (measured(record)) {
                byTask(json, "grad_norm", record.gradientNorm());
            }
            json.writeFieldName("total");
            number(json, record.total());
            if (more) {
                json.writeFieldName("lr");
                number(json, record.learningRate());
                json.writeBooleanField("accepted", record.accepted());
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

    private void byTask(JsonGenerator json, String figure, double[] values) throws IOException {
        json.writeObjectFieldStart(figure);
        for (int task = 0; task < values.length; task++) {
            json.writeFieldName(tasks.get(task));
            number(json, values[task]);
        }
        json.writeEndObject();
    }

    private static void number(JsonGenerator json, double value) throws IOException {
        if (Double.isFinite(value)) {
            json.writeNumber(value);
        } else {
            json.writeNull();
        }
    }
}
