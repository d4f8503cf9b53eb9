package photos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.device.Device;
import io.gimbal.predict.Model;
import io.gimbal.predict.Predictor;
import io.gimbal.predict.PredictorListener;
import io.gimbal.predict.PredictorOptions;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Primary;

/** The service while its predictor is held after its first batch: what comes must wait, and only 8 may. */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
@Timeout(120)
class BusyServiceTest {
    private static final CountDownLatch HOLD = new CountDownLatch(1);

    @LocalServerPort
    private int port;
    @Autowired
    private Predictor predictor;

    @TestConfiguration
    static class Held {
        @Bean
        @Primary
        Predictor heldPredictor(Device device) {
            PredictorListener holding = new PredictorListener() {
                @Override
                public void batch(int requests, int size, Duration waited, Duration ran) {
                    try {
                        HOLD.await();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                }
            };
            return Model.load(Path.of("../model")).predictor(device, PredictorOptions.upTo(8).queueing(8)
                    .telling(holding));
        }
    }

    @Test
    @Timeout(60)
    void whatMayNotWaitIsRefusedAndWhatWaitsSharesABatch() throws Exception {
        byte[] photo = Photo.all().getFirst();
        Photo.read(Photo.post(port, photo).get());
        List<CompletableFuture<HttpResponse<String>>> waiting = Stream.generate(() -> Photo.post(port, photo)).limit(8)
                .toList();
        while (predictor.statistics().waiting() < 8) {
            Thread.sleep(10);
        }
        HttpResponse<String> refused = Photo.post(port, photo).get();
        assertEquals(503, refused.statusCode());
        assertTrue(refused.body().contains("try again"), refused::body);
        HOLD.countDown();
        for (CompletableFuture<HttpResponse<String>> answer : waiting) {
            Photo.read(answer.get());
        }
        assertEquals(2, predictor.statistics().batches());
    }
}
