package photos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.predict.Model;
import io.gimbal.predict.PhotoSource;
import io.gimbal.predict.Predictor;
import io.gimbal.predict.PredictorClosedException;
import io.gimbal.predict.TaskPrediction;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.util.CloseableIterator;
import org.apache.flink.util.ExceptionUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import photos.PhotoAnswers.Answer;
import photos.PhotoAnswers.Photo;

/** The function in jobs of a cluster in this process: one task manager with four slots. */
class PhotoAnswersTest {
    private static final int SLOTS = 4;

    @RegisterExtension
    private static final MiniClusterExtension CLUSTER = new MiniClusterExtension(
            new MiniClusterResourceConfiguration.Builder().setNumberTaskManagers(1).setNumberSlotsPerTaskManager(SLOTS)
                    .build());

    /** Those that the jobs of a test had, as tasks of this process saw them, and how many batches the last one ran. */
    private static final Set<Predictor> PREDICTORS = ConcurrentHashMap.newKeySet();
    private static final AtomicBoolean FAIL = new AtomicBoolean();
    private static volatile long batches;

    /** Looks at the predictor with each answer. */
    private static final class Watching implements MapFunction<Answer, Answer> {
        @Override
        public Answer map(Answer answer) {
            PREDICTORS.add(PhotoAnswers.predictor);
            batches = PhotoAnswers.predictor.statistics().batches();
            if (FAIL.getAndSet(false)) {
                PhotoAnswers.predictor.close();
            }
            return answer;
        }
    }

    @BeforeEach
    void forget() {
        PREDICTORS.clear();
    }

    private static byte[] file(int number) throws IOException {
        try (Stream<Path> files = Files.list(Path.of("../photos"))) {
            List<Path> photos = files.sorted().toList();
            return Files.readAllBytes(photos.get(number % photos.size()));
        }
    }

    private static List<Photo> photos(int count) throws IOException {
        List<Photo> photos = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            photos.add(new Photo("photo " + i, file(i)));
        }
        return photos;
    }

    /** The answers of a job, by photo. Kryo may serialise nothing of it. */
    private static Map<String, Answer> answers(String run, List<Photo> photos, int subtasks) throws Exception {
        StreamExecutionEnvironment flink = StreamExecutionEnvironment.getExecutionEnvironment(new Configuration()
                .set(PipelineOptions.GENERIC_TYPES, false)
                .set(PipelineOptions.GLOBAL_JOB_PARAMETERS, Map.of("run", run))
                .set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay")
                .set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, 1));
        flink.enableCheckpointing(100);
        try (CloseableIterator<Answer> answers = PhotoAnswers.of(flink.fromData(photos, TypeInformation.of(Photo.class))
                .rebalance()).setParallelism(subtasks).map(new Watching()).executeAndCollect("photos")) {
            List<Answer> all = new ArrayList<>();
            answers.forEachRemaining(all::add);
            return all.stream().collect(Collectors.toMap(Answer::photo, answer -> answer));
        }
    }

    private static void assertAnswered(int photos, Map<String, Answer> answers) throws Exception {
        assertEquals(photos, answers.size());
        try (Device device = Device.open(DeviceKind.SOFT);
                Predictor direct = Model.load(Path.of("../model")).predictor(device)) {
            for (int i = 0; i < photos; i++) {
                TaskPrediction classes = direct.predict(PhotoSource.ofBytes(file(i))).task("segmentation");
                assertAlike(((TaskPrediction.ClassMap) classes).shares(), answers.get("photo " + i).shares());
            }
        }
    }

    /** In a batch of another size a sum may differ in its last bits, and so may a pixel between two classes. */
    private static void assertAlike(Map<String, Double> due, Map<String, Double> shares) {
        Set<String> classes = new TreeSet<>(due.keySet());
        classes.addAll(shares.keySet());
        for (String name : classes) {
            assertEquals(due.getOrDefault(name, 0.0), shares.getOrDefault(name, 0.0), 0.001, name);
        }
    }

    @Test
    void theAnswersAreWhatThePredictorSays() throws Exception {
        assertAnswered(32, answers("../model", photos(32), SLOTS));
    }

    @Test
    void theSubtasksOfATaskManagerShareAPredictorWhichTheLastOneCloses() throws Exception {
        answers("../model", photos(32), SLOTS);
        assertEquals(1, PREDICTORS.size());
        PhotoSource photo = PhotoSource.ofBytes(file(0));
        assertThrows(PredictorClosedException.class, () -> PREDICTORS.iterator().next().predict(photo));
    }

    /** Photos that are read sooner than one is predicted: if each were waited for, each would be a batch. */
    @Test
    void aSubtasksPhotosShareBatches() throws Exception {
        ByteArrayOutputStream small = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(4, 4, BufferedImage.TYPE_INT_RGB), "png", small);
        List<Photo> photos = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            photos.add(new Photo("photo " + i, small.toByteArray()));
        }
        assertEquals(400, answers("../model", photos, 1).size());
        assertTrue(batches < 300, batches + " batches");
    }

    @Test
    void whatIsNoPhotoIsAnsweredByTheReasonAndTheStreamGoesOn() throws Exception {
        List<Photo> photos = photos(4);
        photos.add(2, new Photo("damaged", Arrays.copyOf(file(0), 300)));
        Map<String, Answer> answers = answers("../model", photos, 1);
        Answer damaged = answers.remove("damaged");
        assertNull(damaged.shares());
        assertTrue(damaged.fault().startsWith("the image: "), damaged.fault());
        assertAnswered(4, answers);
    }

    @Test
    void afterAFailureThePhotosAreAnsweredByAPredictorOfTheNextAttempt() throws Exception {
        FAIL.set(true);
        Map<String, Answer> answers = answers("../model", photos(200), SLOTS);
        assertEquals(2, PREDICTORS.size());
        assertAnswered(200, answers);
    }

    @Test
    void aRunThatIsNotThereFailsTheJobByName() {
        Exception failure = assertThrows(Exception.class, () -> answers("no/such/run", photos(1), SLOTS));
        UserException reason = ExceptionUtils.findThrowable(failure, UserException.class).orElseThrow(() ->
                new AssertionError(failure));
        assertTrue(reason.getMessage().contains("no/such/run"), reason.getMessage());
    }

    @Test
    void theExampleHasAtMostSixtyLines() throws IOException {
        int lines = Files.readAllLines(Path.of("src/main/java/photos/PhotoAnswers.java")).size();
        assertTrue(lines <= 60, lines + " lines");
    }
}
