package photos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.predict.Predictor;
import io.gimbal.predict.PredictorListener;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The loop as it runs, with a broker: commits, failures and the end. */
@Timeout(300)
class LoopWithBrokerTest {
    private static final int PHOTOS = 64;

    @TempDir
    private static Path folder;
    private static Broker broker;
    private static Direct direct;

    @BeforeAll
    static void start() throws Exception {
        broker = new Broker(folder);
        direct = new Direct();
    }

    @AfterAll
    static void close() throws InterruptedException {
        direct.close();
        broker.close();
    }

    private static PhotoLoop loop(Predictor predictor) {
        return new PhotoLoop(new KafkaConsumer<>(Map.of("bootstrap.servers", broker.servers(), "group.id",
                "photo-loop", "enable.auto.commit", false, "max.poll.records", 16, "auto.offset.reset", "earliest"),
                new StringDeserializer(), new ByteArrayDeserializer()), new KafkaProducer<>(Map.of(
                "bootstrap.servers", broker.servers(), "transactional.id", "loop"), new StringSerializer(),
                new ByteArraySerializer()), predictor);
    }

    private static Future<Void> start(ExecutorService thread, PhotoLoop loop) {
        return thread.submit(() -> {
            loop.run();
            return null;
        });
    }

    @Test
    void whatALoopThatFailedHasNotCommittedTheNextOneAnswers() throws Exception {
        broker.send("failed ", PHOTOS);
        CountDownLatch half = new CountDownLatch(PHOTOS / 2);
        PredictorListener counting = new PredictorListener() {
            @Override
            public void request(Duration took) {
                half.countDown();
            }
        };
        try (Predictor failing = direct.predictor(Direct.OPTIONS.telling(counting));
                Predictor next = direct.predictor(Direct.OPTIONS);
                ExecutorService thread = Executors.newSingleThreadExecutor()) {
            Future<Void> ended = start(thread, loop(failing));
            half.await();
            failing.close();
            assertThrows(ExecutionException.class, ended::get);
            PhotoLoop loop = loop(next);
            ended = start(thread, loop);
            direct.assertAnsweredOnce("failed ", PHOTOS, broker.answers("failed ", PHOTOS));
            loop.consumer().wakeup();
            ended.get();
            assertTrue(next.statistics().predicted() < PHOTOS, "all of them were predicted again");
        }
    }

    @Test
    void theProgramEndsInOrderWhenItIsAskedTo() throws Exception {
        broker.send("program ", PHOTOS);
        Process program = Broker.java("photos.PhotoLoop", broker.servers(), "../model", "loop");
        try {
            direct.assertAnsweredOnce("program ", PHOTOS, broker.answers("program ", PHOTOS));
            program.destroy();
            assertEquals(143, program.waitFor(), "as after SIGTERM");
        } finally {
            program.destroyForcibly();
        }
    }
}
