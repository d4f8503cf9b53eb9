package photos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.predict.Model;
import io.gimbal.predict.PhotoSource;
import io.gimbal.predict.Predictor;
import io.gimbal.predict.PredictorOptions;
import io.gimbal.predict.TaskPrediction;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/** The photos, and what a predictor says of them when it is asked without Kafka. */
final class Direct implements AutoCloseable {
    private static final List<Path> PHOTOS = photos();
    private static final Model MODEL = Model.load(Path.of("../model"));
    /** Batches of one size alone: another size may add up in another order, and differ in the last bits. */
    static final PredictorOptions OPTIONS = PredictorOptions.only(8);

    private final Device device = Device.open(DeviceKind.SOFT);
    private final Predictor predictor = predictor(OPTIONS);

    private static List<Path> photos() {
        try (Stream<Path> files = Files.list(Path.of("../photos"))) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Any number of photos: four that repeat. */
    static byte[] photo(int number) {
        try {
            return Files.readAllBytes(PHOTOS.get(number % PHOTOS.size()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One to be handed to Kafka. */
    Predictor predictor(PredictorOptions options) {
        return MODEL.predictor(device, options);
    }

    Map<String, Double> shares(byte[] photo) throws InterruptedException {
        return shares(predictor, photo);
    }

    static Map<String, Double> shares(Predictor predictor, byte[] photo) throws InterruptedException {
        TaskPrediction classes = predictor.predict(PhotoSource.ofBytes(photo)).task("segmentation");
        return ((TaskPrediction.ClassMap) classes).shares();
    }

    /** Each of so many photos of a name has one answer, which is what the predictor says. */
    void assertAnsweredOnce(String name, int count, Map<String, List<byte[]>> answers) throws InterruptedException {
        assertEquals(count, answers.size());
        for (int i = 0; i < count; i++) {
            List<byte[]> own = answers.get(name + i);
            assertEquals(1, own.size(), "answers to " + name + i);
            assertEquals(shares(photo(i)), read(own.getFirst()));
        }
    }

    static Map<?, ?> read(byte[] answer) {
        return JsonMapper.shared().readValue(answer, Map.class);
    }

    @Override
    public void close() {
        device.close();
    }
}
