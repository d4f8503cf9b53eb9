package io.gimbal.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.storage.HostTensor;
import io.gimbal.storage.SafeTensors;
import io.gimbal.storage.TensorFile;
import io.gimbal.train.DivergedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The case "absent" with one thing wrong: one clear message, and nothing is left on the device. */
class CaseBadInputTest {
    @TempDir
    private Path folder;

    @BeforeEach
    void copyTheCase() throws IOException {
        for (String file : new String[] {"case.json", "init.safetensors", "batches.safetensors"}) {
            Files.copy(CaseFolders.of("absent").resolve(file), folder.resolve(file));
        }
    }

    private void assertRefused(String... parts) {
        try (Device device = Device.open(DeviceKind.SOFT)) {
            String message = assertThrows(UserException.class, () -> new CaseRun(device, folder).close()).getMessage();
            for (String part : parts) {
                assertTrue(message.contains(part), () -> "'" + part + "' is not in: " + message);
            }
            assertEquals(0, device.softDevice().orElseThrow().get("live_allocations"));
            assertEquals(0, device.softDevice().orElseThrow().get("live_graphs"));
        }
    }

    /** Its square is too large for a variance, and no loss shows it: what is normalised by it is 0. */
    @Test
    void anImageTooLargeForAVarianceIsToldAfterTheSteps() throws IOException {
        Map<String, HostTensor> batches = new LinkedHashMap<>();
        try (TensorFile source = SafeTensors.open(CaseFolders.of("residual").resolve("batches.safetensors"))) {
            source.names().forEach(name -> batches.put(name, source.read(name)));
        }
        HostTensor image = batches.get("0.input.image");
        float[] values = image.floats();
        values[7] = -1e30f;
        batches.put("0.input.image", HostTensor.ofFloats(image.shape(), values));
        for (String file : new String[] {"case.json", "init.safetensors"}) {
            Files.copy(CaseFolders.of("residual").resolve(file), folder.resolve(file),
                    StandardCopyOption.REPLACE_EXISTING);
        }
        SafeTensors.write(folder.resolve("batches.safetensors"), batches, Map.of());
        Path out = folder.resolve("out");
        try (Device device = Device.open(DeviceKind.SOFT); CaseRun run = new CaseRun(device, folder)) {
            String message = assertThrows(DivergedException.class, () -> run.replay(out, steps -> { })).getMessage();
            assertTrue(message.contains("running_var") && message.contains("the last step, 20"), message);
        }
        assertEquals(20, Files.readAllLines(out.resolve("trace.jsonl")).size());
        assertTrue(Files.notExists(out.resolve("final.safetensors")));
    }

    private void change(String from, String to) throws IOException {
        Path file = folder.resolve("case.json");
        String text = Files.readString(file).replaceAll("\\s+", " ");
        String changed = text.replace(from.replace('\'', '"'), to.replace('\'', '"'));
        assertTrue(!text.equals(changed), text);
        Files.writeString(file, changed);
    }

