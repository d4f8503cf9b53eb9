package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.replay.CaseFolders;
import io.gimbal.run.NyuFolder;
import io.gimbal.run.TinyRooms;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.spi.ToolProvider;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The launcher in an installed Gimbal, laid out as a bundle is, in an empty environment. */
class LauncherTest {
    private static final long PATIENCE_SECONDS = 120;

    @TempDir
    private static Path home;

    @BeforeAll
    static void install() throws IOException {
        Files.copy(Path.of("gimbal"), home.resolve("gimbal"), StandardCopyOption.COPY_ATTRIBUTES);
        Path lib = Files.createDirectory(home.resolve("lib"));
        List<String> names = new ArrayList<>();
        Path commandLine = null;
        for (String entry : System.getProperty("java.class.path").split(":")) {
            Path place = Path.of(entry);
            if (place.endsWith(Path.of("cli", "target", "classes"))) {
                commandLine = place;
            } else if (Files.isDirectory(place)) {
                names.add(names.size() + ".jar");
                jar(lib.resolve(names.getLast()), "", place);
            } else if (Files.exists(place)) {
                names.add(place.getFileName().toString());
                Files.createSymbolicLink(lib.resolve(names.getLast()), place);
            }
        }
        jar(lib.resolve("gimbal-cli.jar"), String.join(" ", names), commandLine);
        Files.createSymbolicLink(home.resolve("runtime"), Path.of(System.getProperty("java.home")));
        Files.createSymbolicLink(home.resolve("examples"), Path.of("examples").toAbsolutePath());
        Files.createSymbolicLink(home.resolve("native"),
                Path.of(System.getProperty("gimbal.softcuda")).getParent());
    }

