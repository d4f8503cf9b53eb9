package io.gimbal.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.checkpoint.DataMeaning;
import io.gimbal.checkpoint.StoredModel;
import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.data.Normalisation;
import io.gimbal.data.NyuDepth;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.model.Network;
import io.gimbal.run.Quiet;
import io.gimbal.run.RunFolder;
import io.gimbal.run.TinyRooms;
import io.gimbal.run.TrainedModel;
import io.gimbal.run.TrainingConfig;
import io.gimbal.run.TrainingPlan;
import io.gimbal.run.TrainingRun;
import io.gimbal.storage.HostTensor;
import io.gimbal.storage.SafeTensors;
import io.gimbal.storage.TensorFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run has learned leaves it as a file or folder that predicts what the run's network does. */
class RunExportTest {
    @TempDir
    private static Path shared;
    private static Map<String, float[]> learned;

    @TempDir
    private Path folder;

    private static Path run() {
        return shared.resolve("run");
    }

    @BeforeAll
    static void train() {
        Config config = Config.parse(TinyRooms.TEXT, "tiny.json").with("epochs=1");
        try (Device device = Device.open(DeviceKind.SOFT); TrainingRun training = new TrainingRun(device,
                TrainingConfig.read(config), RunFolder.create(run(), "tiny rooms", config), () -> {})) {
            training.run(new Quiet());
            learned = training.trainer().step().model().read();
        }
    }

    private static TrainedModel model() {
        return TrainedModel.read(run(), Optional.empty());
    }

    /** What the run's network predicts of pictures, [N, 16, 24, 3], normalised as the data are. */
    private static Map<String, float[]> predicted(byte[] pictures) {
        float[] planes = new float[pictures.length];
        int places = 16 * 24;
        for (int i = 0; i < pictures.length; i++) {
            int place = i / 3;
            planes[(place / places * 3 + i % 3) * places + place % places] = Normalisation.RANGE.of(i % 3,
                    Byte.toUnsignedInt(pictures[i]), 255);
        }
        Network network = TrainingPlan.read(RunFolder.configuration(run())).network();
        try (Device device = Device.open(DeviceKind.SOFT)) {
            return Predictions.ofGimbal(device, network, learned, List.of(planes)).getFirst();
        }
    }

    @Test
    void aFileOfARunTakesPicturesAndPredictsWhatTheRunDoes() throws Exception {
        byte[] pictures = new byte[3 * 16 * 24 * 3];
        new Random(5).nextBytes(pictures);
        Path file = folder.resolve("model.onnx");
        model().onnx().takingBytes().write(file);
        try (OnnxRuntime runtime = new OnnxRuntime(file)) {
            Predictions.assertAlike("the run", predicted(pictures), runtime.run(pictures, 3, 16, 24, 3));
            assertEquals("tiny rooms", runtime.metadata().get("gimbal.run"));
            assertEquals("[0.5,0.5,0.5]", runtime.metadata().get("gimbal.data.mean"));
            assertTrue(runtime.metadata().get("gimbal.names.segmentation").startsWith("[\"bed\",\"books\","));
        }
    }

    @Test
    void aCheckpointTellsWhatItsNumbersMeanAndHowManyStepsWereMade() {
        TrainedModel model = TrainedModel.read(run(), Optional.of(TrainedModel.Which.LAST));
        assertEquals(4, model.steps().orElseThrow());
        assertEquals(run().resolve("checkpoint.safetensors"), model.file());
        assertEquals(List.of("segmentation"), List.copyOf(model.meaning().names().keySet()));
        assertEquals(NyuDepth.CLASS_NAMES, model.meaning().names().get("segmentation"));
    }

