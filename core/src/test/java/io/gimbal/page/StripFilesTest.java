package io.gimbal.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import io.gimbal.drawing.Strip;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StripFilesTest {
    private static Strip strip;

    @TempDir
    private Path folder;

    @BeforeAll
    static void draw() {
        strip = RunFolders.pictures(1, 1).strip(4);
    }

    @Test
    void ofManyEpochsTheFirstTheLastAndEvenlySpreadOnesAreKept() {
        StripFiles files = new StripFiles(folder.resolve("samples"));
        for (int validation = 0; validation <= 65; validation++) {
            files.write(strip, validation, 10 * (validation + 1));
            assertTrue(files.steps().size() <= StripFiles.MOST, files.steps()::toString);
        }
        List<Long> due = new ArrayList<>();
        for (long validation = 0; validation <= 64; validation += 4) {
            due.add(10 * (validation + 1));
        }
        due.add(660L);
        assertEquals(due, List.copyOf(files.steps().keySet()));
    }

    @Test
    void aRunThatIsBrokenOffAnywhereKeepsTheSame() {
        StripFiles whole = new StripFiles(folder.resolve("whole"));
        StripFiles broken = new StripFiles(folder.resolve("broken"));
        for (int validation = 0; validation <= 40; validation++) {
            whole.write(strip, validation, validation + 1);
            broken.write(strip, validation, validation + 1);
            if (validation % 7 == 3) {
                broken.cut(validation - 2);
                for (int again = validation - 2; again <= validation; again++) {
                    broken.write(strip, again, again + 1);
                }
            }
            assertEquals(whole.steps().keySet(), broken.steps().keySet(), "after validation " + validation);
        }
    }

    @Test
    void fewAreAllKept() {
        assertEquals(List.of(), StripFiles.spread(List.of(), 3));
        assertEquals(List.of(1L), StripFiles.spread(List.of(1L), 3));
        assertEquals(List.of(1L, 2L, 9L), StripFiles.spread(List.of(1L, 2L, 9L), 3));
        assertEquals(List.of(1L, 9L), StripFiles.spread(LongStream.range(1, 10).boxed().toList(), 2));
    }

    @Test
    void stepsThatAreMadeAgainLoseTheirPictures() {
        StripFiles files = new StripFiles(folder.resolve("samples"));
        for (int validation = 0; validation < 3; validation++) {
            files.write(strip, validation, 4 * (validation + 1));
        }
        files.cut(8);
        assertEquals(Set.of(4L, 8L), files.steps().keySet());
    }

    @Test
    void picturesOfOtherExamplesGo() throws IOException {
        StripFiles files = new StripFiles(folder.resolve("samples"));
        files.write(strip, 0, 4);
        Files.writeString(folder.resolve("samples/mine.png"), "mine");
        files.write(RunFolders.pictures(2, 1).strip(4), 1, 8);
        assertEquals(Set.of(8L), files.steps().keySet());
        assertEquals("mine", Files.readString(folder.resolve("samples/mine.png")), "what is not ours stays");
    }

    @Test
    void aLinkIsNotWrittenThrough() throws IOException {
        Path other = Files.createDirectory(folder.resolve("other"));
        Files.createSymbolicLink(folder.resolve("samples"), other);
        StripFiles files = new StripFiles(folder.resolve("samples"));
        assertTrue(assertThrows(UserException.class, () -> files.write(strip, 0, 1)).getMessage().contains(
                "is no folder"));
    }
}
