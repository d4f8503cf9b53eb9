package photos;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.predict.Predictor;
import io.gimbal.predict.PredictorClosedException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The loop, poll by poll, with Kafka's own stand-ins for a consumer and a producer. */
class PhotoLoopTest {
    private static final TopicPartition PARTITION = new TopicPartition("photos", 0);

    private final Direct direct = new Direct();
    private final MockConsumer<String, byte[]> consumer = new MockConsumer<>("earliest");
    private final MockProducer<String, byte[]> producer = new MockProducer<>(true, null, new StringSerializer(),
            new ByteArraySerializer());

    @AfterEach
    void close() {
        direct.close();
    }

    /** The first poll finds these, the next one that somebody has woken the consumer up. */
    private void run(Predictor predictor, List<byte[]> photos) throws Exception {
        consumer.schedulePollTask(() -> {
            consumer.rebalance(List.of(PARTITION));
            consumer.updateBeginningOffsets(Map.of(PARTITION, 0L));
            for (int i = 0; i < photos.size(); i++) {
                consumer.addRecord(new ConsumerRecord<>("photos", 0, i, "photo " + i, photos.get(i)));
            }
        });
        consumer.schedulePollTask(consumer::wakeup);
        new PhotoLoop(consumer, producer, predictor).run();
    }

    private static List<byte[]> photos(int count) {
        return IntStream.range(0, count).mapToObj(Direct::photo).toList();
    }

    /** Where each partition's next photo is, by transactions. */
    private List<Long> committed() {
        return producer.consumerGroupOffsetsHistory().stream().flatMap(groups -> groups.values().stream())
                .map(offsets -> offsets.get(PARTITION)).map(OffsetAndMetadata::offset).toList();
    }

    @Test
    void theAnswersAreWhatThePredictorSaysInThePhotosOrder() throws Exception {
        List<byte[]> photos = photos(20);
        run(direct.predictor(Direct.OPTIONS), photos);
        assertEquals(20, producer.history().size());
        for (int i = 0; i < photos.size(); i++) {
            ProducerRecord<String, byte[]> answer = producer.history().get(i);
            assertEquals("answers", answer.topic());
            assertEquals("photo " + i, answer.key());
            assertEquals(direct.shares(photos.get(i)), Direct.read(answer.value()));
        }
        assertEquals(List.of(20L), committed());
    }

    /** The predictor waits for a full batch as long as a test may take: one photo at a time would be 32 batches. */
    @Test
    @Timeout(60)
    void thePhotosOfAPollShareBatches() throws Exception {
        Predictor patient = direct.predictor(Direct.OPTIONS.waiting(Duration.ofMinutes(1)));
        run(patient, photos(32));
        assertEquals(32, patient.statistics().predicted());
        assertEquals(4, patient.statistics().batches());
    }

    @Test
    void whatIsNoPhotoIsADeadLetterWithTheReasonAndTheLoopGoesOn() throws Exception {
        byte[] damaged = Arrays.copyOf(Direct.photo(0), 300);
        run(direct.predictor(Direct.OPTIONS), Arrays.asList(damaged, null, Direct.photo(0)));
        ProducerRecord<String, byte[]> letter = producer.history().getFirst();
        assertEquals("photos-unreadable", letter.topic());
        assertEquals("photo 0", letter.key());
        assertArrayEquals(damaged, letter.value());
        String reason = new String(letter.headers().lastHeader("reason").value(), StandardCharsets.UTF_8);
        assertTrue(reason.startsWith("the image: "), reason);
        assertEquals(List.of("photos-unreadable", "photos-unreadable", "answers"), producer.history().stream()
                .map(ProducerRecord::topic).toList());
        assertEquals(List.of(3L), committed());
    }

    @Test
    void wokenUpItClosesWhatItHasAndReturns() throws Exception {
        run(direct.predictor(Direct.OPTIONS), List.of());
        assertTrue(consumer.closed() && producer.closed());
    }

    @Test
    void whereThePredictorIsGoneTheLoopEndsAndCommitsNothing() {
        Predictor predictor = direct.predictor(Direct.OPTIONS);
        predictor.close();
        ExecutionException ended = assertThrows(ExecutionException.class, () -> run(predictor, photos(3)));
        assertInstanceOf(PredictorClosedException.class, ended.getCause());
        assertNothingIsWritten();
    }

    @Test
    void whereAnAnswerCannotBeWrittenNothingIsCommitted() {
        producer.commitTransactionException = new KafkaException("no room");
        KafkaException ended = assertThrows(KafkaException.class, () -> run(direct.predictor(Direct.OPTIONS),
                photos(3)));
        assertSame(producer.commitTransactionException, ended);
        assertNothingIsWritten();
    }

    private void assertNothingIsWritten() {
        assertEquals(List.of(), producer.history());
        assertEquals(List.of(), committed());
        assertTrue(consumer.closed() && producer.closed());
    }
}
