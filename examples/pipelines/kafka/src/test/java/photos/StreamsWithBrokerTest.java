package photos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.predict.Predictor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.streams.KafkaStreams;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kafka Streams as it runs, with a broker: threads, batches, commits and the end. */
@Timeout(300)
class StreamsWithBrokerTest {
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

    /** One thread that waits for its photo would make batches of one. */
    @Test
    void itsThreadsShareBatches() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        try (Predictor patient = direct.predictor(Direct.OPTIONS.waiting(Duration.ofSeconds(1)));
                KafkaStreams streams = new KafkaStreams(PhotoStreams.topology(patient),
                        PhotoStreams.settings(broker.servers()))) {
            streams.setStateListener((now, _) -> {
                if (now == KafkaStreams.State.RUNNING) {
                    running.countDown();
                }
            });
            streams.start();
            running.await();
            broker.send("shared ", PHOTOS);
            direct.assertAnsweredOnce("shared ", PHOTOS, broker.answers("shared ", PHOTOS));
            assertEquals(PHOTOS, patient.statistics().predicted());
            assertTrue(patient.statistics().meanBatch() > 4, () -> patient.statistics().batches() + " batches");
        }
    }

    @Test
    void theProgramEndsInOrderWhenItIsAskedTo() throws Exception {
        broker.send("program ", PHOTOS);
        Process program = Broker.java("photos.PhotoStreams", broker.servers(), "../model");
        try {
            direct.assertAnsweredOnce("program ", PHOTOS, broker.answers("program ", PHOTOS));
            program.destroy();
            assertEquals(143, program.waitFor(), "as after SIGTERM");
        } finally {
            program.destroyForcibly();
        }
    }
}
