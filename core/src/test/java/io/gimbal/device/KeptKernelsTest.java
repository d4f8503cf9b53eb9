package io.gimbal.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gimbal.cuda.Binding;
import io.gimbal.cuda.Compiler;
import io.gimbal.cuda.CudaException;
import io.gimbal.cuda.LibraryReport;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.cuda.SoftwareSearch;
import io.gimbal.cuda.panama.PanamaBinding;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeptKernelsTest {
    private static final List<Compiler.Header> HEADERS = List.of(new Compiler.Header("a.cuh", "int a;"));
    private static final List<String> OPTIONS = List.of("--gpu-architecture=sm_90", "--std=c++17");

    @TempDir
    private Path folder;

    /** Compiles by another, or writes down what it was given, and counts. */
    private static class Counting implements Compiler {
        private final Compiler other;
        private final String version;
        private final List<String> compiled = new ArrayList<>();

        Counting(Compiler other, String version) {
            this.other = other;
            this.version = version;
        }

        @Override
        public String version() {
            return version;
        }

        @Override
        public synchronized Compilation compile(String name, String source, List<Header> headers,
                List<String> options) {
            compiled.add(name);
            return other != null ? other.compile(name, source, headers, options)
                    : new Compilation((source + headers + options).getBytes(StandardCharsets.UTF_8), "log of " + name);
        }

        @Override
        public Compilation compileToPtx(String name, String source, List<Header> headers, List<String> options) {
            return compile("PTX of " + name, source, headers, options);
        }
    }

    private final Counting counting = new Counting(null, "13.0");

    private KeptKernels open() {
        return new KeptKernels(counting, "a build", folder.resolve("deep/kernels"));
    }

    private static Compiler.Compilation compiled(Compiler compiler) {
        return compiler.compile("a.cu", "kernel", HEADERS, OPTIONS);
    }

    private Path file() throws IOException {
        try (java.util.stream.Stream<Path> files = Files.list(folder.resolve("deep/kernels"))) {
            List<Path> all = files.toList();
            assertEquals(1, all.size(), "files: " + all);
            return all.getFirst();
        }
    }

    private static void assertSameCode(Compiler.Compilation expected, Compiler.Compilation actual) {
        assertArrayEquals(expected.image(), actual.image());
        assertEquals(expected.log(), actual.log());
    }

    @Test
    void theNextProcessCompilesNothing() throws IOException {
        Compiler.Compilation first = compiled(open());
        assertSameCode(first, compiled(open()));
        assertEquals(List.of("a.cu"), counting.compiled);
        file();
    }

    @Test
    void whateverTheCodeDependsOnIsCompiledAnew() {
        Path kernels = folder.resolve("deep/kernels");
        compiled(open());
        KeptKernels kept = open();
        kept.compile("b.cu", "kernel", HEADERS, OPTIONS);
        kept.compile("a.cu", "kernel ", HEADERS, OPTIONS);
        kept.compile("a.cu", "kernel", List.of(new Compiler.Header("a.cuh", "int b;")), OPTIONS);
        kept.compile("a.cu", "kernel", List.of(new Compiler.Header("b.cuh", "int a;")), OPTIONS);
        kept.compile("a.cu", "kernel", List.of(), OPTIONS);
        kept.compile("a.cu", "kernel", HEADERS, List.of("--gpu-architecture=sm_80", "--std=c++17"));
        kept.compile("a.cu", "kernel", HEADERS, List.of("--gpu-architecture=sm_90"));
        kept.compile("a.cu", "kernel", HEADERS, List.of("--gpu-architecture=sm_90--std=c++17"));
        compiled(new KeptKernels(counting, "another build", kernels));
        assertEquals(10, counting.compiled.size());
        Counting newer = new Counting(null, "13.1");
        compiled(new KeptKernels(newer, "a build", kernels));
        assertEquals(1, newer.compiled.size());
        compiled(open());
        assertEquals(10, counting.compiled.size(), "what was there at first is there still");
    }

    @Test
    void whereAHeaderEndsAndAnOptionBeginsIsTold() {
        KeptKernels kept = open();
        kept.compile("a.cu", "", List.of(new Compiler.Header("x", "y")), List.of());
        kept.compile("a.cu", "", List.of(), List.of("x", "y"));
        assertEquals(2, counting.compiled.size());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 31, 32, 35, 36, 60, -1})
    void aFileThatIsCutOffIsCompiledAnewAndReplaced(int length) throws IOException {
        Compiler.Compilation whole = compiled(open());
        byte[] bytes = Files.readAllBytes(file());
        Files.write(file(), Arrays.copyOf(bytes, length < 0 ? bytes.length + length : length));
        assertSameCode(whole, compiled(open()));
        assertEquals(2, counting.compiled.size());
        assertArrayEquals(bytes, Files.readAllBytes(file()));
    }

    @Test
    void aFileOfWhichAnyByteIsAnotherIsCompiledAnewAndReplaced() throws IOException {
        Compiler.Compilation whole = compiled(open());
        byte[] bytes = Files.readAllBytes(file());
        for (int k = 0; k < bytes.length; k++) {
            byte[] damaged = bytes.clone();
            damaged[k] ^= 0x40;
            Files.write(file(), damaged);
            assertSameCode(whole, compiled(open()));
            assertEquals(k + 2, counting.compiled.size(), "byte " + k);
            assertArrayEquals(bytes, Files.readAllBytes(file()));
        }
    }

    @Test
    void aFileThatIsLongerOrHugeIsCompiledAnewAndReplaced() throws IOException {
        Compiler.Compilation whole = compiled(open());
        byte[] bytes = Files.readAllBytes(file());
        Files.write(file(), Arrays.copyOf(bytes, bytes.length + 1));
        assertSameCode(whole, compiled(open()));
        Files.write(file(), new byte[(64 << 20) + 1]);
        assertSameCode(whole, compiled(open()));
        assertEquals(3, counting.compiled.size());
        assertArrayEquals(bytes, Files.readAllBytes(file()));
    }

    @Test
    void aFolderThatCannotBeMadeOrWrittenIsNoFailure() throws IOException {
        Files.createFile(folder.resolve("deep"));
        compiled(open());
        compiled(open());
        assertEquals(2, counting.compiled.size());
    }

    @Test
    void aFolderInPlaceOfTheFileIsNoFailureAndNothingIsLeftBeside() throws IOException {
        compiled(open());
        Path file = file();
        Files.delete(file);
        Files.createDirectories(file.resolve("full"));
        compiled(open());
        assertEquals(2, counting.compiled.size());
        assertEquals(file, file());
    }

    @Test
    void sourcesThatDoNotCompileAreNotKept() {
        Compiler refusing = new Counting(null, "13.0") {
            @Override
            public Compilation compile(String name, String source, List<Header> headers, List<String> options) {
                throw new CudaException("nvrtcCompileProgram", 6, "no");
            }
        };
        KeptKernels kept = new KeptKernels(refusing, "a build", folder.resolve("deep/kernels"));
        assertThrows(CudaException.class, () -> compiled(kept));
        assertTrue(Files.notExists(folder.resolve("deep")));
    }

    @Test
    void ptxIsKeptTooAndNotTakenForTheCodeOfTheSameSource() throws IOException {
        Compiler.Compilation ptx = open().compileToPtx("a.cu", "kernel", HEADERS, OPTIONS);
        assertSameCode(ptx, open().compileToPtx("a.cu", "kernel", HEADERS, OPTIONS));
        assertEquals(List.of("PTX of a.cu"), counting.compiled);
        Files.setLastModifiedTime(file(), FileTime.from(Instant.now().minus(Duration.ofDays(91))));
        compiled(open());
        compiled(open());
        assertEquals(List.of("PTX of a.cu", "a.cu"), counting.compiled);
        assertTrue(file().toString().endsWith(".cubin"), "what was not used for long is taken away");
    }

    @Test
    void whatWasNotUsedForLongIsTakenAwayAndWhatWasIsNot() throws IOException {
        open().compile("old.cu", "kernel", HEADERS, OPTIONS);
        Path old = file();
        Path kernels = folder.resolve("deep/kernels");
        Path part = Files.write(kernels.resolve("x.part"), new byte[9]);
        Path mine = Files.write(kernels.resolve("notes.txt"), new byte[9]);
        compiled(open());
        for (Path file : List.of(old, part, mine)) {
            Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofDays(91))));
        }
        // Used again, it counts as fresh.
        open().compile("old.cu", "kernel", HEADERS, OPTIONS);
        open().compile("new.cu", "kernel", HEADERS, OPTIONS);
        assertTrue(Files.exists(old) && Files.notExists(part) && Files.exists(mine));
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(91))));
        open().compile("newer.cu", "kernel", HEADERS, OPTIONS);
        assertTrue(Files.notExists(old) && Files.exists(mine));
    }

    @Test
    void nobodyElseMayWriteIntoTheFolderThatIsMade() throws IOException {
        compiled(open());
        assertTrue(Files.getPosixFilePermissions(folder.resolve("deep/kernels")).stream().noneMatch(permission ->
                permission == PosixFilePermission.GROUP_WRITE || permission == PosixFilePermission.OTHERS_WRITE));
    }

    @Test
    void severalThreadsMayCompileTheSameAtOnce() throws Exception {
        CountDownLatch start = new CountDownLatch(1);
        List<Compiler.Compilation> results = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int k = 0; k < 8; k++) {
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    start.await();
                } catch (InterruptedException e) {
                    return;
                }
                Compiler.Compilation one = compiled(open());
                synchronized (results) {
                    results.add(one);
                }
            }));
        }
        start.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(8, results.size());
        results.forEach(result -> assertSameCode(results.getFirst(), result));
        int before = counting.compiled.size();
        assertSameCode(results.getFirst(), compiled(open()));
        assertEquals(before, counting.compiled.size());
        file();
    }

    @Test
    void aSecondStartOfADeviceCompilesNothingAndItsKernelsRun() {
        Binding soft = PanamaBinding.ofSoftware(SoftwareSearch.places());
        Counting compiler = new Counting(soft.compiler(), "a version");
        for (int start = 0; start < 2; start++) {
            try (Device device = new Device(soft.with(new KeptKernels(compiler, "a build", folder)),
                    BindingKind.PANAMA, "", OptionalLong.empty()); Stream stream = device.newStream()) {
                DeviceMemory left = TestDevices.memory(device, 1f, 2f, 3f);
                DeviceMemory right = TestDevices.memory(device, 10f, 20f, 30f);
                DeviceMemory sum = device.allocate(12);
                device.kernel("elementwise", "add").launch(stream, 1, left, right, sum, 3L);
                stream.synchronize();
                assertArrayEquals(new float[] {11, 22, 33}, TestDevices.floats(device, sum));
            }
        }
        assertEquals(List.of("elementwise.cu"), compiler.compiled);
    }

    @Test
    void theCodeOfTheRealNvrtcComesBackToTheByte() {
        NvrtcLibrary nvrtc = NvrtcLibrary.find(LibrarySearch.ofProcess());
        assumeTrue(nvrtc.refusal().isEmpty(), nvrtc.refusal());
        Counting real = new Counting(nvrtc.compiler(), nvrtc.compiler().version());
        KernelSource source = KernelSource.read("optimizer");
        List<Compiler.Compilation> both = new ArrayList<>();
        for (int start = 0; start < 2; start++) {
            both.add(new KeptKernels(real, "a build", folder).compile(source.file(), source.text(), source.headers(),
                    KernelOptions.forArchitecture("sm_90")));
        }
        assertEquals(1, real.compiled.size());
        assertSameCode(both.getFirst(), both.getLast());
        assertArrayEquals(new byte[] {0x7f, 'E', 'L', 'F'}, Arrays.copyOf(both.getLast().image(), 4));
    }

    @Test
    void aCompilerThatCouldNotBeLoadedIsTakenAsItIs() {
        LibraryReport missing = new LibraryReport("NVRTC", null, List.of());
        assertEquals(counting, KeptKernels.over(counting, missing));
    }
}