    private static void jar(Path file, String others, Path classes) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, others);
        Path text = Files.createTempFile(home, "manifest", "");
        try (OutputStream out = Files.newOutputStream(text)) {
            manifest.write(out);
        }
        assertEquals(0, ToolProvider.findFirst("jar").orElseThrow().run(System.out, System.err, "--create", "--file",
                file.toString(), "--manifest", text.toString(), "-C", classes.toString(), "."));
    }

    private record Ended(int status, String printed, String complained) {}

    private static Ended run(Path program, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        Path printed = Files.createTempFile(home, "printed", "");
        Path complained = Files.createTempFile(home, "complained", "");
        ProcessBuilder builder = new ProcessBuilder(command).directory(home.toFile())
                .redirectOutput(printed.toFile()).redirectError(complained.toFile());
        builder.environment().clear();
        Process process = builder.start();
        assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "it takes too long");
        return new Ended(process.exitValue(), Files.readString(printed, StandardCharsets.UTF_8),
                Files.readString(complained, StandardCharsets.UTF_8));
    }

    private static Ended gimbal(String... arguments) throws IOException, InterruptedException {
        return run(home.resolve("gimbal"), arguments);
    }

    @Test
    void itRunsByItsOwnRuntimeAndFindsItsSoftwareDevice() throws Exception {
        assertEquals(home.resolve("runtime") + "\n", gimbal("--java-home").printed);
        Ended devices = gimbal("devices");
        assertEquals(0, devices.status, devices.complained);
        assertTrue(devices.printed.contains("Gimbal software device"), devices.printed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "no cache of the virtual machine's"})
    void aDamagedCacheOfClassesIsPassedOverWithoutAWord(String content) throws Exception {
        Path cache = Files.writeString(home.resolve("lib").resolve("gimbal.aot"), content);
        try {
            Ended version = gimbal("--version");
            assertEquals(0, version.status, version.complained);
            assertEquals("", version.complained);
        } finally {
            Files.delete(cache);
        }
    }

    @Test
    void aStartIsRecordedWhereItIsToldTo() throws Exception {
        Path cache = home.resolve("lib").resolve("gimbal.aot");
        try {
            Ended recorded = gimbal("rehearse");
            assertEquals(0, recorded.status, recorded.complained);
            assertEquals("", recorded.printed + recorded.complained);
            assertTrue(Files.size(cache) > 1 << 20);
            assertEquals(0, gimbal("--version").status);
        } finally {
            Files.deleteIfExists(cache);
        }
    }

    @Test
    void itRunsThroughALinkFromAnyFolder() throws Exception {
        Path link = Files.createSymbolicLink(home.resolve("lib").resolve("g"), Path.of("../gimbal"));
        assertEquals(0, run(link, "--version").status);
    }

    /** Runs a script of bash in the folder above the installation's, which is $1 there. */
    private static Ended bash(String script) throws IOException, InterruptedException {
        return run(Path.of("/bin/bash"), "-c", "set -e; cd -- \"$1/..\"; export PATH=/usr/bin:/bin; " + script, "bash",
                home.toString());
    }

    @Test
    void itRunsFromAFolderOfAnyName() throws Exception {
        Ended devices = bash("""
                odd=$1/$'co:lon \\303\\251 %41#!?\\'"& -x'; mkdir -- "$odd"
                cp -a -- "$1"/{gimbal,lib,runtime,native} "$odd"
                exec "$odd/gimbal" devices""");
        assertEquals(0, devices.status, devices.complained);
        assertTrue(devices.printed.contains("Gimbal software device"), devices.printed);
        assertEquals("", devices.complained);
    }

    @Test
    void itFindsItsFolderWhateverCdpathIs() throws Exception {
        Ended version = bash("""
                mkdir -p -- "$1/elsewhere/${1##*/}"
                export CDPATH=.:/usr:$1/elsewhere; exec "${1##*/}/gimbal" --version""");
        assertEquals(0, version.status, version.complained);
        assertTrue(version.printed.startsWith("Gimbal "), version.printed);
        Ended minus = bash("""
                mkdir -p -- "$1/minus/-"; cd -- "$1/minus"; cp -a -- "$1"/{gimbal,lib,runtime,native} -
                exec -- -/gimbal --java-home""");
        assertEquals(0, minus.status, minus.complained);
    }

    @ParameterizedTest
    @ValueSource(strings = {"LC_ALL=C", "LANG=xx_XX.UTF-8"})
    void withoutALocaleFilesHaveAnyLetters(String locale) throws Exception {
        Path work = Files.createTempDirectory(home, "letters");
        NyuFolder.write(work.resolve("data"), 2, 1, 5);
        Files.writeString(work.resolve("tiny.json"), """
                {%s, "data": {"source": "nyuv2", "batch": 2}, "steps": 1}""".formatted(TinyRooms.MODEL));
        Ended trained = bash("""
                cd -- '%s'; e=$'\\303\\251'; mv data "d$e"; mv tiny.json "tiny$e.json"; mkdir "tmp$e"; export %s
                XDG_CACHE_HOME=$PWD/cache$e GIMBAL_JAVA_OPTIONS="-Djava.io.tmpdir=$PWD/tmp$e" \
                    "$1/gimbal" train "tiny$e.json" --out "out$e" --set "data.path=d$e" --device soft
                cat "out$e/config.json"
                """.formatted(work, locale));
        assertEquals(0, trained.status, trained.complained);
        assertTrue(trained.printed.contains("the run's folder is out\u00e9"), trained.printed);
        assertTrue(trained.printed.contains("\"path\": \"d\u00e9\""), trained.printed);
    }

    /** The jars of the command line and of what it calls, as files that may be written over. */
    private static List<Path> ownJars(Path lib) throws IOException {
        List<Path> own = new ArrayList<>();
        try (var files = Files.list(lib)) {
            for (Path jar : files.filter(file -> file.toString().endsWith(".jar")).toList()) {
                try (JarFile entries = new JarFile(jar.toFile())) {
                    if (entries.getEntry("io/gimbal/cli/Main.class") != null
                            || entries.getEntry("io/gimbal/device/Device.class") != null) {
                        own.add(jar);
                    }
                }
            }
        }
        for (Path jar : own) {
            if (Files.isSymbolicLink(jar)) {
                Path real = jar.toRealPath();
                Files.delete(jar);
                Files.copy(real, jar);
            }
        }
        assertEquals(2, own.size(), own::toString);
        return own;
    }

    /** Waits until every class of the jars is loaded, and a validation is over. */
    private static void awaitClasses(Process process, List<Path> jars, Path log, Path metrics)
            throws IOException, InterruptedException {
        List<String> classes = new ArrayList<>();
        for (Path jar : jars) {
            try (JarFile entries = new JarFile(jar.toFile())) {
                entries.stream().map(ZipEntry::getName).filter(name -> name.endsWith(".class"))
                        .filter(name -> !name.startsWith("module-info"))
                        .map(name -> name.replace(".class", " ").replace('/', '.')).forEach(classes::add);
            }
        }
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        List<String> missing = classes;
        while (!missing.isEmpty() || !Files.exists(metrics) || Files.size(metrics) == 0) {
            assertTrue(process.isAlive() && System.nanoTime() < end, missing + " " + Files.exists(metrics));
            process.waitFor(10, TimeUnit.MILLISECONDS);
            String loaded = Files.exists(log) ? Files.readString(log) : "";
            missing = missing.stream().filter(name -> !loaded.contains(name)).toList();
        }
    }

    @Test
    void jarsThatAreWrittenAnewUnderATrainingTakeNothingFromIt() throws Exception {
        Path work = home.resolve("anew");
        assertEquals(0, bash("mkdir -- \"$1/anew\"; cp -a -- \"$1\"/{gimbal,lib,runtime,native} \"$1/anew\"").status);
        List<Path> jars = ownJars(work.resolve("lib"));
        Path config = Files.writeString(work.resolve("tiny.json"), TinyRooms.TEXT);
        Path out = work.resolve("out");
        Path classes = work.resolve("classes");
        Path printed = work.resolve("printed");
        ProcessBuilder builder = new ProcessBuilder(work.resolve("gimbal").toString(), "train", config.toString(),
                "--device", "soft", "--out", out.toString(), "--set", "epochs=100").directory(work.toFile())
                .redirectErrorStream(true).redirectOutput(printed.toFile());
        builder.environment().put("GIMBAL_JAVA_OPTIONS", "-Xlog:class+load:file=" + classes);
        Process process = builder.start();
        awaitClasses(process, jars, classes, out.resolve("metrics.jsonl"));
        for (Path jar : jars) {
            Files.write(jar, new byte[(int) Files.size(jar)], StandardOpenOption.WRITE);
        }
        assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "it takes too long");
        assertEquals(0, process.exitValue(), Files.readString(printed));
        assertTrue(Files.readString(printed).contains("\u250c") && Files.exists(out.resolve("samples.png")));
    }

    @Test
    void withoutALocaleTablesKeepTheirLines() throws Exception {
        Ended bench = gimbal("bench", "step", CaseFolders.of("inner").toString(), "--steps", "1", "--device", "soft");
        assertEquals(0, bench.status, bench.complained);
        assertTrue(bench.printed.contains("┌"), bench.printed);
    }

    @Test
    void aBundleIsPackedFromSourcesAlone() throws Exception {
        Ended refused = gimbal("bundle");
        assertEquals(2, refused.status);
        assertEquals("gimbal: a bundle is packed from Gimbal's sources, by the launcher of a checkout: there, run "
                + "./gimbal bundle\n", refused.complained);
    }

    @Test
    void aMissingPartIsNamed() throws Exception {
        Path bare = Files.createDirectory(home.resolve("bare"));
        Files.copy(home.resolve("gimbal"), bare.resolve("gimbal"), StandardCopyOption.COPY_ATTRIBUTES);
        Ended refused = run(bare.resolve("gimbal"), "devices");
        assertEquals(2, refused.status);
        assertTrue(refused.complained.contains(bare + "/lib/gimbal-cli.jar is missing"), refused.complained);
    }

    @Test
    void thePackingTellsItsOptionsAndRefusesOthers() throws Exception {
        Path packing = Path.of("packaging", "bundle").toAbsolutePath();
        Ended help = run(packing, "--help");
        assertEquals(0, help.status, help.complained);
        assertTrue(help.printed.contains("--out DIR"), help.printed);
        Ended refused = run(packing, "--fast");
        assertEquals(2, refused.status);
        assertEquals("bundle: '--fast' is not known; usage: gimbal bundle [--out DIR]\n", refused.complained);
    }
}
