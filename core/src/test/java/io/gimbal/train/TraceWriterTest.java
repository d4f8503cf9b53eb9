package io.gimbal.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.engine.Diagnosis;
import io.gimbal.engine.InvalidValues;
import io.gimbal.engine.StepRecord;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TraceWriterTest {
    private static final InvalidValues NONE = new InvalidValues(0, 0, 0);

    private static StepRecord record(double[] loss, double[] norm, long[] labels, boolean accepted) {
        return new StepRecord(3, loss, new double[] {1, 1}, norm, labels, 0.5, 0.25, accepted, false, NONE,
                List.of(NONE, NONE), Optional.empty());
    }

    private static String log(StepRecord record) {
        StringWriter text = new StringWriter();
        new TraceWriter(text, List.of("a", "b")).log(record);
        return text.toString();
    }

    private static StepRecord diagnosed(double[] norm, double condition) {
        double[] ones = {1, 1, 1};
        return new StepRecord(3, ones, ones, norm, new long[] {1, 1, 1}, 3, 0.25, true, false, NONE,
                List.of(NONE, NONE, NONE), Optional.of(new Diagnosis(new double[] {0.5, -1, 0}, condition)));
    }

    private static String logOfThree(StepRecord record) {
        StringWriter text = new StringWriter();
        new TraceWriter(text, List.of("a", "b", "c")).log(record);
        return text.toString();
    }

    @Test
    void aDiagnosedStepHasTheCosinesByPairAndTheCondition() {
        String line = logOfThree(diagnosed(new double[] {1, 2, 3}, 8));
        assertTrue(line.endsWith("\"accepted\":true,\"cosine\":{\"a,b\":0.5,\"a,c\":-1.0,\"b,c\":0.0},"
                + "\"condition\":8.0}\n"), line);
    }

    @Test
    void aGradientOfZeroHasNoCosineAndAConditionThatIsNotFiniteIsNull() {
        for (double condition : new double[] {Double.POSITIVE_INFINITY, Double.NaN}) {
            String line = logOfThree(diagnosed(new double[] {1, 2, 0}, condition));
            assertTrue(line.endsWith("\"cosine\":{\"a,b\":0.5,\"a,c\":null,\"b,c\":null},\"condition\":null}\n"),
                    line);
        }
    }

    @Test
    void aTraceHasNoDiagnosis() {
        StringWriter text = new StringWriter();
        new TraceWriter(text, List.of("a", "b", "c")).trace(diagnosed(new double[] {1, 2, 3}, 8));
        assertTrue(text.toString().endsWith("\"total\":3.0}\n"), text.toString());
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
