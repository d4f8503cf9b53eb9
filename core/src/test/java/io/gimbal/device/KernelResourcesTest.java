package io.gimbal.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KernelResourcesTest {
    private static final String LOG = """
            ptxas info    : 0 bytes gmem, 24 bytes cmem[4]
            ptxas info    : Compiling entry function 'gram_bf16' for 'sm_90'
            ptxas info    : Function properties for gram_bf16
                0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
            ptxas info    : Used 168 registers, used 1 barriers, 2336 bytes smem, 568 bytes cmem[0]
            ptxas info    : Compile time = 140.202 ms
            ptxas info    : Compiling entry function 'add' for 'sm_90'
            ptxas info    : Function properties for add
                16 bytes stack frame, 12 bytes spill stores, 20 bytes spill loads
            ptxas info    : Used 44 registers, used 0 barriers, 560 bytes cmem[0]
            """;

    @Test
    void theLogOfPtxasIsReadKernelByKernel() {
        Map<String, KernelResources> read = KernelResources.read(LOG);
        assertEquals(List.of("gram_bf16", "add"), List.copyOf(read.keySet()));
        assertEquals(new KernelResources(168, 0, 0, 2336), read.get("gram_bf16"));
        assertEquals(new KernelResources(44, 16, 32, 0), read.get("add"));
        assertEquals(Map.of(), KernelResources.read(""));
    }

    @ParameterizedTest
    @CsvSource({"16, 0, sm_90, 8", "32, 0, sm_90, 8", "33, 0, sm_90, 6", "40, 0, sm_90, 6", "41, 0, sm_90, 5",
        "128, 0, sm_90, 2", "129, 0, sm_90, 1", "255, 0, sm_80, 1",
        "32, 19968, sm_80, 8", "32, 19969, sm_80, 7", "32, 28160, sm_90, 8", "32, 28161, sm_100, 7",
        "64, 49152, sm_80, 3", "64, 49152, sm_90, 4"})
    void registersSharedMemoryAndThreadsSayHowManyBlocksAreThereAtOnce(int registers, int shared, String architecture,
            int blocks) {
        assertEquals(blocks, new KernelResources(registers, 0, 0, shared).residentBlocks(architecture));
    }

    @Test
    void anArchitectureThatIsNotKnownIsRefusedByName() {
        String refused = assertThrows(IllegalArgumentException.class, () ->
                new KernelResources(32, 0, 0, 0).residentBlocks("sm_75")).getMessage();
        assertTrue(refused.contains("sm_75") && refused.contains("[sm_100, sm_80, sm_90]"), refused);
    }
}
