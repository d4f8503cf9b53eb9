package io.gimbal.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FilePathTest {
    /** Says in a process of its own, whose locale may be another, what becomes of a path with an accent. */
    static final class Accent {
        private Accent() {
        }

        public static void main(String[] arguments) {
            try {
                System.out.print("taken: " + FilePath.of("caf\u00e9", "--out").toString().length());
            } catch (UserException e) {
                System.out.print(e.getMessage());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "/a/b c", "../x:y", "@x", "C:\\x"})
    void whatAFileMayBeCalledIsAPath(String text) {
        assertEquals(Path.of(text), FilePath.of(text, "--out"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\u0000b", "a\nb", "\u001b[31m", "r\uFFFDs", "", "  "})
    void whatNoFileShouldBeCalledIsNamedOnOneLine(String text) {
        String message = assertThrows(UserException.class, () -> FilePath.of(text, "--out")).getMessage();
        assertTrue(message.startsWith("--out is "), message);
        assertFalse(message.chars().anyMatch(Character::isISOControl), message);
    }

    @Test
    void lettersThatTheLocaleCannotWriteAreNamedWithWhatToDo() throws IOException {
        assertEquals("--out is the path 'caf?', which holds letters that this process's locale cannot write "
                + "(ANSI_X3.4-1968). Set the environment variable LC_ALL to C.UTF-8, or give the file or folder a name "
                + "of plain ASCII letters.", said("C"));
        assertEquals("taken: 4", said("C.UTF-8"));
    }

    private static String said(String locale) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(List.of(Path.of(System.getProperty("java.home"), "bin", "java")
                .toString(), "-cp", System.getProperty("java.class.path"), Accent.class.getName()));
        builder.environment().put("LC_ALL", locale);
        Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (InputStream out = process.getInputStream()) {
            return new String(out.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
