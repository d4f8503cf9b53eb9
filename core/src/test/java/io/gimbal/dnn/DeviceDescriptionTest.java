package io.gimbal.dnn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import io.gimbal.cuda.LibraryReport;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.device.DnnLibrary;
import io.gimbal.device.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeviceDescriptionTest {
    private static final DeviceDescription H200 = DeviceDescription.read("h200");

    @TempDir
    private Path folder;

    @Test
    void anH200IsKnownByName() {
        assertEquals("NVIDIA H200", H200.name());
        assertEquals("sm_90", H200.architecture());
        assertEquals(150_754_820_096L, H200.memoryBytes());
        assertEquals(790e12, H200.limits().orElseThrow().flops(Precision.BF16));
        assertEquals(H200.limits(), DeviceDescription.limitsOf("NVIDIA H200"));
        assertTrue(DeviceDescription.limitsOf("another").isEmpty());
    }

    @Test
    void cudnnIsGivenItsOwnKeysAlone() throws IOException {
        assertFalse(H200.properties().contains("limits"));
        Path file = Files.writeString(folder.resolve("plain.json"), H200.properties());
        DeviceDescription plain = DeviceDescription.read(file.toString());
        assertEquals(H200.properties(), plain.properties());
        assertTrue(plain.limits().isEmpty());
    }

    @Test
    void theH200HasItsMultiprocessorsFromItsDescription() {
        assertEquals(Optional.of(new DeviceLimits.Multiprocessors(132, 1.98e9)),
                H200.limits().orElseThrow().multiprocessors());
    }

    private UserException refused(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("device.json"), text);
        UserException refused = assertThrows(UserException.class, () -> DeviceDescription.read(file.toString()));
        assertTrue(refused.getMessage().startsWith(file.toString()), refused.getMessage());
        assertFalse(refused.getMessage().contains("\n"), refused.getMessage());
        return refused;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "\"deviceName\":\"NVIDIA H200\" | \"deviceName\":7 | deviceName is the number 7",
        "\"multiProcessorCount\":132 | \"multiProcessorCount\":0 | multiProcessorCount is 0",
        "\"multiProcessorCount\":132 | \"multiProcessorCount\":\"many\" | multiProcessorCount is the text",
        "\"multiProcessorCount\":132 | \"count\":132 | multiProcessorCount",
        "\"warpSize\":32 | \"warpSize\":64 | warpSize is 64",
        "\"totalGlobalMem\":150754820096 | \"totalGlobalMem\":-1 | totalGlobalMem is -1",
        "\"maxGridSize\":[2147483647,65535,65535] | \"maxGridSize\":[1,2] | maxGridSize must be a list of 3"})
    void aDamagedDescriptionIsRefusedWithItsPlace(String from, String to, String message) throws IOException {
        assertTrue(H200.properties().contains(from), H200.properties());
        UserException refused = refused(H200.properties().replace(from, to));
        assertTrue(refused.getMessage().contains(message), refused.getMessage());
    }

    @Test
    void whatIsNoJsonOrHasWrongLimitsIsRefused() throws IOException {
        refused("{");
        refused("[1]");
        String open = H200.properties().substring(0, H200.properties().length() - 1);
        assertTrue(refused(open + ", \"limits\": {\"speed\": 1}}").getMessage().contains("limits.speed"));
        assertTrue(refused(open + ", \"limits\": {\"bf16_flops\": 0, \"tf32_flops\": 1, \"float32_flops\": 1, "
                + "\"bytes_per_second\": 1, \"source\": \"\"}}").getMessage().contains("limits.bf16_flops"));
    }

    @Test
    void aDeviceThatIsNeitherKnownNorAFileIsRefused() {
        UserException refused = assertThrows(UserException.class, () -> DeviceDescription.read("h9000"));
        assertTrue(refused.getMessage().contains("h9000"), refused.getMessage());
        assertTrue(refused.getMessage().contains("h200"), refused.getMessage());
    }

    @Test
    void withoutCudnnOneSentenceSaysWhatToInstall() {
        DnnLibrary none = new DnnLibrary(null, new LibraryReport("cuDNN", null, List.of()));
        UserException refused = assertThrows(UserException.class, () -> DescribedPlanner.of(none, H200,
                Precision.BF16));
        assertTrue(refused.getMessage().contains("pip install"), refused.getMessage());
        assertTrue(refused.getMessage().contains(LibrarySearch.WHEELS), refused.getMessage());
        assertFalse(refused.getMessage().contains("\n"), refused.getMessage());
    }
}
