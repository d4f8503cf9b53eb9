package io.gimbal.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import io.gimbal.shaded.jackson.core.JsonGenerator;
import io.gimbal.shaded.jackson.core.JsonParser;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LogSummaryTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private final LogSummary log = new LogSummary();

    private void add(String line) throws IOException {
        try (JsonParser json = MAPPER.getFactory().createParser(line)) {
            json.nextToken();
            log.add(json);
        }
    }

    private void add(long step, double loss) throws IOException {
        add("{\"step\":" + step + ",\"loss\":{\"a\":" + (Double.isNaN(loss) ? "null" : loss) + "},\"accepted\":true}");
    }

    private JsonNode written() throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = MAPPER.createGenerator(text)) {
            log.write(json);
        }
        return MAPPER.readTree(text.toString());
    }

    @Test
    void anEmptyLogHasNoBuckets() throws IOException {
        assertEquals(0, written().get("buckets").asInt());
        assertEquals(0, log.steps());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, LogSummary.MOST})
    void aShortLogIsKeptAsItIs(int steps) throws IOException {
        for (int step = 0; step < steps; step++) {
            add(step, step % 2 == 1 ? Double.NaN : 0.1f * step);
        }
        JsonNode loss = written().at("/loss/0");
        assertEquals(1, written().get("width").asInt());
        assertEquals(steps, loss.get("mean").size());
        assertFalse(loss.has("low"), "a bucket of one step has one value");
        for (int step = 0; step < steps; step++) {
            JsonNode value = loss.at("/mean/" + step);
            assertTrue(step % 2 == 1 ? value.isNull() : value.floatValue() == 0.1f * step, step + ": " + value);
        }
    }

    @ParameterizedTest
    @CsvSource({"1025, 2, 513", "2048, 2, 1024", "2049, 4, 513", "100001, 128, 782"})
    void aLongLogTakesBoundedRoomAndEverySpikeStays(int steps, int width, int buckets) throws IOException {
        int spike = steps / 3;
        for (int step = 0; step < steps; step++) {
            add(step, step == spike ? 1000 : step == spike + 400 ? -1000 : 1);
        }
        JsonNode summary = written();
        assertEquals(width, summary.get("width").asInt());
        assertEquals(buckets, summary.get("buckets").asInt());
        JsonNode loss = summary.at("/loss/0");
        assertEquals(1000, loss.get("high").get(spike / width).asDouble());
        assertEquals(-1000, loss.get("low").get((spike + 400) / width).asDouble());
        // Whole numbers below 2^24 and their mean over a power of two are exact.
        assertEquals((width - 1 + 1000.0) / width, loss.get("mean").get(spike / width).asDouble());
        assertEquals(1, loss.get("mean").get(buckets - 1).asDouble());
    }

    @Test
    void figuresBeyondFloat32AreKept() throws IOException {
        add(0, 1e300);
        add(1, 1e-300);
        assertEquals(1e300, written().at("/loss/0/mean/0").asDouble());
        assertEquals(1e-300, written().at("/loss/0/mean/1").asDouble());
    }

    private static String cosines(long step, int tasks, double value) {
        StringBuilder line = new StringBuilder("{\"step\":" + step + ",\"cosine\":{");
        for (int i = 0; i < tasks; i++) {
            for (int j = i + 1; j < tasks; j++) {
                line.append(i + j > 1 ? "," : "").append("\"" + i + "," + j + "\":").append(value * (i + 1));
            }
        }
        return line + "},\"condition\":" + (1 + step) + "}";
    }

    @Test
    void aLogWithoutADiagnosisHasNone() throws IOException {
        add(0, 1);
        assertTrue(written().get("gradients").isNull());
    }

    @Test
    void eachOfFewCosinesHasItsCourse() throws IOException {
        add(cosines(0, 3, 0.25));
        add(cosines(1, 3, -0.25));
        JsonNode gradients = written().get("gradients");
        assertEquals("[\"0,1\",\"0,2\",\"1,2\"]", gradients.get("names").toString());
        assertEquals("[0.25,-0.25]", gradients.at("/cosine/0/mean").toString());
        assertEquals("[0.5,-0.5]", gradients.at("/cosine/2/mean").toString());
        assertEquals("[1.0,2.0]", gradients.at("/condition/mean").toString());
        assertEquals("[0.0,0.0,0.0]", gradients.get("mean").toString());
    }

    @Test
    void ofManyCosinesTheLeastTheMeanAndTheLargestAreShownAndAllMeansAreKept() throws IOException {
        add(cosines(0, 6, 0.125));
        JsonNode gradients = written().get("gradients");
        assertEquals("[\"least\",\"mean\",\"largest\"]", gradients.get("names").toString());
        assertEquals("[0.125]", gradients.at("/cosine/0/mean").toString());
        assertEquals("[0.625]", gradients.at("/cosine/2/mean").toString());
        assertEquals(15, gradients.get("mean").size());
    }

    @Test
    void theMeanIsOverTheLastWholeEpoch() throws IOException {
        LogSummary epochs = new LogSummary(step -> step / 4);
        for (int step = 0; step < 10; step++) {
            try (JsonParser json = MAPPER.getFactory().createParser(cosines(step, 2, 0.0625 * step))) {
                json.nextToken();
                epochs.add(json);
            }
        }
        StringWriter text = new StringWriter();
        try (JsonGenerator json = MAPPER.createGenerator(text)) {
            epochs.write(json);
        }
        JsonNode gradients = MAPPER.readTree(text.toString()).get("gradients");
        assertEquals(4, gradients.get("from").asInt());
        assertEquals(7, gradients.get("to").asInt());
        assertEquals(0.0625 * 5.5, gradients.at("/mean/0").asDouble());
    }

    @Test
    void otherCosinesThanBeforeAreRefused() throws IOException {
        add(cosines(0, 3, 0.5));
        assertThrows(UserException.class, () -> add(cosines(1, 4, 0.5)));
    }

    @Test
    void rejectedStepsAreCountedAndTheFirstOnesNamed() throws IOException {
        for (int step = 0; step < 3000; step++) {
            add("{\"step\":" + step + ",\"accepted\":" + (step % 2 == 0) + "}");
        }
        assertEquals(1500, written().get("rejections").asInt());
        assertEquals(1000, written().get("rejected").size());
        assertEquals(3, written().at("/rejected/1").asInt());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"{\"loss\":{}} | must begin with its 'step', and begins with 'loss'.",
        "{\"step\":3} | its step is 3, but must be a number above 3",
        "{\"step\":\"x\"} | its step is x, but must be a number above 3",
        "{\"step\":4,\"loss\":7} | holds 7, where a figure for each task must stand.",
        "{\"step\":4,\"total\":\"x\"} | holds x, where a number or null must stand."})
    void whatNoRunWritesIsRefused(String line, String part) throws IOException {
        add(3, 1);
        String message = assertThrows(UserException.class, () -> add(line)).getMessage();
        assertTrue(message.contains(part), message);
    }

    @Test
    void aStepOfAnySizeTakesNoMoreRoom() throws IOException {
        add(0, 1);
        add(Long.MAX_VALUE, 2);
        assertTrue(written().get("buckets").asInt() <= LogSummary.MOST);
    }

    @Test
    void moreTasksThanANetworkMayHaveAreRefused() {
        StringBuilder line = new StringBuilder("{\"step\":0,\"loss\":{\"a\":1");
        for (int task = 0; task < 32; task++) {
            line.append(",\"t").append(task).append("\":1");
        }
        assertTrue(assertThrows(UserException.class, () -> add(line + "}}")).getMessage().contains("more than 32"));
    }
}
