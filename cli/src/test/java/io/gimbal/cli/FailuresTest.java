package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FailuresTest {
    private record Told(int code, String text) {}

    private static Told tell(Throwable failure) {
        StringWriter text = new StringWriter();
        return new Told(Failures.tell(failure, new PrintWriter(text, true)), text.toString());
    }

    private static void isOneSentence(Told told, String... parts) {
        assertEquals(1, told.code);
        assertTrue(told.text.startsWith("gimbal: ") && told.text.indexOf('\n') == told.text.length() - 1, told.text);
        assertFalse(told.text.contains("defect of Gimbal, please report it with"), told.text);
        for (String part : parts) {
            assertTrue(told.text.contains(part), told.text);
        }
    }

    @Test
    void whatTheUserGotWrongIsCode2() {
        assertEquals(new Told(2, "gimbal: x.json: is empty.\n"), tell(new UserException("x.json: is empty.")));
    }

    @Test
    void aDefectKeepsItsTrace() {
        for (Throwable defect : new Throwable[] {new NullPointerException("n"), new AssertionError("a"),
            new IllegalStateException((String) null), new ExceptionInInitializerError(new NullPointerException("n"))}) {
            Told told = tell(defect);
            assertEquals(1, told.code);
            assertTrue(told.text.contains("a defect of Gimbal, please report it with this:")
                    && told.text.contains("\tat "), told.text);
        }
    }

    /** In the virtual machine's own words, as its sources have them. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Java heap space | -Xmx4g
            GC overhead limit exceeded | -Xmx4g
            Cannot reserve 65536 bytes of direct buffer memory (allocated: 1, limit: 2) | MaxDirectMemorySize=
            unable to create native thread: possibly out of memory or process/resource limits reached | ulimit -u
            Metaspace | MaxMetaspaceSize
            Compressed class space | CompressedClassSpaceSize
            Unable to allocate 4096 bytes | Unable to allocate 4096 bytes
            """)
    void tooLittleMemoryIsToldWithWhatGivesMore(String said, String remedy) {
        isOneSentence(tell(new OutOfMemoryError(said)), remedy);
    }

    @Test
    void anArrayThatNoHeapHoldsIsToldAsTooLittleMemory() {
        isOneSentence(tell(assertThrows(OutOfMemoryError.class, () -> {
            long[] whole = new long[Integer.MAX_VALUE];
            assertEquals(0, whole.length);
        })), "memory");
    }

    private static int endless(int depth) {
        return endless(depth + 1) + 1;
    }

    @Test
    void aFullStackIsToldWithItsOption() {
        isOneSentence(tell(assertThrows(StackOverflowError.class, () -> endless(0))), "-Xss8m");
    }

    @Test
    void missingPartsOfTheProgramAreNamed() {
        isOneSentence(tell(new NoClassDefFoundError("io/gimbal/report/Table")), "io/gimbal/report/Table", "anew");
        isOneSentence(tell(assertThrows(UnsatisfiedLinkError.class, () -> System.load("/nowhere/libm.so"))),
                "/nowhere/libm.so");
        isOneSentence(tell(new ExceptionInInitializerError(new IllegalStateException("the table is missing"))),
                "the table is missing");
    }

    @Test
    void failuresOfFilesAreToldByTheirOwnSentence() {
        isOneSentence(tell(new UncheckedIOException("a.json: cannot be written: the disk is full.",
                new IOException("No space left on device"))), "a.json: cannot be written: the disk is full.");
    }

    @Test
    void aMappedFileThatBecameShorterIsTold(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("mapped"), new byte[1 << 16]);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            MappedByteBuffer mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, 1 << 16);
            channel.truncate(0);
            isOneSentence(tell(assertThrows(InternalError.class, () -> mapped.get(1 << 15))), "became shorter");
        }
    }
}
