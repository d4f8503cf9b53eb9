package io.gimbal.picture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NameListTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"0001\n0002\n", "0001\n0002", "0001\r\n0002\r\n", "0001\r0002\r", "\uFEFF0001\r\n0002\r\n",
        "  0001\t\n0002   \n", "0001\n\uFEFF0002\n"})
    void aListOfAnySystemIsRead(String text) throws IOException {
        assertEquals(List.of(new NameList.Entry("0001", 1), new NameList.Entry("0002", 2)), read(text));
    }

    @Test
    void emptyLinesCountAsLinesAndAreNoNames() throws IOException {
        assertEquals(List.of(new NameList.Entry("0001", 2), new NameList.Entry("0002", 4)),
                read("\n0001\n  \r\n0002\n\n"));
    }

    @Test
    void namesMayHoldBlanksAccentsAndSubfolders() throws IOException {
        List<String> names = List.of("my kitchen", "küche/größe 1", "ku\u0308che", "台所/一", "a/b/c", ".hidden", "-1",
                "a..b", "x".repeat(300));
        FileNames.assumeWritable(String.join("", names));
        assertEquals(names, read(String.join("\n", names)).stream().map(NameList.Entry::name).toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"..", "../secret", "a/../../b", "a/..", "/etc/passwd", "./a", "a/./b", "a//b", "a/", "/"})
    void namesThatLeadElsewhereAreRefused(String name) {
        assertRefused("0001\n" + name + "\n", "line 2: '" + name + "' is no name of a picture");
    }

    @Test
    void controlCharactersAreRefusedAndShownEscaped() {
        assertRefused("0001\nb\0c\n", "line 2", "b\\u0000c", "control character");
        assertRefused("0001\nb\u001B[2Jc\n", "line 2", "b\\u001b[2Jc", "control character");
    }

    @Test
    void aNameThatStandsTwiceIsRefusedWithBothLines() {
        assertRefused("0001\n0002\n\n0001 \n", "line 4: '0001' stands in line 1 already");
    }

    @Test
    void whatIsNoListIsRefused() throws IOException {
        assertRefused("", "empty");
        assertRefused("\uFEFF\r\n \r\n", "empty");
        Path list = folder.resolve("train.txt");
        Files.write(list, "0001\n".getBytes(StandardCharsets.UTF_16));
        String message = assertThrows(UserException.class, () -> NameList.read(list)).getMessage();
        assertTrue(message.startsWith(list + ": not a text file in UTF-8"), message);
    }

    private List<NameList.Entry> read(String text) throws IOException {
        return NameList.read(Files.writeString(folder.resolve("train.txt"), text));
    }

    private void assertRefused(String text, String... parts) {
        String message = assertThrows(UserException.class, () -> read(text)).getMessage();
        assertTrue(message.startsWith(folder.resolve("train.txt").toString()), message);
        for (String part : parts) {
            assertTrue(message.contains(part), "'" + part + "' in: " + message);
        }
    }
}
