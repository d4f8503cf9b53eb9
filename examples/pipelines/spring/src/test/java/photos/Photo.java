package photos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import photos.PhotoService.Answer;
import tools.jackson.databind.json.JsonMapper;

/** The photos, posted to the service and read from what it answers. */
final class Photo {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private Photo() {}

    static List<byte[]> all() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("../photos"))) {
            return files.sorted().map(file -> {
                try {
                    return Files.readAllBytes(file);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }).toList();
        }
    }

    static CompletableFuture<HttpResponse<String>> post(int port, byte[] photo) {
        return CLIENT.sendAsync(HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/photos"))
                .header("Content-Type", "image/jpeg").POST(HttpRequest.BodyPublishers.ofByteArray(photo)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    static Answer read(HttpResponse<String> response) {
        assertEquals(200, response.statusCode(), response::body);
        return JsonMapper.shared().readValue(response.body(), Answer.class);
    }

    /** In a batch of another size a sum may differ in its last bits, and so may a pixel between two classes. */
    static void assertAlike(Answer due, Answer answer) {
        Set<String> classes = new TreeSet<>(due.shares().keySet());
        classes.addAll(answer.shares().keySet());
        for (String name : classes) {
            assertEquals(due.shares().getOrDefault(name, 0.0), answer.shares().getOrDefault(name, 0.0), 0.001, name);
        }
        assertEquals(due.medianDepth(), answer.medianDepth(), 0.001);
    }
}
