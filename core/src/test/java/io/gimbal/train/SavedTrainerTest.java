package io.gimbal.train;

import static io.gimbal.nn.Layers.linear;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.balance.GradNorm;
import io.gimbal.config.UserException;
import io.gimbal.device.Device;
import io.gimbal.loss.Loss;
import io.gimbal.model.Network;
import io.gimbal.optimizer.Adam;
import io.gimbal.optimizer.Sgd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("device")
class SavedTrainerTest {
    private static Device device;

    @TempDir
    private Path folder;

    @BeforeAll
    static void open() {
        device = GuardedDevice.open();
    }

    @AfterAll
    static void close() {
        GuardedDevice.close(device);
    }

    private static Trainer.Builder toy() {
        return ToyProblem.trainer(device).optimizer(Adam.withRate(0.02)).balancing(GradNorm.withAlpha(1.5));
    }

    private static List<double[]> losses(Trainer trainer, ToyProblem batches, long steps) {
        List<double[]> losses = new ArrayList<>();
        trainer.train(batches, steps, record -> losses.add(record.loss().clone()));
        return losses;
    }

    @Test
    void anotherTrainerGoesOnToTheBit() {
        Path file = folder.resolve("state.safetensors");
        ToyProblem batches = new ToyProblem(5, 60);
        List<double[]> whole;
        try (Trainer trainer = toy().build()) {
            losses(trainer, batches, 25);
            trainer.save(file);
            whole = losses(trainer, batches, 35);
        }
        ToyProblem again = new ToyProblem(5, 60);
        for (int i = 0; i < 25; i++) {
            again.next();
        }
        try (Trainer trainer = toy().seed(99).average(0).build()) {
            assertThrows(UserException.class, () -> trainer.resume(file), "keeps averages");
        }
        try (Trainer trainer = toy().seed(99).build()) {
            trainer.resume(file);
            List<double[]> rest = losses(trainer, again, 35);
            assertEquals(whole.size(), rest.size());
            for (int i = 0; i < rest.size(); i++) {
                assertArrayEquals(whole.get(i), rest.get(i), "step " + (25 + i));
            }
            assertEquals(60, trainer.state().counters()[0]);
        }
    }

    @Test
    void whatAnInterruptStoppedIsSaved() {
        Path file = folder.resolve("state.safetensors");
        try (Trainer trainer = toy().build()) {
            TrainingStoppedException stopped = assertThrows(TrainingStoppedException.class, () -> trainer.train(
                    new ToyProblem(5, 1000), 1000, record -> {
                        if (record.step() == 3) {
                            Thread.currentThread().interrupt();
                        }
                    }));
            trainer.save(file);
            assertTrue(Thread.interrupted(), "the thread stays marked");
            long[] counters = trainer.state().counters();
            try (Trainer other = toy().build()) {
                other.resume(file);
                assertArrayEquals(counters, other.state().counters());
            }
            assertEquals(stopped.steps(), counters[0]);
        }
    }

    @Test
    void theFileIsReplacedWholeOrNotAtAll() throws IOException {
        Path file = Files.writeString(folder.resolve("state"), "of before");
        try (Trainer trainer = toy().build()) {
            assertThrows(UserException.class, () -> trainer.save(folder.resolve("no folder").resolve("state")));
            assertThrows(UserException.class, () -> trainer.resume(file));
            trainer.save(file);
            trainer.resume(file);
        }
    }

    @Test
    void whatIsOfAnotherTrainingIsRefusedAndChangesNothing() {
        Path file = folder.resolve("state.safetensors");
        try (Trainer trainer = toy().optimizer(new Sgd(0.1, 0, 0)).build()) {
            trainer.save(file);
        }
        Network wider = Network.ofFeatures(4).trunk(linear(8)).head("line", linear(1));
        Path other = folder.resolve("other.safetensors");
        try (Trainer trainer = Trainer.of(device, wider).task("line", Loss.l2()).build()) {
            trainer.save(other);
        }
        try (Trainer trainer = toy().build()) {
            float[] before = trainer.state().tensors().get("trunk.0.weight");
            for (Path wrong : List.of(file, other, folder.resolve("none"))) {
                String refusal = assertThrows(UserException.class, () -> trainer.resume(wrong)).getMessage();
                assertTrue(refusal.startsWith(wrong.toString()), refusal);
            }
            assertArrayEquals(before, trainer.state().tensors().get("trunk.0.weight"));
        }
    }
}
