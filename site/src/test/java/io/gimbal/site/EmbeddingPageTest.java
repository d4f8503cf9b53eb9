package io.gimbal.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The project of {@code docs/tutorials/embedding.md} compiles without a warning, and its tests pass. */
class EmbeddingPageTest {
    private static final String PAGE = "docs/tutorials/embedding.md";

    @TempDir
    private Path folder;

    @Test
    void theProjectOfThePageTrainsAndPredicts() throws Exception {
        List<Path> files = ProjectPage.write(PAGE, folder);
        List<Path> sources = files.stream().filter(file -> file.toString().endsWith(".java")).toList();
        assertEquals(4, sources.size(), files::toString);
        Path classes = folder.resolve("classes");
        JavaBlock.compile(sources, classes, PAGE);
        for (Path file : files) {
            if (!sources.contains(file)) {
                Path target = classes.resolve(folder.resolve("src/main/resources").relativize(file));
                Files.copy(file, target);
            }
        }
        Path printed = folder.resolve("printed");
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-Dgimbal.softcuda=" + System.getProperty("gimbal.softcuda"),
                "-classpath", classes + ":" + System.getProperty("java.class.path"),
                "org.junit.platform.console.ConsoleLauncher", "execute", "--scan-class-path", classes.toString())
                .redirectErrorStream(true).redirectOutput(printed.toFile()).start();
        assertTrue(process.waitFor(5, TimeUnit.MINUTES), "it takes too long");
        String text = Files.readString(printed);
        assertEquals(0, process.exitValue(), text);
        assertTrue(text.contains("[         2 tests successful") && text.contains(" of 1000 are right"), text);
    }

    /** The project that it begins with has what the page says it has. */
    @Test
    void theExampleHasTheDependencyOfThePage() {
        Block shown = Block.of(PAGE).stream().filter(block -> block.language().equals("xml")).findFirst().orElseThrow();
        String pom = Repository.text("examples/embedding/pom.xml").replaceAll("\\s", "");
        assertTrue(pom.contains(shown.text().replaceAll("\\s", "")), shown::text);
    }
}
