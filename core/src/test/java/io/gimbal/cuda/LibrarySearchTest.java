package io.gimbal.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibrarySearchTest {
    @TempDir
    private Path folder;

    @Test
    void theExplicitSettingComesFirstThenSonamesThenToolkitsThenPythonEnvironments() throws IOException {
        Path explicit = file("explicit/libcudnn.so.9");
        Path toolkit = file("toolkit/lib64/libcudnn.so.8");
        Path wheel = file("env/lib/python3.12/site-packages/nvidia/cudnn/lib/libcudnn.so.9");
        LibrarySearch search = new LibrarySearch(Map.of("CUDA_HOME", folder.resolve("toolkit").toString(),
                "VIRTUAL_ENV", folder.resolve("env").toString())::get,
                Map.of(LibrarySearch.PROPERTY, explicit.getParent().toString())::get);
        List<String> loads = loads(search, CudaLibrary.DNN);
        assertEquals(List.of(explicit.toString(), "libcudnn.so.9", "libcudnn.so.8", toolkit.toString()),
                loads.subList(0, 4));
        assertTrue(loads.contains(wheel.toString()), loads.toString());
    }

    @Test
    void theFolderOfAPipTargetIsSearchedBeforeOtherEnvironments() throws IOException {
        Path target = file("target/nvidia/cu13/lib/libnvrtc.so.13");
        Path other = file("env/lib/python3.11/site-packages/nvidia/cu13/lib/libnvrtc.so.13");
        LibrarySearch search = new LibrarySearch(Map.of(LibrarySearch.WHEELS, folder.resolve("target").toString(),
                "CONDA_PREFIX", folder.resolve("env").toString())::get, Map.<String, String>of()::get);
        List<String> loads = loads(search, CudaLibrary.COMPILER);
        assertTrue(loads.contains(target.toString()) && loads.contains(other.toString()), loads.toString());
        assertTrue(loads.indexOf(target.toString()) < loads.indexOf(other.toString()), loads.toString());
    }

    @Test
    void aFileInTheExplicitSettingCountsForTheLibraryThatItIsNamedAfter() throws IOException {
        Path blas = file("libcublas.so.13.1");
        Path dnn = file("libcudnn.so.9.24");
        LibrarySearch search = new LibrarySearch(
                Map.of(LibrarySearch.VARIABLE, blas + File.pathSeparator + dnn)::get, Map.<String, String>of()::get);
        assertEquals(blas.toString(), loads(search, CudaLibrary.BLAS).getFirst());
        assertEquals(dnn.toString(), loads(search, CudaLibrary.DNN).getFirst());
        assertFalse(loads(search, CudaLibrary.DNN).contains(blas.toString()));
    }

    @Test
    void aLibraryOfAnOlderCudaIsFoundSoThatPeopleCanBeTold() throws IOException {
        LibrarySearch none = new LibrarySearch(Map.of("CUDA_HOME", folder.toString())::get,
                Map.<String, String>of()::get);
        assertTrue(none.older().filter(file -> file.startsWith(folder)).isEmpty(), none.older().toString());
        for (String name : List.of("libcublas.so.11", "libnvrtc.so.11.2", "libcublas.so.10.1")) {
            Path file = file(name + "/lib64/" + name);
            LibrarySearch search = new LibrarySearch(
                    Map.of("CUDA_HOME", file.getParent().getParent().toString())::get, Map.<String, String>of()::get);
            assertEquals(file, search.older().orElseThrow());
        }
        Path newer = file("new/lib64/libcublas.so.13");
        assertTrue(new LibrarySearch(Map.of("CUDA_HOME", newer.getParent().getParent().toString())::get,
                Map.<String, String>of()::get).older().filter(file -> file.startsWith(folder)).isEmpty());
    }

    @Test
    void relativePathsAreNeverFollowed() {
        Map<String, String> settings = Map.of(LibrarySearch.VARIABLE, ".", "CUDA_HOME", "cuda", "VIRTUAL_ENV", "venv",
                "PYTHONPATH", "");
        LibrarySearch search = new LibrarySearch(settings::get, Map.<String, String>of()::get);
        for (CudaLibrary library : CudaLibrary.values()) {
            for (LibrarySearch.Place place : search.places(library)) {
                assertTrue(library.sonames().contains(place.name()) || Path.of(place.name()).isAbsolute(),
                        place.name());
            }
        }
    }

    @Test
    void aFolderWithoutTheLibraryIsNamedButNotLoaded() throws IOException {
        Files.createDirectories(folder.resolve("cuda/lib64"));
        LibrarySearch search = new LibrarySearch(Map.of("CUDA_HOME", folder.resolve("cuda").toString())::get,
                Map.<String, String>of()::get);
        String expected = folder.resolve("cuda/lib64").toString();
        LibrarySearch.Place place = search.places(CudaLibrary.BLAS).stream()
                .filter(candidate -> candidate.name().equals(expected)).findFirst().orElseThrow();
        assertNull(place.load());
        assertEquals("environment variable CUDA_HOME", place.origin());
    }

    @Test
    void theSoftwareDeviceIsWhereItIsSaidToBeOrElseBesideTheInstallation() throws IOException {
        Path built = file("target/native/libsoftcuda.so");
        List<LibrarySearch.Place> given = SoftwareSearch.places(Map.of(SoftwareSearch.VARIABLE,
                "/given/libsoftcuda.so")::get, Map.<String, String>of()::get, folder.resolve("target/classes"));
        assertEquals(List.of("/given/libsoftcuda.so"), given.stream().map(LibrarySearch.Place::load).toList());
        for (String installation : List.of("target/classes", "target/gimbal.jar")) {
            List<LibrarySearch.Place> beside = SoftwareSearch.places(Map.<String, String>of()::get, Map.<String,
                    String>of()::get, folder.resolve(installation));
            assertEquals(built.toString(), beside.getFirst().load());
        }
    }

    @Test
    void aRelativePathToTheSoftwareDeviceIsRefused() {
        LibrarySearch.Place place = SoftwareSearch.places(Map.<String, String>of()::get,
                Map.of(SoftwareSearch.PROPERTY, "libsoftcuda.so")::get, folder).getFirst();
        assertNull(place.load());
        assertTrue(place.describe().contains("must be an absolute path"));
    }

    private Path file(String name) throws IOException {
        Path path = folder.resolve(name);
        Files.createDirectories(path.getParent());
        return Files.createFile(path);
    }

    private static List<String> loads(LibrarySearch search, CudaLibrary library) {
        return search.places(library).stream().map(LibrarySearch.Place::load).filter(load -> load != null).toList();
    }
}
