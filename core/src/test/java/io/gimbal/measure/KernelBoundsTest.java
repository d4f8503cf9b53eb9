package io.gimbal.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.device.KernelCounts;
import io.gimbal.device.KernelResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KernelBoundsTest {
    private static final int BYTES = 1 << 20;
    private static final String KEPT =
            "// counts: loads 1.25, stores 1.00, conflicts 2.00, instructions 103, resident 4";

    @TempDir
    private Path folder;

    /** 1280 sectors loaded for 1024, 4 passes for 2, 98 instructions a KiB, 4 blocks; bytes as the cost has them. */
    private static CountedKernel counted(String kernel, long bytes) {
        KernelCounts counts = new KernelCounts(kernel, 1, 1, 98 * 1024, 0, 0, bytes, 0, BYTES / 32, List.of(
                new KernelCounts.Line("common.cuh", 7, 90 * 1024, 1020, 1020, 8, 8, 4, 2),
                new KernelCounts.Line("some.cu", 3, 8 * 1024, 260, 4, 0, 0, 0, 0)));
        return new CountedKernel(new KernelCase("some", kernel, "1x2x2x1", 1, null), new KernelCost(BYTES, 1), counts,
                new KernelResources(64, 0, 0, 0), 4, null);
    }

    private Map<String, KernelBounds> bounds(String... lines) throws IOException {
        Files.write(folder.resolve("some.cu"), List.of(lines));
        return KernelBounds.read(folder);
    }

    private List<String> faults(String comment) throws IOException {
        return bounds("", comment, "KERNEL(sum, const float* x) {").get("sum").faults(List.of(counted("sum", BYTES)));
    }

    @Test
    void boundsThatAreKeptAndCloseAreRight() throws IOException {
        assertEquals(List.of(), faults(KEPT));
        assertEquals(KEPT, KernelBounds.comment(List.of(counted("sum", BYTES)), List.of()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "loads 1.25 | loads 1.24 | loads 1.25 were counted, 1.24 is allowed; most of it is in some.cu:3 (100 %)",
        "conflicts 2.00 | conflicts 1.90 | conflicts 2.00 were counted, 1.90 is allowed; most of it is in common.cuh:7",
        "instructions 103 | instructions 97 | instructions 98 were counted, 97 is allowed; most of it is in common.cuh",
        "resident 4 | resident 5 | resident 4 were counted, 5 is allowed; KernelResources[registers=64",
        "loads 1.25 | loads 1.27 | loads 1.27 is wider than need be: 1.25",
        "instructions 103 | instructions 120 | instructions 120 is wider than need be: 103",
        "resident 4 | resident 3 | resident 3 is wider than need be: 4",
        "', conflicts 2.00' | '' | has no bound for the conflicts of sum"})
    void aBoundThatIsBrokenOrTooWideIsToldWithItsPlace(String from, String to, String message) throws IOException {
        assertTrue(KEPT.contains(from));
        List<String> faults = faults(KEPT.replace(from, to));
        assertEquals(1, faults.size(), faults::toString);
        assertTrue(faults.getFirst().contains(message), faults::toString);
        assertTrue(faults.getFirst().contains(folder.getFileName() + "/some.cu:2"), faults::toString);
    }

    @Test
    void theHalfInBf16HasBoundsOfItsOwn() throws IOException {
        Map<String, KernelBounds> bounds = bounds("// counts: loads 1.00 (bf16 1.25), stores 1.00, conflicts 2.00, "
                + "instructions 50 (bf16 103), resident 8 (bf16 4)", "RESIDENT_KERNELS(2, sum, (const S* x), (x))");
        assertEquals(List.of(), bounds.get("sum_bf16").faults(List.of(counted("sum_bf16", BYTES))));
        assertEquals(3, bounds.get("sum").faults(List.of(counted("sum", BYTES))).size());
    }

    @ParameterizedTest
    @CsvSource({"1.10, bytes 1.10", "0.95, bytes 0.95"})
    void bytesThatAreNotThoseOfTheCostAreTold(double share, String message) throws IOException {
        KernelBounds bounds = bounds("", KEPT, "KERNEL(sum, const float* x) {").get("sum");
        List<String> faults = bounds.faults(List.of(counted("sum", Math.round(share * BYTES))));
        assertEquals(1, faults.size(), faults::toString);
        assertTrue(faults.getFirst().contains(message), faults::toString);
        assertEquals(List.of(), bounds.faults(List.of(counted("sum", Math.round(1.019 * BYTES)))));
    }

    @Test
    void aCommentThatIsNoneIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> bounds("// counts: loads", "KERNEL(sum, int n) {"));
        assertThrows(IllegalArgumentException.class, () -> bounds(KEPT, "", "KERNEL(sum, int n) {"));
        assertThrows(IllegalArgumentException.class, () -> bounds("// counts: speed 1", "KERNEL(sum, int n) {"));
    }
}
