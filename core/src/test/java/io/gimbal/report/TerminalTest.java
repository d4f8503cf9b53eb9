package io.gimbal.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TerminalTest {
    /** Prints what a process sees of its own streams; started by the tests. */
    static final class Program {
        private Program() {}

        public static void main(String[] arguments) throws Exception {
            Files.writeString(Path.of(arguments[0]), Terminal.OUTPUT.columns() + " " + Terminal.ERROR.columns());
        }
    }

    private static String seenBy(Path folder, String shell) throws Exception {
        Path seen = folder.resolve("seen");
        Files.deleteIfExists(seen);
        String java = Path.of(System.getProperty("java.home"), "bin", "java")
                + " --enable-native-access=ALL-UNNAMED -cp "
                + System.getProperty("java.class.path") + " '" + Program.class.getName() + "' " + seen;
        Process process = new ProcessBuilder("sh", "-c", shell, "sh", java).redirectErrorStream(true)
                .redirectOutput(folder.resolve("printed").toFile()).start();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "it takes too long");
        return Files.readString(seen);
    }

    @Test
    void itsWidthIsKnownAndAFileIsNone(@TempDir Path folder) throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/script")), "script(1), which makes a terminal, is not here");
        assertEquals("OptionalInt[57] OptionalInt.empty", seenBy(folder,
                "script -qec \"stty cols 57; $1 2> /dev/null\" /dev/null"));
        assertEquals("OptionalInt.empty OptionalInt[80]", seenBy(folder,
                "script -qec \"stty cols 0; $1 > /dev/null\" /dev/null"));
        assertEquals("OptionalInt.empty OptionalInt.empty", seenBy(folder, "eval \"$1\""));
    }

    @Test
    void piecesThatDoNotFitGoToTheNextLines() {
        List<String> pieces = List.of("depth RMSE 0.903 m", "normals 20.1 deg", "深度 1.0");
        assertEquals("step 4:  depth RMSE 0.903 m  normals 20.1 deg  深度 1.0", Terminal.fit("step 4:", pieces, 56));
        assertEquals("step 4:  depth RMSE 0.903 m  normals 20.1 deg\n  深度 1.0", Terminal.fit("step 4:", pieces, 54));
        assertEquals("step 4:\n  depth RMSE 0.903 m\n  normals 20.1 deg\n  深度 1.0",
                Terminal.fit("step 4:", pieces, 20));
        assertEquals("step 4:", Terminal.fit("step 4:", List.of(), 1));
    }

    @Test
    void cutTextsTellThatTheyAre() {
        assertEquals("depth", Columns.cut("depth", 5));
        assertEquals("d...", Columns.cut("depth", 4));
        assertEquals("深...", Columns.cut("深度估计", 6));
        assertEquals(1, Columns.of("e\u0301"));
    }
}
