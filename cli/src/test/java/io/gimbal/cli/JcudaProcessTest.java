package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.jcuda.JcudaHandles;
import io.gimbal.replay.CaseFolders;
import io.gimbal.run.TinyRooms;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What people see where JCuda cannot be used. Each is a process: natives are loaded once. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class JcudaProcessTest {
    private static final String FORWARDERS = "linux-x86_64";
    private static final String OTHERWISE = ", or use --binding panama";

    @TempDir
    private Path folder;
    private Path natives;
    private Path binding;
    private Path forwarders;
    private final Path built = Path.of(System.getProperty("gimbal.softcuda")).getParent();

    /** A folder with the software device, and the binding's classes with forwarders that a test may change. */
    @BeforeEach
    void linkTheSoftwareDevice() throws IOException {
        natives = Files.createDirectories(folder.resolve("native"));
        binding = folder.resolve("jcuda");
        forwarders = binding.resolve("io/gimbal/cuda/jcuda").resolve(FORWARDERS);
        for (String file : List.of("libsoftcuda.so", "libdnnl.so.3", "libgomp.so.1")) {
            Files.createSymbolicLink(natives.resolve(file), built.resolve(file));
        }
        copyTheBindingWithoutForwarders();
    }

    private void copyTheBindingWithoutForwarders() throws IOException {
        Path place = Path.of(bindingOnClassPath());
        if (Files.isDirectory(place)) {
            copyWithoutForwarders(place);
        } else {
            try (FileSystem jar = FileSystems.newFileSystem(place)) {
                copyWithoutForwarders(jar.getPath("/"));
            }
        }
        Files.createDirectory(forwarders);
    }

    private static String bindingOnClassPath() {
        try {
            return Path.of(JcudaHandles.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
        } catch (URISyntaxException impossible) {
            throw new AssertionError(impossible);
        }
    }

    private void copyWithoutForwarders(Path from) throws IOException {
        try (var files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).filter(path -> !path.toString().contains(FORWARDERS))
                    .toList()) {
                Path to = binding.resolve(from.relativize(file).toString());
                Files.createDirectories(to.getParent());
                Files.copy(file, to);
            }
        }
    }

    private void forward(String soname, String builtAs) throws IOException {
        Files.copy(built.resolve("forward").resolve(builtAs), forwarders.resolve(soname));
    }

    private void forwardAll() throws IOException {
        for (String soname : List.of("libcuda.so.1", "libnvrtc.so.12", "libcublas.so.12", "libcudnn.so.9")) {
            forward(soname, soname);
        }
    }

    private record Ended(int code, String out, String err) {}

    private Ended run(String main, Predicate<String> onClassPath, Map<String, String> environment,
            List<String> options, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:-UsePerfData",
                "-XX:TieredStopAtLevel=1", "-Xmx512m", "--enable-native-access=ALL-UNNAMED",
                "-Dgimbal.softcuda=" + natives.resolve("libsoftcuda.so")));
        command.addAll(options);
        command.addAll(List.of("-cp", Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(onClassPath).map(entry -> entry.equals(bindingOnClassPath()) ? binding.toString() : entry)
                .collect(Collectors.joining(File.pathSeparator)), main));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        assertTrue(process.waitFor(120, TimeUnit.SECONDS), "it takes too long");
        return new Ended(process.exitValue(), Files.readString(folder.resolve("out")),
                Files.readString(folder.resolve("err")));
    }

    private Ended replay(Predicate<String> onClassPath, Map<String, String> environment, String... options)
            throws IOException, InterruptedException {
        return run(Main.class.getName(), onClassPath, environment, List.of(options), "replay",
                CaseFolders.of("residual").toString(), folder.resolve("replayed").toString(), "--device", "soft",
                "--binding", "jcuda");
    }

    private static void refuses(Ended ended, String sentence) {
        assertEquals("gimbal: JCuda cannot be used: " + sentence + "\n", ended.err());
        assertEquals(1, ended.code());
        assertEquals("", ended.out());
    }

    @Test
    void nativesAreLoadedFromAPrivateFolderThatIsGoneAfterwards() throws IOException, InterruptedException {
        forwardAll();
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        // What JCuda by itself would take: a file of another's in the common folder, under the name that it knows.
        Files.writeString(temporary.resolve("libJCudaDriver-12.6.0-linux-x86_64.so"), "planted");
        Ended ended = replay(path -> true, Map.of(), "-Djava.io.tmpdir=" + temporary);
        assertEquals(0, ended.code(), ended.err());
        assertTrue(ended.out().contains(", by JCuda"), ended.out());
        try (var left = Files.list(temporary)) {
            assertEquals(List.of(temporary.resolve("libJCudaDriver-12.6.0-linux-x86_64.so")),
                    left.filter(file -> !file.getFileName().toString().startsWith("hsperfdata")).toList());
        }
    }

    @Test
    void missingNativesAreNamedWithTheArtifactThatHasThem() throws IOException, InterruptedException {
        forwardAll();
        refuses(replay(path -> !path.contains("jcublas-natives"), Map.of()), "JCuda's native "
                + "libJCublas2-12.6.0-linux-x86_64.so is not on the class path: add "
                + "org.jcuda:jcublas-natives:12.6.0:linux-x86_64" + OTHERWISE);
    }

    @Test
    void missingClassesAreNamedToo() throws IOException, InterruptedException {
        forwardAll();
        refuses(replay(path -> !path.contains("jcudnn-11.7.0"), Map.of()), "JCuda is not on the class path (no class "
                + "jcuda/jcudnn/JCudnn): add org.jcuda:jcudnn" + OTHERWISE);
    }

    @Test
    void missingForwardersAreNamed() throws IOException, InterruptedException {
        refuses(replay(path -> true, Map.of()), "JCuda asks for libcuda.so.1, which is not here, and gimbal-jcuda has "
                + "none that could stand in for it: install CUDA 12 and cuDNN 9, build Gimbal anew" + OTHERWISE);
    }

    @Test
    void aLibraryThatBearsAnotherSonameThanItsNameIsNotWhatTheNativeFinds() throws IOException, InterruptedException {
        forward("libcuda.so.1", "libcuda.so.1");
        forward("libnvrtc.so.12", "libnvrtc.so.12");
        forward("libcublas.so.12", "libcudnn.so.9");
        refuses(replay(path -> true, Map.of()), "JCuda's native cannot be loaded (libcublas.so.12: cannot open shared "
                + "object file: No such file or directory): it needs libcublas.so.12 as CUDA 12 and cuDNN 9 have it; "
                + "install those" + OTHERWISE);
    }

    @Test
    void aLibraryThatTookTheSonameFirstIsNamedAndNothingRunsOnIt() throws IOException, InterruptedException {
        forwardAll();
        Path other = Files.createDirectory(folder.resolve("other")).resolve("libcudnn.so.9");
        Files.copy(built.resolve("forward").resolve("libcudnn.so.9"), other);
        Ended ended = replay(path -> true, Map.of("LD_PRELOAD", other.toString()));
        refuses(ended, "JCuda's JCudnn takes its libcudnn.so.9 from " + other + ", which is loaded already, and cannot "
                + "be moved to " + natives.resolve("libsoftcuda.so") + " in the same process: use that one alone"
                + OTHERWISE);
    }

    @Test
    void aTemporaryFolderThatCannotBeWrittenToIsNamed() throws IOException, InterruptedException {
        forwardAll();
        Ended ended = replay(path -> true, Map.of(), "-Djava.io.tmpdir=/proc");
        assertEquals(1, ended.code());
        assertTrue(ended.err().startsWith("gimbal: JCuda cannot be used: gimbal-jcuda's libcuda.so.1 could not be "
                + "unpacked: ") && ended.err().endsWith("java.io.tmpdir must name a folder that can be "
                + "written to" + OTHERWISE + "\n"), ended.err());
    }

    @Test
    void aFunctionThatIsNotForwardedFailsByName() throws IOException, InterruptedException {
        forwardAll();
        Ended ended = run(UnforwardedProgram.class.getName(), path -> true, Map.of(), List.of());
        assertEquals("801 15 is not forwarded\n".replace("is not", "cublasGetStatusString is not"), ended.out(),
                ended.err());
        assertEquals(0, ended.code());
        List<String> lines = ended.err().lines().toList();
        assertEquals(3, lines.size(), ended.err());
        assertTrue(lines.get(0).startsWith("cuMemAllocManaged: Gimbal's libcuda.so.1 does not forward this function to "
                + natives.resolve("libsoftcuda.so")), lines.get(0));
        assertTrue(lines.get(1).startsWith("cublasSaxpy_v2: Gimbal's libcublas.so.12 does not forward"), lines.get(1));
        assertTrue(lines.get(2).startsWith("cublasGetStatusString: "), lines.get(2));
    }

    @ParameterizedTest
    @ValueSource(strings = {"jcuda", "panama jcuda"})
    void aSecondClassLoaderOfTheProcessComputesTheSame(String bindings) throws IOException, InterruptedException {
        forwardAll();
        Path out = Files.createDirectory(folder.resolve("replayed"));
        List<String> arguments = new ArrayList<>(List.of(CaseFolders.of("residual").toString(), out.toString()));
        arguments.addAll(List.of(bindings.split(" ")));
        Ended ended = run(TwoLoadersProgram.class.getName(), path -> true, Map.of(), List.of(),
                arguments.toArray(String[]::new));
        assertFalse(ended.err().contains("gimbal:") || ended.err().contains("Exception"), ended.err());
        assertEquals(3, ended.out().lines().filter("code 0"::equals).count(), ended.out());
        assertEquals(List.of(), TinyRooms.differences(out.resolve("0"), out.resolve("1")));
        assertEquals(List.of(), TinyRooms.differences(out.resolve("0"), out.resolve("2")));
    }
}
