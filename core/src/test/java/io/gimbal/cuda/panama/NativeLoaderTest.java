package io.gimbal.cuda.panama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.Binding;
import io.gimbal.cuda.LibraryReport;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.cuda.SoftwareSearch;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLoaderTest {
    record Functions(
            @C(name = {"cuNoSuchFunction", "cuDriverGetVersion"}, takes = CType.POINTER) MethodHandle alternative,
            @C(name = {"cuNoSuchFunction_v2", "cuNoSuchFunction"}, takes = {CType.POINTER,
            CType.INT}) MethodHandle missing) {}

    @TempDir
    private Path folder;

    @Test
    void aMissingLibraryMakesEveryFunctionThrowEveryPlaceWithTheLoadersReason() throws IOException {
        Path broken = Files.writeString(folder.resolve("libcuda.so.1"), "not a library");
        Binding binding = PanamaBinding.ofSoftware(List.of(
                new LibrarySearch.Place("libnosuch.so.7", "libnosuch.so.7", "the loader's search path"),
                new LibrarySearch.Place("/nowhere", null, "a folder"),
                new LibrarySearch.Place(broken.toString(), broken.toString(), "as given")));
        LibraryReport report = binding.libraries().getFirst();
        assertFalse(report.loaded());
        assertEquals(3, report.attempts().size());
        assertTrue(binding.switches().isEmpty());
        for (Runnable call : List.<Runnable>of(() -> binding.driver().initialize(), () ->
                binding.driver().launchGraph(1, 2),
                () -> binding.compiler().version(), () -> binding.blas().create(), () -> binding.dnn().version())) {
            String message = assertThrows(UnsatisfiedLinkError.class, call::run).getMessage();
            assertTrue(message.contains("libnosuch.so.7 (the loader's search path): libnosuch.so.7: cannot"), message);
            assertTrue(message.contains("/nowhere (a folder): holds no such library"), message);
            assertTrue(message.contains(broken + " (as given): is no shared library"), message);
        }
    }

    @Test
    void theFirstOfTheAlternativeNamesThatThereIsIsBound() {
        Functions functions = NativeLoader.bind(Functions.class, softwareDevice());
        // A null pointer is refused with CUDA_ERROR_INVALID_VALUE, so the function was reached.
        assertEquals(1, Calls.call(functions.alternative(), 0L));
    }

    @Test
    void aMissingFunctionThrowsItsNamesAndTheLibrary() {
        SharedLibrary library = softwareDevice();
        Functions functions = NativeLoader.bind(Functions.class, library);
        String message = assertThrows(UnsatisfiedLinkError.class, () ->
                Calls.call(functions.missing(), 0L, 0)).getMessage();
        assertEquals(library.report().path() + " has no function cuNoSuchFunction_v2 or cuNoSuchFunction", message);
    }

    @Test
    void theReportNamesTheFileThatWasLoaded() {
        assertTrue(softwareDevice().report().path().endsWith(SoftwareSearch.FILE));
    }

    private static SharedLibrary softwareDevice() {
        return SharedLibrary.open("software device", SoftwareSearch.places(), List.of(),
                NativeLoader.names(SwitchFunctions.class));
    }
}
