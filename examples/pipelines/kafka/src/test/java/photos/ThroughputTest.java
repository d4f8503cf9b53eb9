package photos;

import io.gimbal.predict.Predictor;
import io.gimbal.predict.PredictorOptions;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Photos a second: asked of the predictor alone, and by way of Kafka, in turn. The broker is on this machine, too. */
@Tag("throughput")
class ThroughputTest {
    private static final int PHOTOS = 3000;
    private static final int WARM = 1000;

    @TempDir
    private Path folder;

    @Test
    void kafkaBesideThePredictorAlone() throws Exception {
        try (Direct direct = new Direct(); Broker broker = new Broker(folder)) {
            broker.send("", PHOTOS);
            for (int round = 0; round < 3; round++) {
                System.out.printf("alone %.0f, by the streams %.0f, by the loop %.0f photos a second%n", alone(direct),
                        streams(direct, broker, round), loop(direct, broker, round));
            }
        }
    }

    private static double alone(Direct direct) throws Exception {
        try (Predictor predictor = direct.predictor(PredictorOptions.DEFAULT);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < PHOTOS; i++) {
                byte[] photo = Direct.photo(i);
                threads.submit(() -> JsonMapper.shared().writeValueAsBytes(Direct.shares(predictor, photo)));
            }
            return rate(predictor);
        }
    }

    /** Of those after the first thousand. */
    private static double rate(Predictor predictor) throws InterruptedException {
        long begun = 0;
        for (long predicted = 0; predicted < PHOTOS; predicted = predictor.statistics().predicted()) {
            if (begun == 0 && predicted >= WARM) {
                begun = System.nanoTime();
            }
            Thread.sleep(1);
        }
        return (PHOTOS - WARM) * 1e9 / (System.nanoTime() - begun);
    }

    private static double streams(Direct direct, Broker broker, int round) throws Exception {
        Map<String, Object> settings = PhotoStreams.settings(broker.servers()).originals();
        settings.put("application.id", "round-" + round);
        try (Predictor predictor = direct.predictor(PredictorOptions.DEFAULT);
                KafkaStreams streams = new KafkaStreams(PhotoStreams.topology(predictor),
                        new StreamsConfig(settings))) {
            streams.start();
            return rate(predictor);
        }
    }

    private static double loop(Direct direct, Broker broker, int round) throws Exception {
        try (Predictor predictor = direct.predictor(PredictorOptions.DEFAULT);
                ExecutorService thread = Executors.newSingleThreadExecutor()) {
            PhotoLoop loop = new PhotoLoop(new KafkaConsumer<>(Map.of("bootstrap.servers", broker.servers(), "group.id",
                    "loop-" + round, "enable.auto.commit", false, "max.poll.records", 64, "auto.offset.reset",
                    "earliest"), new StringDeserializer(), new ByteArrayDeserializer()), new KafkaProducer<>(Map.of(
                    "bootstrap.servers", broker.servers(), "transactional.id", "loop"), new StringSerializer(),
                    new ByteArraySerializer()), predictor);
            Future<Void> ended = thread.submit(() -> {
                loop.run();
                return null;
            });
            double rate = rate(predictor);
            loop.consumer().wakeup();
            ended.get();
            return rate;
        }
    }
}
