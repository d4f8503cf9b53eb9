package io.gimbal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Java is read in windows side by side: no line is longer than {@value #MOST_COLUMNS} columns. */
class SourceLinesTest {
    private static final int MOST_COLUMNS = 120;

    @Test
    void noLineOfJavaIsTooLong() throws IOException {
        List<String> tooLong = new ArrayList<>();
        int read = 0;
        for (String root : List.of("core", "jcuda", "softcuda", "arrow", "cli", "spark", "proof", "bench", "examples",
                "site")) {
            try (Stream<Path> files = Files.walk(Path.of(root))) {
                for (Path file : files.filter(path -> path.toString().endsWith(".java")
                        && !path.toString().contains("/target/")).sorted().toList()) {
                    read++;
                    List<String> lines = Files.readAllLines(file);
                    for (int i = 0; i < lines.size(); i++) {
                        String line = lines.get(i);
                        if (line.codePointCount(0, line.length()) > MOST_COLUMNS) {
                            tooLong.add(file + ":" + (i + 1));
                        }
                    }
                }
            }
        }
        assertTrue(read > 300, read + " files");
        assertEquals(List.of(), tooLong, "lines of more than " + MOST_COLUMNS + " columns");
    }
}
