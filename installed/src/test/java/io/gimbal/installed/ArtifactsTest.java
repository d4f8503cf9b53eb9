package io.gimbal.installed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Gimbal's jars as those who embed them have them: on the class path, on the module path, all in one jar, in a class
 * loader of their own. Nothing but the jars is given: no property, no environment variable.
 */
class ArtifactsTest {
    private static final long PATIENCE_SECONDS = 120;
    private static final List<String> NATIVE_ACCESS = List.of("--enable-native-access=ALL-UNNAMED");

    @TempDir
    private static Path compiled;
    private static String expected;

    @TempDir
    private Path folder;

    private static Stream<Path> all() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator)).map(Path::of)
                .filter(path -> path.toString().endsWith(".jar"));
    }

    /** The jars of this module's dependencies that bring no other system along. */
    private static List<Path> jars() {
        return all().filter(path -> Stream.of("gimbal", "jcuda", "jcublas", "jcudnn", "leptonica").anyMatch(
                path.getFileName().toString()::startsWith)).filter(path -> !path.getFileName().toString().matches(
                        "gimbal-(arrow|spark)-.*")).toList();
    }

    private static List<Path> jarsWithoutJcuda() {
        return jars().stream().filter(path -> !path.getFileName().toString().matches(".*(jcuda|jcublas|jcudnn).*"))
                .toList();
    }

    private static String path(List<Path> files) {
        return files.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }

    @BeforeAll
    static void compileTheProgram() throws IOException, InterruptedException {
        assertTrue(jars().size() > 3, "the artifacts are not packed: run mvn verify; " + jars());
        compile(List.of("-classpath", path(jars())), compiled, program());
        expected = ran(compiled, List.of("-classpath", path(with(jarsWithoutJcuda(), compiled)), "program.Program",
                "PANAMA"));
        assertEquals(20, expected.lines().count(), expected);
        assertTrue(!expected.contains("NaN"), expected);
    }

    private static Path program() {
        return Path.of("installed", "src", "test", "resources", "program", "Program.java");
    }

    private static List<Path> with(List<Path> jars, Path more) {
        List<Path> all = new ArrayList<>(jars);
        all.add(more);
        return all;
    }

    private static void compile(List<String> options, Path to, Path... sources) {
        List<String> arguments = new ArrayList<>(options);
        arguments.addAll(List.of("-proc:none", "-d", to.toString()));
        Stream.of(sources).map(Path::toString).forEach(arguments::add);
        assertEquals(0, ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments.toArray(String[]::new)));
    }

    private record Ended(int code, String out, String err) {}

    private static Ended run(Path folder, List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(arguments);
        Path out = Files.createTempFile(folder, "out", "");
        Path err = Files.createTempFile(folder, "err", "");
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile()).redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("GIMBAL"));
        Process process = builder.start();
        assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "it takes too long");
        return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    private static String ran(Path folder, List<String> arguments) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(NATIVE_ACCESS);
        all.addAll(arguments);
        Ended ended = run(folder, all);
        assertEquals(0, ended.code(), ended.err());
        assertEquals("", ended.err());
        return ended.out();
    }

    @Test
    void theyBringNoLibraryThatAProgramMayHaveInAnotherVersion() throws IOException {
        Set<String> packages = new TreeSet<>();
        for (Path jar : jarsWithoutJcuda()) {
            try (JarFile entries = new JarFile(jar.toFile())) {
                entries.stream().map(JarEntry::getName).filter(name -> name.endsWith(".class") && name.contains("/"))
                        .map(name -> name.substring(0, name.lastIndexOf('/')))
                        .filter(name -> !name.matches("io/gimbal(/.*)?|META-INF/versions/9")).forEach(packages::add);
            }
        }
        assertEquals(Set.of(), packages);
        assertEquals(List.of("gimbal-0.1.0.jar", "gimbal-shaded-0.1.0.jar", "gimbal-softcuda-0.1.0-linux-x86_64.jar",
                "leptonica-1.87.0-1.5.14-linux-x86_64.jar"), jarsWithoutJcuda().stream().map(jar ->
                jar.getFileName().toString()).sorted().toList());
    }

    @Test
    void theyRunOnTheModulePath() throws IOException, InterruptedException {
        Path module = Files.writeString(folder.resolve("module-info.java"), """
                module program {
                    requires io.gimbal;
                }
                """);
        Path classes = folder.resolve("program");
        compile(List.of("--module-path", path(jarsWithoutJcuda())), classes, module, program());
        Ended ended = run(folder, List.of("--enable-native-access=io.gimbal", "--module-path",
                path(with(jarsWithoutJcuda(), classes)), "--module", "program/program.Program", "PANAMA"));
        assertEquals(0, ended.code(), ended.err());
        assertEquals("", ended.err());
        assertEquals(expected, ended.out());
    }

    /** Arrow's jars are modules, too; Spark's are not. */
    @Test
    void batchesOutOfArrowAreAModule() throws IOException, InterruptedException {
        List<Path> jars = all().filter(path -> path.getFileName().toString().matches(
                "(gimbal-(0|arrow|shaded|softcuda)|arrow|commons-codec|flatbuffers|jackson|slf4j).*")).toList();
        Path module = Files.writeString(folder.resolve("module-info.java"),
                "module program { requires io.gimbal.arrow; }");
        Path source = Files.writeString(Files.createDirectories(folder.resolve("program")).resolve("Main.java"), """
                package program;

                public class Main {
                    public static void main(String[] arguments) {
                        System.out.println(io.gimbal.arrow.ArrowBatches.class.getModule().getName() + " reads "
                                + org.apache.arrow.vector.VectorSchemaRoot.class.getModule().getName());
                    }
                }
                """);
        Path classes = folder.resolve("classes");
        compile(List.of("--module-path", path(jars)), classes, module, source);
        Ended ended = run(folder, List.of("--module-path", path(with(jars, classes)), "--module",
                "program/program.Main"));
        assertEquals("io.gimbal.arrow reads org.apache.arrow.vector\n", ended.out(), ended.err());
    }

    @Test
    void whatIsInsideCannotBeCalledOnTheModulePath() throws IOException {
        Path module = Files.writeString(folder.resolve("module-info.java"), "module program { requires io.gimbal; }");
        Path source = Files.writeString(Files.createDirectories(folder.resolve("program")).resolve("Inside.java"),
                "package program; class Inside { io.gimbal.cuda.Driver driver; }");
        assertEquals(1, ToolProvider.getSystemJavaCompiler().run(null, null, OutputStream.nullOutputStream(),
                "--module-path", path(jarsWithoutJcuda()), "-d", folder.resolve("classes").toString(),
                module.toString(), source.toString()));
    }

    @Test
    void theyRunFromOneJarWithTheProgram() throws IOException, InterruptedException {
        Path one = folder.resolve("one.jar");
        Set<String> names = new HashSet<>();
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(one))) {
            out.setLevel(Deflater.NO_COMPRESSION);
            for (Path jar : jarsWithoutJcuda()) {
                merge(jar, out, names);
            }
        }
        assertEquals(expected, ran(folder, List.of("-classpath", path(List.of(one, compiled)), "program.Program",
                "PANAMA")));
    }

    private static void merge(Path jar, JarOutputStream out, Set<String> names) throws IOException {
        try (JarFile entries = new JarFile(jar.toFile())) {
            for (JarEntry entry : entries.stream().filter(entry -> !entry.isDirectory()).toList()) {
                if (names.add(entry.getName())) {
                    out.putNextEntry(new JarEntry(entry.getName()));
                    try (InputStream in = entries.getInputStream(entry)) {
                        in.transferTo(out);
                    }
                }
            }
        }
    }

    @Test
    void theyRunInTwoClassLoadersOfOneProcess() throws IOException, InterruptedException {
        Path source = Files.writeString(folder.resolve("Loaders.java"), """
                import java.net.*;

                void main(String[] places) throws Exception {
                    URL[] urls = new URL[places.length];
                    for (int i = 0; i < urls.length; i++) {
                        urls[i] = Path.of(places[i]).toUri().toURL();
                    }
                    ClassLoader parent = ClassLoader.getPlatformClassLoader();
                    try (var one = new URLClassLoader(urls, parent); var other = new URLClassLoader(urls, parent)) {
                        for (ClassLoader loader : List.of(one, other, one)) {
                            System.out.print(loader.loadClass("program.Program").getMethod("trained", String.class)
                                    .invoke(null, "PANAMA"));
                        }
                    }
                }
                """);
        List<String> arguments = new ArrayList<>(List.of(source.toString()));
        with(jarsWithoutJcuda(), compiled).stream().map(Path::toString).forEach(arguments::add);
        assertEquals(expected.repeat(3), ran(folder, arguments));
    }

    @Test
    void withTheirJcudaTheyRunByJcuda() throws IOException, InterruptedException {
        assertEquals(expected, ran(folder, List.of("-classpath", path(with(jars(), compiled)), "program.Program",
                "JCUDA")));
    }

    @Test
    void withoutTheirJcudaThatIsSaid() throws IOException, InterruptedException {
        Ended ended = run(folder, List.of("-classpath", path(with(jarsWithoutJcuda(), compiled)), "program.Program",
                "JCUDA"));
        assertTrue(ended.err().contains("JCuda cannot be used: io.gimbal:gimbal-jcuda is not among this program's "
                + "libraries: add it, or use the binding panama"), ended.err());
    }

    @Test
    void withoutASoftwareDeviceTheArtifactThatHasItIsNamed() throws IOException, InterruptedException {
        List<Path> bare = jarsWithoutJcuda().stream().filter(jar -> !jar.toString().contains("softcuda")).toList();
        Ended ended = run(folder, List.of("-classpath", path(with(bare, compiled)), "program.Program", "PANAMA"));
        assertTrue(ended.err().contains("no software device can be used") && ended.err().contains(
                "io.gimbal:gimbal-softcuda, classifier linux-x86_64"), ended.err());
    }
}
