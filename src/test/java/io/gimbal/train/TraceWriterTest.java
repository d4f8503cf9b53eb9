package io.gimbal.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gimbal.engine.InvalidValues;
import io.gimbal.engine.StepRecord;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class TraceWriterTest {
    private static final InvalidValues NONE = new InvalidValues(0, 0, 0);

    private static StepRecord record(double[] loss, double[] norm, long[] labels, boolean accepted) {
        return new StepRecord(3, loss, new double[] {1, 1}, norm, labels, 0.5, 0.25, accepted, false, NONE,
                List.of(NONE, NONE));
    }

    private static String log(StepRecord record) {
        StringWriter text = new StringWriter();
        new TraceWriter(text, List.of("a", "b")).log(record);
        return text.toString();
    }

    @Test
    void aTaskWithoutALabelHasNeitherLossNorNormInTheLogButItsWeight() {
        StepRecord record = record(new double[] {0, 0.5}, new double[] {0, 2}, new long[] {0, 7}, true);
        assertEquals("{\"step\":3,\"loss\":{\"a\":null,\"b\":0.5},\"weight\":{\"a\":1.0,\"b\":1.0},"
                + "\"grad_norm\":{\"a\":null,\"b\":2.0},\"total\":0.5,\"lr\":0.25,\"accepted\":true}\n", log(record));
    }

    @Test
    void aPerfectTaskHasALossOfZero() {
        StepRecord record = record(new double[] {0, 0.5}, new double[] {0, 2}, new long[] {9, 7}, true);
        assertEquals("{\"step\":3,\"loss\":{\"a\":0.0,\"b\":0.5},\"weight\":{\"a\":1.0,\"b\":1.0},"
                + "\"grad_norm\":{\"a\":0.0,\"b\":2.0},\"total\":0.5,\"lr\":0.25,\"accepted\":true}\n", log(record));
    }

    @Test
    void aTraceHasZerosThereAsTheReferencesHas() {
        StringWriter text = new StringWriter();
        new TraceWriter(text, List.of("a", "b")).trace(record(new double[] {0, 0.5}, new double[] {0, 2},
                new long[] {0, 7}, true));
        assertEquals("{\"step\":3,\"loss\":{\"a\":0.0,\"b\":0.5},\"weight\":{\"a\":1.0,\"b\":1.0},"
                + "\"grad_norm\":{\"a\":0.0,\"b\":2.0},\"total\":0.5}\n", text.toString());
    }

    @Test
    void normsThatWereNotMeasuredAreLeftOutAndThoseOfARejectedStepAreNull() {
        double[] unknown = {Double.NaN, Double.NaN};
        assertEquals("{\"step\":3,\"loss\":{\"a\":1.0,\"b\":0.5},\"weight\":{\"a\":1.0,\"b\":1.0},"
                + "\"total\":0.5,\"lr\":0.25,\"accepted\":true}\n",
                log(record(new double[] {1, 0.5}, unknown, new long[] {1, 1}, true)));
        assertEquals("{\"step\":3,\"loss\":{\"a\":null,\"b\":0.5},\"weight\":{\"a\":1.0,\"b\":1.0},"
                + "\"grad_norm\":{\"a\":null,\"b\":null},\"total\":0.5,\"lr\":0.25,\"accepted\":false}\n",
                log(record(new double[] {Double.NaN, 0.5}, unknown, new long[] {1, 1}, false)));
    }
}