    private void changeTensors(String file, Consumer<Map<String, HostTensor>> change) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        try (TensorFile source = SafeTensors.open(CaseFolders.of("absent").resolve(file))) {
            source.names().forEach(name -> tensors.put(name, source.read(name)));
        }
        change.accept(tensors);
        SafeTensors.write(folder.resolve(file), tensors, Map.of());
    }

    @Test
    void theCaseItselfIsTaken() {
        try (Device device = Device.open(DeviceKind.SOFT); CaseRun run = new CaseRun(device, folder)) {
            assertEquals(16, run.steps());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "'cross_entropy' | 'cross_entropi'               | tasks.seg.loss   | cross_entropy",
            "'ignore': 255   | 'ignored': 255                | tasks.seg        | ignore",
            "'ignore': 255   | 'delta': 1                    | tasks.seg.delta  | huber does",
            "'ignore': 255   | 'ignore': 'none'              | tasks.seg.ignore | none",
            "'classes': 5    | 'classes': 6                  | 6                | 5",
            "'classes': 5    | 'classes': 0                  | tasks.seg.classes | 0",
            "'gradnorm'      | 'gradnom'                     | balance.method   | gradnorm",
            "'alpha': 1.5    | 'alfa': 1.5                   | balance.alfa     | alpha",
            "'alpha': 1.5    | 'alpha': 'high'               | balance.alpha    | high",
            "'alpha': 1.5    | 'lr': -1                      | balance.lr       | -1",
            "'alpha': 1.5    | 'optimizer': 'adamw'          | balance.optimizer | adam",
            "'alpha': 1.5    | 'start': {'segg': 1}          | balance.start    | seg",
            "'alpha': 1.5    | 'start': {'seg': -1}          | balance.start.seg | -1",
            "'alpha': 1.5    | 'start': {'seg': 0}           | balance.start.seg | above 0",
            "'adam'          | 'adamax'                      | optimizer.method | adam",
            "'lr': 0.001     | 'rate': 0.001                 | optimizer.rate   | unknown key",
            "'lr': 0.001     | 'betas': [0.9]                | optimizer.betas  | two numbers",
            "'lr': 0.001     | 'betas': [0.9, 1]             | optimizer.betas  | below 1",
            "'lr': 0.001     | 'eps': 0                      | optimizer.eps    | 0",
            "'lr': 0.001     | 'eps': 1e-50                  | optimizer.eps    | float32 makes 0",
            "'lr': 0.001     | 'lr': 1e39                    | optimizer.lr     | float32 makes infinite",
            "'lr': 0.001     | 'lr': -1                      | optimizer.lr     | at least 0",
            "'lr': 0.001     | 'lr': 1e400                   | optimizer.lr     | Infinity",
            "'lr': 0.001     | 'weight_decay': 1e39          | optimizer.weight_decay | float32 makes infinite",
            "'lr': 0.001     | 'betas': [0.9, 0.99999999]    | optimizer.betas[1] | float32 makes 1",
            "'lr': 0.001     | 'momentum': 0.9               | optimizer.momentum | sgd does",
            "'lr': 0.001     | 'average': 1                  | optimizer.average | below 1",
            "'lr': 0.001     | 'average': 0.999              | optimizer.average is given | leave it out",
            "'method': 'adam', 'lr': 0.001 | 'method': 'sgd', 'eps': -5 | optimizer.eps | adam, adamw do",
            "'method': 'adam', 'lr': 0.001 | 'method': 'sgd', 'betas': [7, 9] | optimizer.betas | 'sgd' does not read",
            "'method': 'adam', 'lr': 0.001 | 'method': 'adamw', 'lr': 1e30, 'weight_decay': 1e30 | optimizer | AdamW"
            + " multiplies", "'alpha': 1.5    | 'alpha': -1                   | balance.alpha    | at least 0",
            "'alpha': 1.5    | 'min_weight': 1e39            | balance.min_weight | float32 makes infinite",
            "'alpha': 1.5    | 'start': {'seg': 1e39}        | balance.start.seg | float32 makes infinite",
            "'alpha': 1.5    | 'start': {'seg': 1e-50}       | balance.start.seg | float32 makes 0",
            "'alpha': 1.5    | 'weights': {'seg': 1}         | balance.weights  | fixed does",
            "'method': 'gradnorm', 'alpha': 1.5 | 'method': 'equal', 'lr': 1 | balance.lr | gradnorm, imtl_l",
            "'method': 'gradnorm', 'alpha': 1.5 | 'method': 'fixed', 'weights': {'seg': 1e39} | balance.weights.seg |"
            + " float32 makes infinite",
            "'method': 'gradnorm', 'alpha': 1.5 | 'method': 'fixed', 'weights': {'seg': 0, 'depth': 0} | balance: | 0"
            + " for every task", "'tasks'         | 'tasks': null, 'task'         | task             | unknown key",
            "'steps': 16     | 'steps': 0                    | steps            | 0",
            "'steps': 16     | 'stepps': 16                  | stepps           | steps",
            "'steps': 16     | 'steps': 16, 'data': {}       | data             | unknown key",
            "'tasks'         | 'task'                        | task             | tasks",
            "'depth': {      | 'deep': {                     | deep             | depth"})
    void aConfigurationThatCannotBeReadIsNamedByItsPlace(String from, String to, String place, String says)
            throws IOException {
        change(from, to);
        assertRefused(place, says);
    }

    @Test
    void aFolderWithoutACaseSaysWhatOneHolds() throws IOException {
        for (String file : new String[] {"init.safetensors", "batches.safetensors", "case.json"}) {
            Files.delete(folder.resolve(file));
            assertRefused(file);
        }
        Files.delete(folder);
        assertRefused("is not a case folder", "case.json, init.safetensors and batches.safetensors");
    }

    @Test
    void aMissingParameterIsNamed() {
        changeTensors("init.safetensors", tensors -> tensors.remove("trunk.2.bias"));
        assertRefused("init.safetensors", "trunk.2.bias");
    }

    @Test
    void aParameterOfAnotherShapeIsNamedWithBothShapes() {
        changeTensors("init.safetensors", tensors -> tensors.put("trunk.2.bias",
                HostTensor.ofFloats(new long[] {7}, new float[7])));
        assertRefused("init.safetensors", "trunk.2.bias", "7", "8");
    }

    @Test
    void aParameterThatTheNetworkDoesNotHaveGetsTheNearestName() {
        changeTensors("init.safetensors", tensors -> tensors.put("trunk.2.bios",
                HostTensor.ofFloats(new long[] {7}, new float[7])));
        assertRefused("init.safetensors", "trunk.2.bios", "trunk.2.bias");
    }

    @Test
    void aStartValueThatIsNotFiniteIsNamedWithItsPlace() {
        changeTensors("init.safetensors", tensors -> {
            float[] values = tensors.get("trunk.2.bias").floats();
            values[3] = Float.NaN;
            tensors.put("trunk.2.bias", HostTensor.ofFloats(tensors.get("trunk.2.bias").shape(), values));
        });
        assertRefused("init.safetensors", "trunk.2.bias", "value 3", "NaN");
    }

    @ParameterizedTest
    @CsvSource({"5", "-1", "4294967296", "-2147483648"})
    void aClassNumberOutOfRangeIsNamed(long number) {
        changeTensors("batches.safetensors", tensors -> {
            long[] classes = tensors.get("1.target.seg").longs();
            classes[17] = number;
            tensors.put("1.target.seg", HostTensor.ofLongs(tensors.get("1.target.seg").shape(), classes));
        });
        assertRefused("batches.safetensors", "1.target.seg", "class " + number, "0 to 4", "255");
    }

    @Test
    void batchesOfDifferentSizesAreRefused() {
        changeTensors("batches.safetensors",
                tensors -> tensors.put("2.input.image", HostTensor.ofFloats(new long[] {1, 3, 16, 16},
                        new float[768])));
        assertRefused("batches.safetensors", "2.input.image", "[1, 3, 16, 16]", "[2, 3, 16, 16]");
    }

    @Test
    void anInputOfAnotherShapeIsRefused() {
        changeTensors("batches.safetensors",
                tensors -> tensors.put("0.input.image", HostTensor.ofFloats(new long[] {2, 3, 16, 15},
                        new float[1440])));
        assertRefused("batches.safetensors", "0.input.image", "[2, 3, 16, 15]", "[2, 3, 16, 16]");
    }

    @Test
    void aMissingTargetAndAMissingBatchAreNamed() {
        changeTensors("batches.safetensors", tensors -> tensors.remove("2.target.depth"));
        assertRefused("batches.safetensors", "2.target.depth");
        changeTensors("batches.safetensors", tensors -> tensors.remove("2.input.image"));
        assertRefused("batches.safetensors", "2.input");
        changeTensors("batches.safetensors", tensors -> tensors.keySet().removeIf(name -> name.contains("input")));
        assertRefused("batches.safetensors", "no batches");
    }

    @Test
    void aTargetOfAnotherShapeOrTypeIsRefused() {
        changeTensors("batches.safetensors",
                tensors -> tensors.put("0.target.depth", HostTensor.ofFloats(new long[] {2, 16, 16}, new float[512])));
        assertRefused("batches.safetensors", "0.target.depth", "[2, 16, 16]", "[2, 1, 16, 16]");
        changeTensors("batches.safetensors",
                tensors -> tensors.put("0.target.seg", HostTensor.ofFloats(new long[] {2, 16, 16}, new float[512])));
        assertRefused("batches.safetensors", "0.target.seg", "F32");
    }

    @Test
    void aReplayOfWhichNoStepCountsFailsWhenAllIsWritten() throws IOException {
        changeTensors("batches.safetensors", tensors -> tensors.replaceAll((name, tensor) -> {
            if (!name.contains(".input.")) {
                return tensor;
            }
            float[] inputs = tensor.floats();
            inputs[inputs.length - 1] = Float.POSITIVE_INFINITY;
            return HostTensor.ofFloats(tensor.shape(), inputs);
        }));
        Path out = folder.resolve("out");
        try (Device device = Device.open(DeviceKind.SOFT); CaseRun run = new CaseRun(device, folder)) {
            String message = assertThrows(DivergedException.class, () -> run.replay(out, steps -> { })).getMessage();
            assertTrue(message.startsWith("none of the " + run.steps()
                    + " steps changed anything: they were not finite in depth (loss), seg (loss)") && message.contains(
                    "the inputs hold Infinity (1 place of step 0, first in example 1)"), message);
            assertEquals(run.steps(), Files.readAllLines(out.resolve("trace.jsonl")).size());
        }
        assertTrue(Files.exists(out.resolve("final.safetensors")));
    }
}
