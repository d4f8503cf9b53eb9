package io.gimbal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's program is what it says: it compiles as it stands, and runs. */
class ReadmeTest {
    private static final Pattern BLOCK = Pattern.compile("(?m)^```java\\R(.*?)^```", Pattern.DOTALL);

    @TempDir
    private Path folder;

    /**
     * The first block of Java that builds a trainer: a compact source file with its imports and a {@code void main()}.
     */
    static String program(Path readme) throws IOException {
        Matcher block = BLOCK.matcher(Files.readString(readme));
        while (block.find()) {
            if (block.group(1).contains("Trainer.of(")) {
                return block.group(1);
            }
        }
        throw new AssertionError(readme + " has no block of Java that contains Trainer.of(");
    }

    @Test
    void theProgramOfTheReadmeCompilesAndRuns() throws IOException, InterruptedException {
        Path readme = Path.of("README.md");
        String program = program(readme);
        long instructions = program.lines().filter(line -> !line.isBlank() && !line.startsWith("import ")).count();
        assertTrue(instructions <= 40, "a program of " + instructions + " lines is not short");
        Path source = Files.writeString(folder.resolve("Readme.java"), program);
        String classPath = System.getProperty("java.class.path");
        Path classes = Files.createDirectory(folder.resolve("classes"));
        int failed = javax.tools.ToolProvider.getSystemJavaCompiler().run(null, null, null, "-Xlint:all", "-Werror",
                "-proc:none", "--release", "25",
                "-classpath", classPath, "-d", classes.toString(), source.toString());
        assertEquals(0, failed, "the compiler refuses it");

        Path printed = folder.resolve("printed");
        List<String> command = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.awt.headless=true", "-Dgimbal.softcuda=" + System.getProperty("gimbal.softcuda"), "-classpath",
                classPath + System.getProperty("path.separator") + classes, "Readme");
        Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true)
                .redirectOutput(printed.toFile()).start();
        assertTrue(process.waitFor(2, TimeUnit.MINUTES), () -> "it takes too long");
        String text = Files.readString(printed);
        assertEquals(0, process.exitValue(), text);
        assertTrue(!text.isBlank() && !text.contains("NaN"), "what it prints: " + text);
    }
}
