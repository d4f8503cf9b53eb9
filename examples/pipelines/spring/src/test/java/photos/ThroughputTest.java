package photos;

import io.gimbal.predict.PhotoSource;
import io.gimbal.predict.Predictor;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import photos.PhotoService.Answer;

/** Photos a second: asked of the predictor alone, and posted to the service in this process, by 32 threads in turn. */
@Tag("throughput")
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
class ThroughputTest {
    private static final int PHOTOS = 2000;

    @LocalServerPort
    private int port;
    @Autowired
    private Predictor predictor;

    @Test
    void theServiceBesideThePredictorAlone() throws Exception {
        List<byte[]> photos = Photo.all();
        for (int round = 0; round < 4; round++) {
            double alone = rate(i -> () -> Answer.of(predictor.predict(PhotoSource.ofBytes(photos.get(i
                    % photos.size())))));
            double posted = rate(i -> () -> Photo.read(Photo.post(port, photos.get(i % photos.size())).get()));
            System.out.printf("%s alone %.0f, posted %.0f photos a second%n", round == 0 ? "warming up:" : "", alone,
                    posted);
        }
    }

    private static double rate(IntFunction<Callable<Answer>> request) throws Exception {
        long begun = System.nanoTime();
        try (ExecutorService threads = Executors.newFixedThreadPool(32)) {
            for (Future<Answer> answer : threads.invokeAll(IntStream.range(0, PHOTOS).mapToObj(request).toList())) {
                answer.get();
            }
        }
        return PHOTOS * 1e9 / (System.nanoTime() - begun);
    }
}
