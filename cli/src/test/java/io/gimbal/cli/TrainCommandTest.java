package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.run.NyuFolder;
import io.gimbal.run.TinyRooms;
import io.gimbal.storage.SafeTensors;
import io.gimbal.storage.TensorFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrainCommandTest {
    @TempDir
    private Path folder;
    private Path config;
    private Path out;

    @BeforeEach
    void writeTheConfiguration() throws IOException {
        config = Files.writeString(folder.resolve("tiny.json"), TinyRooms.TEXT);
        out = folder.resolve("out");
    }

    /** {@code train CONFIG --device soft --out OUT} and each of these behind a {@code --set}. */
    private Command train(String... settings) {
        List<String> arguments = new ArrayList<>(List.of("train", config.toString(), "--device", "soft", "--out",
                out.toString()));
        for (String setting : settings) {
            arguments.addAll(List.of("--set", setting));
        }
        return Command.run(arguments.toArray(String[]::new));
    }

    private void refused(Command command, String... parts) {
        command.refuses(2, parts);
        assertFalse(Files.exists(out), "a refused training leaves no folder");
    }

    @Test
    void aTrainingEndsWithATableAndPictures() throws IOException {
        Command command = train("epochs=1").succeeds();
        assertTrue(command.out().contains("the run's folder is " + out), command.out());
        assertTrue(command.out().contains("step 4 of 4, the best so far:"), command.out());
        for (String word : List.of("segmentation", "depth", "normals", "mIoU", "RMSE")) {
            assertTrue(command.out().contains(word), command.out());
        }
        assertTrue(command.out().contains(out.resolve("samples.png").toString()), command.out());
        assertTrue(ImageIO.read(out.resolve("samples.png").toFile()).getWidth() > 3 * 24);
        assertEquals("", command.err());
        assertTrue(Files.exists(out.resolve("checkpoint.safetensors")));
    }

    @Test
    void aTrainingWithoutValidationNeedsNone() {
        train("epochs=1", "validation=null").succeeds();
        assertFalse(Files.exists(out.resolve("samples.png")));
    }

    @Test
    void aFolderThatHoldsARunIsRefusedAndResumed() {
        train("epochs=1").succeeds();
        var before = TinyRooms.contents(out);
        train("epochs=1").refuses(2, out + " holds another run", "--resume " + out);
        resume("--set", "epochs=1", "--set", "seed=9").refuses(2, "another configuration", "seed is 7", "9 here",
                "config.json");
        resume("--set", "epochs=1", "--out", folder.resolve("x").toString()).refuses(2,
                "--out and --resume exclude each other");
        Command again = resume("--set", "epochs=1").succeeds();
        assertTrue(again.out().contains("mIoU"), again.out());
        var after = TinyRooms.contents(out);
        assertEquals(before.keySet(), after.keySet());
        before.forEach((name, bytes) -> assertTrue(Arrays.equals(bytes, after.get(name)), name));
        assertFalse(Files.exists(folder.resolve("x")));
    }

    private Command resume(String... more) {
        List<String> arguments = new ArrayList<>(List.of("train", config.toString(), "--device", "soft", "--resume",
                out.toString()));
        arguments.addAll(List.of(more));
        return Command.run(arguments.toArray(String[]::new));
    }

    @Test
    void theRunsFolderAloneIsEnoughToGoOnAndAFinishedRunSaysSo() throws IOException {
        train("epochs=1").succeeds();
        Command finished = Command.run("train", "--resume", out.toString(), "--device", "soft").succeeds();
        assertTrue(finished.out().contains("This training is finished: all of its 4 steps are done")
                && finished.out().contains("mIoU"), finished.out());
        Command.run("train", "--resume", out.toString(), "--device", "soft", "--set", "epochs=2").succeeds();
        assertEquals(8, Files.readAllLines(out.resolve("log.jsonl")).size());
        assertTrue(Files.readString(out.resolve("config.json")).contains("\"epochs\": 2"));
    }

    @Test
    void theRunsFolderTellsWhatTheTrainingStartedFromAndItsValuesAreThose() throws IOException {
        train("epochs=1").succeeds();
        Path first = out;
        out = folder.resolve("from");
        Command from = Command.run("train", config.toString(), "--device", "soft", "--out", out.toString(), "--set",
                "epochs=1", "--set", "optimizer={\"method\": \"sgd\", \"lr\": 1e-30}", "--init",
                first.resolve("checkpoint.safetensors").toString(), "--init-only", "trunk.*.weight").succeeds();
        assertTrue(from.out().contains("Start values: "), from.out());
        String saved = Files.readString(out.resolve("config.json"));
        assertTrue(saved.contains("\"init\"") && saved.contains("checkpoint.safetensors")
                && saved.contains("trunk.*.weight"), saved);
        try (TensorFile start = SafeTensors.open(first.resolve("checkpoint.safetensors"));
                TensorFile end = SafeTensors.open(out.resolve("checkpoint.safetensors"))) {
            // A rate of 1e-30 moves no value of float32.
            String name = "trunk.0.weight";
            assertArrayEquals(start.floats(name, start.entry(name).shape()), end.floats(name,
                    end.entry(name).shape()));
            String other = "heads.depth.0.weight";
            assertFalse(Arrays.equals(start.floats(other, start.entry(other).shape()), end.floats(other,
                    end.entry(other).shape())));
        }
        Command.run("train", config.toString(), "--device", "soft", "--resume", out.toString(), "--set", "epochs=1",
                "--set", "optimizer={\"method\": \"sgd\", \"lr\": 1e-30}").succeeds();
    }

    @Test
    void aFileToStartFromThatIsNotThereOrFitsNothingIsRefusedBeforeAStep() throws IOException {
        train("epochs=1", "init=nowhere.safetensors").refuses(2, "nowhere.safetensors");
        train("epochs=1", "init={\"file\": \"x\", \"only\": []}").refuses(2, "init.only", "names nothing");
        train("epochs=1", "init={\"only\": [\"a\"]}").refuses(2, "file");
        train("epochs=1", "init=3").refuses(2, "init is");
        assertFalse(Files.exists(out));
    }

    @Test
    void aConfigurationIsNeededForANewRun() {
        Command.run("train", "--out", out.toString(), "--device", "soft").refuses(2, "'CONFIG'");
        Command.run("train", config.toString(), "--device", "soft", "--out", out.toString(), "--data-changed")
                .refuses(2, "--data-changed goes with --resume");
    }

    @Test
    void otherDataAreTakenOnceTheUserSaysSo() throws IOException {
        Path data = NyuFolder.write(folder.resolve("nyu"), 5, 1, 12);
        trainNyu(data).succeeds();
        Files.writeString(data.resolve("train.txt"), "0002\n0003\n");
        String[] arguments = {"train", "--resume", out.toString(), "--device", "soft", "--set", "steps=4"};
        Command.run(arguments).refuses(2, "was trained on 5 examples of " + data.resolve("train.txt")
                + ", which has 2 now", "--data-changed");
        List<String> told = new ArrayList<>(List.of(arguments));
        told.add("--data-changed");
        Command command = Command.run(told.toArray(String[]::new)).succeeds();
        assertTrue(command.out().contains("has 2 examples now, and had 5"), command.out());
        assertEquals(4, Files.readAllLines(out.resolve("log.jsonl")).size());
    }

    @Test
    void resumingWhatIsNoRunIsRefused() throws IOException {
        resume().refuses(2, out + ": there is no such folder");
        Files.createDirectory(out);
        resume().refuses(2, out + " holds no checkpoint.safetensors", "--out");
    }

    @Test
    void aTrainingThatDivergesFailsWithTheTasksNamed() {
        train("optimizer={\"method\": \"sgd\", \"lr\": 1e30}", "schedule=null", "epochs=10").refuses(1,
                "20 steps in a row", "segmentation", "depth",
                "normals", "learning rate");
        assertTrue(Files.exists(out.resolve("checkpoint.safetensors")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "epoch=3 | tiny.json | epoch | Did you mean 'epochs'?",
            "data.bach=3 | data.bach | Did you mean 'batch'? | Allowed here",
            "model.trunk[2].layer=rellu | model.trunk[2].layer | Did you mean 'relu'? | batch_norm",
            "model.trunk[0].stide=2 | model.trunk[0].stide | Did you mean 'stride'? | padding",
            "model.heads.depth[0].layer=conv | model.heads.depth[0].layer | Did you mean 'conv2d'? | linear",
            "tasks.depth.loss=l3 | tasks.depth.loss | Did you mean | huber",
            "tasks.depth.classes=3 | tasks.depth.classes | cross_entropy does | ignore",
            "tasks.depht={} | tasks.depht | Did you mean 'depth'? | normals",
            "tasks.depth=null | tasks | depth | prediction",
            "tasks.depth.target=deepth | tasks.depth | deepth | segmentation",
            "tasks.depth.target=normals | tasks | normals | 3",
            "tasks.segmentation.classes=12 | segmentation | 12 | 13",
            "tasks.segmentation.ignore=254 | tasks.segmentation.ignore | 254 | 255",
            "tasks.depth.loss=cross_entropy | tasks.depth | cross_entropy | values",
            "balance.method=gradnrom | balance.method | Did you mean 'gradnorm'? | equal",
            "balance.diagnose=1 | balance.diagnose | 1 | true or false",
            "balance.alpha=x | balance.alpha | \"x\" | number",
            "optimizer.method=adma | optimizer.method | Did you mean 'adam'? | sgd",
            "optimizer.lr=-1 | optimizer.lr | -1 | 0",
            "schedule.kind=linear | schedule.kind | linear | cosine",
            "data.source=room | data.source | Did you mean 'rooms'? | nyuv2",
            "data.count=0 | data.count | 0 | at least 1",
            "data.count=2000000000 | data.count | 2000000000 | at most 10000000",
            "data.batch=10 | data.batch | 10 | 9",
            "data.batch=2.5 | data.batch | 2.5 | whole number",
            "data={\"source\": \"nyuv2\"} | path | --set data.path=FOLDER | NYUv2",
            "data.count=null | data | lacks the key 'count' | whole number",
            "model.heads={\"step\":[]} | model.heads | 'step' | metrics.jsonl",
            "name=\"a\\u0000b\" | name | do not print | a\\u0000b",
            "schedule={\"kind\":\"cosine\",\"minimum\":1e39} | schedule.minimum | float32 makes infinite | 0",
            "schedule={\"kind\":\"cosine\",\"period\":3} | schedule.period | step does | warm_up",
            "data={\"source\":\"nyuv2\",\"path\":\"a\\u0000b\"} | data.path | control character | code 0",
            "data.source=nyuv2 | data.count | rooms, toy do | path",
            "epochs=0 | epochs | 0 | at least 1",
            "epochs=null | epochs | steps | one of them",
            "steps=3 | epochs | steps | one of them",
            "model.input=[1, 16, 24] | 3 channels | model.input | 1 x 16 x 24",
            "model.input=[3, 15, 24] | tasks.segmentation | leaves 13 x 16 x 24 | needs 13 x 15 x 24",
            "model.input=[3, 4200, 4200] | model.input | 4200 x 4200 | 16777216 pixels",
            "model.input=[3, 65536, 65536] | the network's input | 65536 x 65536 | at most 2147483647",
            "model.trunk[0].kernel=60 | trunk.0 (conv2d) | 3 x 16 x 24 | kernel of 60",
            "model.trunk=[] | tasks.segmentation | leaves 13 x 32 x 48 | needs 13 x 16 x 24",
            "model.heads={} | model.heads | empty | task",
            "model.shared=trunk.1 | model.shared | trunk.1 | trunk.3.weight",
            "model.heads.depth[0].out=2 | depth | 2 x 16 x 24 | 1 x 16 x 24",
            "seed=now | seed | \"now\" | whole number"})
    void aMistakeInTheConfigurationIsNamed(String setting, String place, String given, String allowed) {
        refused(train(setting), place, given, allowed);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"epochs | PATH=VALUE", "=3 | PATH=VALUE",
            "model.trunk[99].out=3 | model.trunk has 5 elements",
            "modle.input=[1] | Did you mean 'model'?", "model.trunk[0.out=3 | is not a path", "'' | PATH=VALUE"})
    void aSettingThatLeadsNowhereIsRefused(String setting, String part) {
        refused(train(setting), "--set", part);
    }

    @Test
    void settingsAreReadAsJsonAndElseAsText() throws IOException {
        train("steps=1", "epochs=null", "validation=null", "name=my run", "optimizer.lr=0.5",
                "model.trunk[0].bias=true",
                "balance={\"method\": \"fixed\", \"weights\": {\"depth\": 2}}").succeeds();
        String saved = Files.readString(out.resolve("config.json"));
        assertTrue(saved.contains("my run") && saved.contains("0.5"), saved);
        assertTrue(Files.readString(out.resolve("log.jsonl"))
                .contains("\"weight\":{\"segmentation\":1.0,\"depth\":2.0,\"normals\":1.0}"));
    }

    @Test
    void whatIsNoJsonIsRefusedWithLineAndColumn() throws IOException {
        Files.writeString(config, "{\n  \"name\": \"x\",\n  \"data\": {\"batch\": 3,}\n}\n");
        refused(train(), config.toString(), "line 3, column");
        Files.writeString(config, "{\"name\": \"x\", \"name\": \"y\"}");
        refused(train(), "stands twice");
        Files.writeString(config, "");
        refused(train(), config.toString());
        Files.write(config, new byte[] {(byte) 0xff, (byte) 0xd8, 0, 1});
        refused(train(), config.toString());
        Files.writeString(config, "[]");
        refused(train(), config.toString());
        Files.writeString(config, "{}");
        refused(train(), "model");
        Files.delete(config);
        refused(train(), config.toString());
        Files.createDirectory(config);
        refused(train(), config.toString());
    }

    private Command trainNyu(Path data, String... more) {
        List<String> settings = new ArrayList<>(List.of("data={\"source\": \"nyuv2\", \"batch\": 2}", "validation={}",
                "epochs=null", "steps=2",
                "data.path=" + data));
        settings.addAll(List.of(more));
        return train(settings.toArray(String[]::new));
    }

    @Test
    void aFolderOfNyuv2Trains() throws IOException {
        Path data = NyuFolder.write(folder.resolve("nyu"), 3, 2, 12);
        Command command = trainNyu(data).succeeds();
        assertTrue(command.out().contains("step 2 of 2, the best so far:"), command.out());
        assertEquals(2, Files.readAllLines(out.resolve("log.jsonl")).size());
    }

    @Test
    void aBadDataFolderIsRefusedBeforeAnythingIsWritten() throws IOException {
        refused(trainNyu(folder.resolve("nowhere")), folder.resolve("nowhere").toString(), "no such folder",
                "data.path");
        Path empty = Files.createDirectory(folder.resolve("empty"));
        refused(trainNyu(empty), empty.resolve("train.txt").toString(), "the data folder is empty");
        Path data = NyuFolder.write(folder.resolve("nyu"), 3, 2, 12);
        Files.delete(data.resolve("test/depth_u8/0002.png"));
        refused(trainNyu(data), data.resolve("test/depth_u8/0002.png").toString(), "missing");
        Files.writeString(data.resolve("test.txt"), "");
        refused(trainNyu(data), data.resolve("test.txt").toString(), "empty");
        refused(trainNyu(data, "data.split=dev"), "dev", "train");
        Files.writeString(data.resolve("train.txt"), "0001\n");
        refused(trainNyu(data, "validation=null"), "data.batch", "2", "1 examples");
    }

    @Test
    void aClassOutOfRangeStopsTheTrainingWithFileAndPixel() throws IOException {
        Path data = NyuFolder.write(folder.resolve("nyu"), 2, 1, 14);
        trainNyu(data).refuses(2, data.resolve("train/label13/0001.png").toString(), "class number 14",
                "row 20, column 30");
    }

    @Test
    void aPictureCutShortStopsTheTrainingAndTheMendedRunGoesOn() throws IOException {
        Path data = NyuFolder.write(folder.resolve("nyu"), 2, 1, 12);
        for (String name : List.of("train/rgb/0002.jpg", "train/depth_u8/0002.png")) {
            Path file = data.resolve(name);
            byte[] good = Files.readAllBytes(file);
            Files.write(file, Arrays.copyOf(good, good.length / 2));
            out = folder.resolve(file.getFileName().toString());
            trainNyu(data).refuses(2, file.toString());
            Files.write(file, good);
            resume("--data-changed", "--set", "data={\"source\": \"nyuv2\", \"batch\": 2}", "--set", "validation={}",
                    "--set", "epochs=null", "--set", "steps=2", "--set",
                    "data.path=" + data).succeeds();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpux", "", "cuda"})
    void anUnknownDeviceIsRefused(String name) {
        refused(Command.run("train", config.toString(), "--out", out.toString(), "--device", name), "--device", "'"
                + name + "'", "soft");
    }

    /** Labels of no class at all: 0 in NYUv2's files. */
    private static void unlabel(Path split) throws IOException {
        try (Stream<Path> files = Files.list(split.resolve("label13"))) {
            for (Path file : files.toList()) {
                ImageIO.write(new BufferedImage(64, 48, BufferedImage.TYPE_BYTE_GRAY), "png", file.toFile());
            }
        }
    }

    @Test
    void aTaskWithoutALabelIsToldOnceAndHasNoFigures() throws IOException {
        Path data = NyuFolder.write(folder.resolve("nyu"), 4, 2, 12);
        unlabel(data.resolve("train"));
        unlabel(data.resolve("test"));
        Command command = train("data={\"source\": \"nyuv2\", \"path\": \"" + data + "\", \"batch\": 2}",
                "validation={}", "epochs=3").succeeds();
        String told = "task segmentation: no label in any of 2 steps; nothing trains its head";
        assertEquals(2, command.out().split(told, -1).length, command.out());
        assertTrue(command.out().contains("The held-out examples have no label for task 'segmentation'."),
                command.out());
        assertFalse(command.out().contains("task 'depth'"), command.out());
        for (String line : Files.readAllLines(out.resolve("log.jsonl"))) {
            assertTrue(line.contains("\"loss\":{\"segmentation\":null,\"depth\":") && line.contains(
                    "\"grad_norm\":{\"segmentation\":null,\"depth\":"), line);
        }
        assertTrue(Files.readString(out.resolve("metrics.jsonl")).contains(
                "\"segmentation\":{\"mIoU\":{\"unit\":\"%\",\"value\":null,\"best_constant\":null,"));
    }
}
