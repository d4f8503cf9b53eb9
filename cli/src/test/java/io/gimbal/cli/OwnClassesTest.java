package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Classes that are loaded ahead, beside work that fills the heap. */
class OwnClassesTest {
    @TempDir
    private Path folder;

    @Test
    void aHeapThatIsFullEndsItWithoutAWord() throws IOException, InterruptedException {
        Path complained = folder.resolve("complained");
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx16m", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"), FullHeap.class.getName())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(complained.toFile())
                .start();
        boolean ended = process.waitFor(60, TimeUnit.SECONDS);
        process.destroyForcibly();
        assertTrue(ended, "it takes too long");
        assertEquals("", Files.readString(complained));
        assertEquals(0, process.exitValue());
    }

    /** Leaves less of the heap than the classes of a jar need. */
    static final class FullHeap {
        private static final int LEFT = 100_000;
        private static final int PIECE = 1 << 10;

        private FullHeap() {}

        public static void main(String[] arguments) throws InterruptedException {
            byte[] left = new byte[LEFT];
            List<byte[]> filling = new ArrayList<>(100_000);
            try {
                while (left.length > 0) {
                    filling.add(new byte[PIECE]);
                }
            } catch (OutOfMemoryError full) {
                left = null;
            }
            OwnClasses.loadInBackground();
            Thread[] threads = new Thread[Thread.activeCount() + 1];
            int count = Thread.enumerate(threads);
            for (int i = 0; i < count; i++) {
                if (threads[i] != Thread.currentThread()) {
                    threads[i].join();
                }
            }
            if (filling.isEmpty()) {
                System.exit(1);
            }
        }
    }
}
