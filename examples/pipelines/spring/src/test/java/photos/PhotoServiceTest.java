package photos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.predict.PhotoSource;
import io.gimbal.predict.Predictor;
import io.gimbal.predict.PredictorClosedException;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.ConfigurableApplicationContext;
import photos.PhotoService.Answer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The service behind a port of this machine. */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
class PhotoServiceTest {
    @LocalServerPort
    private int port;
    @Autowired
    private Predictor predictor;

    @Test
    void theAnswersAreWhatThePredictorSays() throws Exception {
        List<byte[]> photos = Photo.all();
        List<CompletableFuture<HttpResponse<String>>> answers = IntStream.range(0, 32).mapToObj(i -> Photo.post(port,
                photos.get(i % photos.size()))).toList();
        for (int i = 0; i < 32; i++) {
            Answer due = Answer.of(predictor.predict(PhotoSource.ofBytes(photos.get(i % photos.size()))));
            Photo.assertAlike(due, Photo.read(answers.get(i).get()));
        }
    }

    @Test
    void whatIsNoPhotoIsRefusedWithTheReason() throws Exception {
        HttpResponse<String> response = Photo.post(port, Arrays.copyOf(Photo.all().getFirst(), 300)).get();
        assertEquals(422, response.statusCode());
        assertEquals("application/problem+json", response.headers().firstValue("Content-Type").orElseThrow());
        JsonNode problem = JsonMapper.shared().readTree(response.body());
        assertTrue(problem.get("detail").asString().startsWith("the image: "), response::body);
    }

    @Test
    void thePredictorIsClosedWithTheService() throws Exception {
        ConfigurableApplicationContext service = SpringApplication.run(PhotoService.class, "--server.port=0");
        Predictor own = service.getBean(Predictor.class);
        service.close();
        PhotoSource photo = PhotoSource.ofBytes(Photo.all().getFirst());
        assertThrows(PredictorClosedException.class, () -> own.predict(photo));
    }

    @Test
    void theExampleHasAtMostSixtyLines() throws IOException {
        int lines = Files.readAllLines(Path.of("src/main/java/photos/PhotoService.java")).size();
        assertTrue(lines <= 60, lines + " lines");
    }
}
