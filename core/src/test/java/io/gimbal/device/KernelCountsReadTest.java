package io.gimbal.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class KernelCountsReadTest {
    private static final String COUNTS = """
            {"kernels":[{"kernel":"gram","launches":1,"blocks":40,"warp_instructions":1200,"thread_instructions":38400,
            "barriers":80,"bytes_loaded":4096,"bytes_stored":1024,"sectors":160,"lines":[
            {"file":"balance.cu","line":192,"instructions":1000,"sectors_loaded":160,"fewest_loaded":128,
             "sectors_stored":0,"fewest_stored":0,"shared_passes":0,"fewest_passes":0},
            {"file":"common.cuh","line":7,"instructions":200,"sectors_loaded":0,"fewest_loaded":0,
             "sectors_stored":128,"fewest_stored":32,"shared_passes":48,"fewest_passes":16}]}]}""";

    @Test
    void figuresAndWhatFollowsFromThemAreRead() {
        KernelCounts gram = KernelCounts.read(COUNTS).getFirst();
        assertEquals("gram", gram.kernel());
        assertEquals(40, gram.blocks());
        assertEquals(1200, gram.warpInstructions());
        assertEquals(38400, gram.threadInstructions());
        assertEquals(5120, gram.bytes());
        assertEquals(160, gram.sectors());
        assertEquals(5120, gram.movedBytes());
        assertEquals(6400, KernelCounts.read(COUNTS.replace("\"sectors\":160,\"l", "\"sectors\":200,\"l")).getFirst()
                .movedBytes());
        assertEquals(5120, KernelCounts.read(COUNTS.replace("\"sectors\":160,\"l", "\"sectors\":100,\"l")).getFirst()
                .movedBytes(), "what is read and written goes both ways");
        assertEquals(1.25, gram.loads());
        assertEquals(4, gram.stores());
        assertEquals(3, gram.conflicts());
        assertEquals("balance.cu:192", gram.lines().getFirst().place());
        assertEquals(1200, gram.sum(KernelCounts.Line::instructions));
    }

    @Test
    void whatIsNotUsedIsNotWasted() {
        KernelCounts idle = KernelCounts.read(COUNTS.replaceAll("\"lines\":\\[[^]]*]", "\"lines\":[]")).getFirst();
        assertEquals(List.of(1.0, 1.0, 1.0), List.of(idle.loads(), idle.stores(), idle.conflicts()));
        assertEquals(List.of(), KernelCounts.read("{\"kernels\":[]}"));
    }

    @Test
    void countsOfAnotherLibraryAreRefused() {
        String refused = assertThrows(IllegalStateException.class, () ->
                KernelCounts.read("{\"kernels\":[{\"name\":\"gram\"}]}")).getMessage();
        assertTrue(refused.contains("kernel") && refused.contains("rebuild"), refused);
        String part = COUNTS.replace("\"sectors\":160,", "");
        assertTrue(assertThrows(IllegalStateException.class, () -> KernelCounts.read(part)).getMessage()
                .contains("sectors"));
        assertThrows(IllegalStateException.class, () -> KernelCounts.read("nothing"));
    }
}
