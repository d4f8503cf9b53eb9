package io.gimbal.dnn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeptEnginesTest {
    private static final String CONVOLUTION = "bf16 forward 24 x 64 x 80 x 80 -> 64, 3 x 3";
    private static final KeptEngines.Chosen CHOSEN = new KeptEngines.Chosen(new EngineChoice(67, Map.of(2, 1L, 13, 0L)),
            123.5);
    private static final KeptEngines.Chosen ANOTHER = new KeptEngines.Chosen(new EngineChoice(0, Map.of()), 1);

    @TempDir
    private Path folder;

    private KeptEngines open() {
        return new KeptEngines(folder.resolve("deep/engines"), "NVIDIA H200", "sm_90", 92400);
    }

    private Path file() {
        return folder.resolve("deep/engines/nvidia-h200-sm_90-cudnn-92400.json");
    }

    @Test
    void whatIsKeptIsFoundByTheNextProcess() {
        KeptEngines kept = open();
        assertEquals(Optional.empty(), kept.find(CONVOLUTION));
        kept.keep(CONVOLUTION, CHOSEN);
        kept.keep("another \"one\"\n", ANOTHER);
        assertEquals(Optional.of(CHOSEN), kept.find(CONVOLUTION));
        assertEquals(Optional.of(CHOSEN), open().find(CONVOLUTION));
        assertEquals(Optional.of(ANOTHER), open().find("another \"one\"\n"));
        assertEquals(file().toString(), open().place());
    }

    @Test
    void twoProcessesKeepEachOthersChoices() {
        KeptEngines one = open();
        KeptEngines other = open();
        assertEquals(Optional.empty(), one.find(CONVOLUTION));
        assertEquals(Optional.empty(), other.find("another"));
        one.keep(CONVOLUTION, CHOSEN);
        other.keep("another", ANOTHER);
        assertEquals(Optional.of(CHOSEN), open().find(CONVOLUTION));
        assertTrue(open().find("another").isPresent());
    }

    @Test
    void anotherDeviceVersionOrArchitectureHasItsOwnChoices() throws IOException {
        open().keep(CONVOLUTION, CHOSEN);
        Path engines = folder.resolve("deep/engines");
        assertEquals(Optional.empty(), new KeptEngines(engines, "NVIDIA H100", "sm_90", 92400).find(CONVOLUTION));
        assertEquals(Optional.empty(), new KeptEngines(engines, "NVIDIA H200", "sm_90", 92500).find(CONVOLUTION));
        // Names that differ in punctuation alone share a file's name, but not what is in it.
        KeptEngines alike = new KeptEngines(engines, "NVIDIA/H200", "sm_90", 92400);
        assertEquals(file().toString(), alike.place());
        assertEquals(Optional.empty(), alike.find(CONVOLUTION));
    }

    /** Earlier versions kept refusals, some of which had only been those of a moment without memory. */
    @Test
    void aRefusalThatAnEarlierVersionKeptIsNotBelievedAndItsChoicesAre() throws IOException {
        open().keep(CONVOLUTION, CHOSEN);
        String text = Files.readString(file());
        Files.writeString(file(), text.replace("\"convolutions\" : {",
                "\"convolutions\" : {\"another\": {\"library\": \"a build\", \"unsupported\": \"no\"},"));
        assertEquals(Optional.empty(), open().find("another"));
        assertEquals(Optional.of(CHOSEN), open().find(CONVOLUTION));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "{", "[]", "7", "\0\0\0\0", "{\"format\": 1}", "{\"format\": \"1\"}",
        "{\"format\": 2, \"device\": \"NVIDIA H200\", \"compute_capability\": \"sm_90\", \"cudnn\": 92400, "
                + "\"convolutions\": {\"CONVOLUTION\": {\"engine\": 1, \"microseconds\": 1, \"knobs\": {}}}}",
        "{\"format\": 1, \"device\": \"another\", \"compute_capability\": \"sm_90\", \"cudnn\": 92400, "
                + "\"convolutions\": {\"CONVOLUTION\": {\"engine\": 1, \"microseconds\": 1, \"knobs\": {}}}}",
        "{\"format\": 1, \"device\": \"NVIDIA H200\", \"compute_capability\": \"sm_90\", \"cudnn\": 92400, "
                + "\"convolutions\": []}",
        "{\"format\": 1, \"device\": \"NVIDIA H200\", \"compute_capability\": \"sm_90\", \"cudnn\": 92400, "
                + "\"convolutions\": {\"CONVOLUTION\": 1}}",
        "{\"format\": 1, \"device\": \"NVIDIA H200\", \"compute_capability\": \"sm_90\", \"cudnn\": 92400, "
                + "\"convolutions\": {\"CONVOLUTION\": {\"engine\": 1e300, \"microseconds\": 1, \"knobs\": {}}}}",
        "{\"format\": 1, \"device\": \"NVIDIA H200\", \"compute_capability\": \"sm_90\", \"cudnn\": 92400, "
                + "\"convolutions\": {\"CONVOLUTION\": {\"engine\": 1, \"microseconds\": 1, \"knobs\": {\"x\": 1}}}}",
        "{\"format\": 1, \"device\": \"NVIDIA H200\", \"compute_capability\": \"sm_90\", \"cudnn\": 92400, "
                + "\"convolutions\": {\"CONVOLUTION\": {\"engine\": 1, \"microseconds\": 1, \"knobs\": 5}}}",
        "{\"format\": 1, \"device\": \"NVIDIA H200\", \"compute_capability\": \"sm_90\", \"cudnn\": 92400, "
                + "\"convolutions\": {\"CONVOLUTION\": {\"unsupported\": 5}}}"})
    void aFileThatIsDamagedOrNotOursCountsAsEmptyAndIsReplaced(String text) throws IOException {
        Files.createDirectories(file().getParent());
        Files.writeString(file(), text.replace("CONVOLUTION", CONVOLUTION));
        assertEquals(Optional.empty(), open().find(CONVOLUTION));
        open().keep(CONVOLUTION, CHOSEN);
        assertEquals(Optional.of(CHOSEN), open().find(CONVOLUTION));
    }

    @Test
    void aHugeFileIsNotRead() throws IOException {
        Files.createDirectories(file().getParent());
        Files.write(file(), new byte[5 << 20]);
        assertEquals(Optional.empty(), open().find(CONVOLUTION));
        open().keep(CONVOLUTION, CHOSEN);
        assertTrue(Files.size(file()) < 1000);
    }

    @Test
    void aFolderThatCannotBeWrittenIsNoFailure() throws IOException {
        Files.createFile(folder.resolve("deep"));
        open().keep(CONVOLUTION, CHOSEN);
        assertEquals(Optional.empty(), open().find(CONVOLUTION));
        KeptEngines nowhere = new KeptEngines(null, "NVIDIA H200", "sm_90", 92400);
        nowhere.keep(CONVOLUTION, CHOSEN);
        assertEquals(Optional.empty(), nowhere.find(CONVOLUTION));
    }

    @Test
    void aFolderInPlaceOfTheFileIsNoFailure() throws IOException {
        Files.createDirectories(file());
        open().keep(CONVOLUTION, CHOSEN);
        assertEquals(Optional.empty(), open().find(CONVOLUTION));
    }

    @Test
    void nothingIsLeftBesideTheFile() throws IOException {
        open().keep(CONVOLUTION, CHOSEN);
        open().keep("another", CHOSEN);
        try (Stream<Path> files = Files.list(file().getParent())) {
            assertEquals(1, files.count());
        }
    }
}
