package io.gimbal.cuda.panama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gimbal.cuda.CudaLibrary;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.cuda.RawCollectives;
import io.gimbal.cuda.SoftwareSearch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PanamaCollectivesTest {
    @TempDir
    private Path folder;

    @Test
    void theLibraryIsOpenedByTheFirstCallAndOnce() {
        AtomicInteger opened = new AtomicInteger();
        RawCollectives collectives = new PanamaCollectives(() -> {
            opened.incrementAndGet();
            return CudaLibraries.ofSoftware(SoftwareSearch.places()).collectives().get();
        });
        assertEquals(0, opened.get());
        int[] version = new int[1];
        assertEquals(0, collectives.version(version));
        assertEquals(0, collectives.version(version));
        assertEquals(23007, version[0]);
        assertEquals(1, opened.get());
    }

    @Test
    void whereNcclIsMissingACallSaysWhereItWasLookedForAndHowToGetIt() {
        LibrarySearch nowhere = new LibrarySearch(Map.of(LibrarySearch.VARIABLE, folder.toString())::get,
                Map.<String, String>of()::get);
        SharedLibrary library = CudaLibraries.ofGpu(nowhere).collectives().get();
        assumeTrue(library.missing() != null, "the loader itself finds NCCL here");
        RawCollectives collectives = new PanamaCollectives(() -> library);
        String message = assertThrows(UnsatisfiedLinkError.class, () -> collectives.version(new int[1])).getMessage();
        assertTrue(message.startsWith("NCCL could not be loaded. Tried:\n  " + folder), message);
        assertTrue(message.endsWith("install it by 'pip install nvidia-nccl-cu13' (for CUDA 12: nvidia-nccl-cu12), or "
                + "NVIDIA's package libnccl2"), message);
    }

    @Test
    void ncclIsLookedForInTheWheelsFolder() throws java.io.IOException {
        Path wheel = folder.resolve("nvidia/nccl/lib/libnccl.so.2");
        Files.createDirectories(wheel.getParent());
        Files.createFile(wheel);
        LibrarySearch search = new LibrarySearch(Map.of(LibrarySearch.WHEELS, folder.toString())::get,
                Map.<String, String>of()::get);
        List<String> loads = search.places(CudaLibrary.COLLECTIVES).stream().map(LibrarySearch.Place::load).toList();
        assertTrue(loads.contains(wheel.toString()), loads.toString());
    }
}
