package io.gimbal.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FilePathTest {
    @Test
    void anOrdinaryTextIsItsPath() {
        assertEquals(Path.of("a folder/x.json"), FilePath.of("a folder/x.json", "--out"));
    }

    @ParameterizedTest
    @CsvSource({"'', is empty", "' ', is empty", "'a\u0000b', control character (code 0)",
        "'a\u001bb', control character (code 27)", "'r\uFFFDs.json', LC_ALL to C.UTF-8"})
    void aTextThatNamesNoFileIsRefusedWithItsPlace(String text, String part) {
        String message = assertThrows(UserException.class, () -> FilePath.of(text, "c.json: data.path")).getMessage();
        assertTrue(message.startsWith("c.json: data.path ") && message.contains(part), message);
    }
}
