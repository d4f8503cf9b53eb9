package photos;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.predict.Predictor;
import io.gimbal.predict.PredictorClosedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Properties;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.errors.StreamsException;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The topology, record by record, by Kafka's test driver. */
class PhotoStreamsTest {
    private final Direct direct = new Direct();
    private final Predictor predictor = direct.predictor(Direct.OPTIONS);
    private final TopologyTestDriver driver = new TopologyTestDriver(PhotoStreams.topology(predictor), settings());
    private final TestInputTopic<String, byte[]> photos = driver.createInputTopic("photos", new StringSerializer(),
            new ByteArraySerializer());
    private final TestOutputTopic<String, byte[]> answers = output("answers");
    private final TestOutputTopic<String, byte[]> deadLetters = output("photos-unreadable");

    private static Properties settings() {
        Properties settings = new Properties();
        settings.putAll(PhotoStreams.settings("none:9092").originals());
        return settings;
    }

    private TestOutputTopic<String, byte[]> output(String topic) {
        return driver.createOutputTopic(topic, new StringDeserializer(), new ByteArrayDeserializer());
    }

    @AfterEach
    void close() {
        driver.close();
        direct.close();
    }

    @Test
    void theAnswersAreWhatThePredictorSays() throws InterruptedException {
        for (int i = 0; i < 4; i++) {
            photos.pipeInput("photo " + i, Direct.photo(i));
            TestRecord<String, byte[]> answer = answers.readRecord();
            assertEquals("photo " + i, answer.key());
            assertEquals(direct.shares(Direct.photo(i)), Direct.read(answer.value()));
        }
        assertTrue(deadLetters.isEmpty());
    }

    @Test
    void whatIsNoPhotoIsADeadLetterWithTheReasonAndTheStreamGoesOn() {
        byte[] damaged = Arrays.copyOf(Direct.photo(0), 300);
        photos.pipeInput("damaged", damaged);
        photos.pipeInput("good", Direct.photo(0));
        TestRecord<String, byte[]> letter = deadLetters.readRecord();
        assertEquals("damaged", letter.key());
        assertArrayEquals(damaged, letter.value());
        String reason = text(letter.headers(), "__streams.errors.message");
        assertTrue(reason.startsWith("the image: "), reason);
        assertEquals("photos", text(letter.headers(), "__streams.errors.topic"));
        assertEquals("good", answers.readRecord().key());
        assertTrue(answers.isEmpty() && deadLetters.isEmpty());
    }

    private static String text(Headers headers, String name) {
        return new String(headers.lastHeader(name).value(), StandardCharsets.UTF_8);
    }

    @Test
    void aRecordWithoutAValueIsADeadLetter() {
        photos.pipeInput("nothing", (byte[]) null);
        assertEquals("nothing", deadLetters.readRecord().key());
        assertTrue(answers.isEmpty());
    }

    /** Else all that comes would end as dead letters. */
    @Test
    void whereThePredictorIsGoneTheStreamEnds() {
        predictor.close();
        StreamsException ended = assertThrows(StreamsException.class, () -> photos.pipeInput("photo",
                Direct.photo(0)));
        assertInstanceOf(PredictorClosedException.class, ended.getCause());
        assertTrue(answers.isEmpty() && deadLetters.isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"PhotoStreams", "PhotoLoop"})
    void theExampleHasAtMostSixtyLines(String name) throws IOException {
        int lines = Files.readAllLines(Path.of("src/main/java/photos", name + ".java")).size();
        assertTrue(lines <= 60, lines + " lines");
    }
}