    @Test
    void aFolderHoldsWhatAPredictorNeedsAndNothingElse() throws Exception {
        Path out = Files.createDirectory(folder.resolve("model"));
        model().write(out);
        try (var files = Files.list(out)) {
            assertEquals(List.of("config.json", "model.safetensors", "names.json"),
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        }
        try (var files = Files.list(folder)) {
            assertEquals(List.of(out), files.toList(), "nothing is left beside it");
        }
        Config config = Config.read(out.resolve("config.json"));
        assertEquals(List.of("name", "model", "tasks", "normalisation"), List.copyOf(config.keys()));
        assertEquals(0.25, config.object("normalisation").list("deviation").getFirst().number());
        assertEquals("tv", Config.read(out.resolve("names.json")).texts("segmentation").get(10));
        NetworkGraph graph = TrainingPlan.read(config).network().graph(2);
        try (TensorFile tensors = SafeTensors.open(out.resolve("model.safetensors"))) {
            assertEquals(new TreeSet<>(graph.shapes().keySet()), new TreeSet<>(tensors.names()));
        }
        StoredModel stored = StoredModel.read(out.resolve("model.safetensors"), graph);
        assertTrue(stored.steps().isEmpty());
        assertEquals(model().meaning(), stored.meaning());
        Path again = folder.resolve("again.onnx");
        Path first = folder.resolve("first.onnx");
        Onnx.of(graph, stored.values()).named("tiny rooms").meaning(stored.meaning()).write(again);
        model().onnx().write(first);
        assertEquals(-1, Files.mismatch(first, again));
    }

    @Test
    void aFolderThatIsThereIsLeftAlone() throws Exception {
        Files.writeString(folder.resolve("mine"), "mine");
        Path link = Files.createSymbolicLink(folder.resolve("link"), Files.createDirectory(folder.resolve("empty")));
        for (Path taken : List.of(folder, folder.resolve("mine"), link)) {
            assertEquals(taken + ": is there already, and nothing is overwritten; name another, or take it away",
                    assertThrows(UserException.class, () -> model().write(taken)).getMessage());
        }
        Path nowhere = folder.resolve("none").resolve("model");
        assertEquals(nowhere + ": could not be written: the folder " + folder.resolve("none") + " does not exist.",
                assertThrows(UserException.class, () -> model().write(nowhere)).getMessage());
        assertEquals("mine", Files.readString(folder.resolve("mine")));
    }

    @Test
    void valuesThatAreNotTheNetworksMakeNoFolder() {
        TrainedModel model = model();
        Map<String, float[]> less = new LinkedHashMap<>(model.values());
        less.remove("trunk.1.running_var");
        Path out = folder.resolve("model");
        assertEquals("there are no values for 'trunk.1.running_var', which the network has",
                assertThrows(UserException.class, () -> ModelFolder.write(out, model.configuration(), model.graph(),
                less, DataMeaning.UNKNOWN)).getMessage());
        assertTrue(Files.notExists(out));
    }

    /** The same file under the best one's name, and one of another step. */
    private Path copy() throws Exception {
        Path copy = Files.createDirectory(folder.resolve("copy"));
        for (String name : List.of("config.json", "checkpoint.safetensors")) {
            Files.copy(run().resolve(name), copy.resolve(name));
        }
        return copy;
    }

    @Test
    void theBestCheckpointIsTakenWhereThereIsOne() throws Exception {
        Path copy = copy();
        assertEquals(copy + " holds no best.safetensors: the run has kept no best step; take the last one",
                assertThrows(UserException.class, () -> TrainedModel.read(copy, Optional.of(TrainedModel.Which.BEST)))
                .getMessage());
        Files.copy(copy.resolve("checkpoint.safetensors"), copy.resolve("best.safetensors"));
        assertEquals(copy.resolve("best.safetensors"), TrainedModel.read(copy, Optional.empty()).file());
        assertEquals(copy.resolve("checkpoint.safetensors"), TrainedModel.read(copy, Optional.of(
                TrainedModel.Which.LAST)).file());
        Files.delete(copy.resolve("checkpoint.safetensors"));
        assertEquals(copy + " holds no checkpoint.safetensors: no step of the run is there to be taken",
                assertThrows(UserException.class, () -> TrainedModel.read(copy, Optional.of(TrainedModel.Which.LAST)))
                .getMessage());
    }

    /** All images were normalised alike then. */
    @Test
    void aCheckpointOfAnOlderGimbalIsOfTheOldNormalisation() throws Exception {
        Path copy = copy();
        Path file = copy.resolve("checkpoint.safetensors");
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        Map<String, String> metadata = new LinkedHashMap<>();
        try (TensorFile old = SafeTensors.open(file)) {
            old.names().forEach(name -> tensors.put(name, old.read(name)));
            metadata.putAll(old.metadata());
        }
        metadata.keySet().removeIf(key -> key.startsWith("names.") || key.equals("data.mean")
                || key.equals("data.deviation"));
        SafeTensors.write(file, tensors, metadata);
        DataMeaning meaning = TrainedModel.read(copy, Optional.empty()).meaning();
        assertEquals(Optional.of(Normalisation.RANGE), meaning.normalisation());
        assertTrue(meaning.names().isEmpty());
    }

    @Test
    void aDamagedCheckpointIsRefusedByName() throws Exception {
        Path copy = copy();
        Path file = copy.resolve("checkpoint.safetensors");
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length / 2));
        String message = assertThrows(UserException.class, () -> TrainedModel.read(copy, Optional.empty()))
                .getMessage();
        assertTrue(message.startsWith(file.toString()), message);
        Files.delete(file);
        Files.createDirectory(file);
        assertEquals(file + ": is a folder, where a checkpoint is needed.", assertThrows(UserException.class, () ->
                TrainedModel.read(copy, Optional.empty())).getMessage());
    }
}
