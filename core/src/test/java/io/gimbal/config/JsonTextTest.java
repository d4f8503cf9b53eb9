package io.gimbal.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTextTest {
    @TempDir
    Path folder;

    private static String complaint(String json) {
        return assertThrows(UserException.class, () -> Config.parse(json, "a.json")).getMessage();
    }

    private String complaintAbout(Path file) {
        return assertThrows(UserException.class, () -> Config.read(file)).getMessage();
    }

    private Path file(String name, byte[] bytes) throws IOException {
        return Files.write(folder.resolve(name), bytes);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', value = {
        "{\"a\": 1,}          | 9  | '}' stands where a key in double quotes must begin (is there a comma too many?).",
        "[1,]                 | 4  | ']' stands where a value must begin (is there a comma too many?).",
        "{\"a\": 1            | 8  | the text ends where '}' must close what is open.",
        "[1                   | 3  | the text ends where ']' must close what is open.",
        "{\"a\" 1}            | 6  | '1' stands where a ':' must follow the key.",
        "{\"a\": 1 \"b\": 2}   | 9  | '\"' stands where a ',' or the closing '}' must follow (is a comma missing?).",
        "[1 2]                | 4  | '2' stands where a ',' or the closing ']' must follow (is a comma missing?).",
        "[1}                  | 3  | '}' stands where ']' must close what is open.",
        "{a: 1}               | 2  | 'a' stands where a key in double quotes must begin.",
        "{'a': 1}             | 2  | ''' stands where a key in double quotes must begin (texts and keys need double"
            + " quotes).",
        "{\"a\": 'b'}         | 7  | ''' stands where a value must begin (texts and keys need double quotes).",
        "{\"a\": NaN}         | 10 | 'NaN' is no JSON value.",
        "{\"a\": Infinity}    | 15 | 'Infinity' is no JSON value.",
        "{\"a\": -Infinity}   | 16 | '-Infinity' is no JSON value.",
        "{\"a\": +1}          | 8  | a number may not begin with a '+'.",
        "{\"a\": 01}          | 8  | a number may not begin with a needless 0.",
        "{\"a\": .5}          | 7  | '.' stands where a value must begin.",
        "{\"a\": 0x10}        | 8  | 'x' stands where a ',' or the closing '}' must follow (is a comma missing?).",
        "{\"a\": tru}         | 7  | 'tru' is no JSON value (a text needs double quotes).",
        "{\"a\": relu}        | 7  | 'relu' is no JSON value (a text needs double quotes).",
        "{\"a\": \"x}         | 10 | the text ends where a closing '\"' must follow.",
        "{\"a\": \"\\q\"}      | 9  | '\\q' is no escape of JSON.",
        "{\"a\": 1} {}        | 10 | something follows after the end of the JSON value.",
        "{\"a\": 1}}          | 9  | '}' closes nothing that is open.",
        "{\"a\": 1, \"a\": 2} | 13 | the key 'a' stands twice in the same object.",
        "{\"a\": 1 /* open    | 16 | the text ends inside a comment.",
        "# comment            | 1  | '#' stands where a value must begin (comments begin with //)."})
    void brokenJsonIsRefusedWithLineAndColumn(String json, int column, String fault) {
        assertEquals("a.json, line 1, column " + column + ": not valid JSON: " + fault, complaint(json));
    }

    @Test
    void aTextOverTheLinesEndIsRefused() {
        assertEquals("a.json, line 1, column 8: not valid JSON: a control character (code 10) stands inside a text; a"
                + " line's end in it is written \\n.", complaint("{\"a\": \"\n\"}"));
    }

    @ParameterizedTest
    @ValueSource(chars = {0, 27, 127, 133})
    void controlCharactersOutsideOfTextsAreNamedByTheirCode(char character) {
        for (String json : List.of("{\"a\": %s1}", "{%s\"a\": 1}", "{\"a\"%s: 1}", "%s{}", "{\"a\": 1%s}")) {
            String message = complaint(json.formatted(character));
            assertTrue(message.contains("not valid JSON: ") && message.endsWith("a control character (code "
                    + (int) character + ") stands between the values."), message);
        }
    }

    @Test
    void theLineOfTheFaultIsNamed() {
        String message = complaint("{\n  \"a\": 1,\n  \"b\": oops\n}");
        assertTrue(message.startsWith("a.json, line 3, column "), message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "   ", "// nothing\n"})
    void emptyTextIsRefused(String json) {
        assertEquals("a.json: is empty, where a JSON object is needed.", complaint(json));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "\"text\"", "true", "null"})
    void aRootThatIsNoContainerIsRefused(String json) {
        assertTrue(complaint(json).startsWith("a.json holds "), complaint(json));
    }

    @ParameterizedTest
    @ValueSource(ints = {101, 1000, 100_000})
    void deepNestingIsRefusedWithoutOverflow(int depth) {
        String message = complaint("[".repeat(depth) + "]".repeat(depth));
        assertTrue(message.endsWith(": no configuration: it is nested more than 100 deep."), message);
        message = complaint("{\"a\":".repeat(depth) + "1" + "}".repeat(depth));
        assertTrue(message.endsWith(": no configuration: it is nested more than 100 deep."), message);
    }

    @Test
    void nestingUpToTheLimitIsRead() {
        String text = "[".repeat(100) + "]".repeat(100);
        assertEquals(text, Config.parse(text, "a.json").canonicalText().replaceAll("\\s", ""));
    }

    @Test
    void aNumberOfThousandsOfDigitsIsRefused() {
        assertEquals("a.json: no configuration: a number of more than 100 characters stands in it.",
                complaint("[" + "9".repeat(5000) + "]"));
    }

    @Test
    void aTenMegabyteFileIsRefused() throws IOException {
        byte[] large = ("{\"a\": \"" + " ".repeat(10_000_000) + "\"}").getBytes(StandardCharsets.US_ASCII);
        assertTrue(complaintAbout(file("large.json", large)).endsWith(
                "large.json: is larger than 4 MB, which no configuration is. Is it the right file?"));
    }

    @Test
    void aMissingFileNamesTheOneThatMayBeMeant() throws IOException {
        file("rooms.json", "{}".getBytes(StandardCharsets.US_ASCII));
        Path missing = folder.resolve("room.json");
        assertEquals(missing + ": there is no such file. Did you mean 'rooms.json'?", complaintAbout(missing));
        Path link = Files.createSymbolicLink(folder.resolve("link.json"), Path.of("linked"));
        assertEquals(link + ": cannot be read: it is a symbolic link to what is not there, linked.",
                complaintAbout(link));
        Path nowhere = folder.resolve("none").resolve("x.json");
        assertEquals(nowhere + ": there is no such file: the folder " + folder.resolve("none") + " does not exist.",
                complaintAbout(nowhere));
    }

    @Test
    void aFolderIsRefused() {
        assertEquals(folder + ": is a folder, where a JSON file is needed.", complaintAbout(folder));
    }

    @Test
    void bytesThatAreNotUtf8AreRefused() throws IOException {
        Path latin = file("latin.json", "{\"a\": \"\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1));
        assertEquals(latin + ": is not UTF-8 text, which a JSON file must be.", complaintAbout(latin));
    }

    @Test
    void aByteOrderMarkIsAccepted() throws IOException {
        Path marked = file("marked.json", "\uFEFF{\"a\": \"\u00e9\"}".getBytes(StandardCharsets.UTF_8));
        assertEquals("\u00e9", Config.read(marked).text("a"));
    }

    @Test
    void aPlaceInAFileIsNamedAsTheFileWasGiven() throws IOException {
        Path file = file("x.json", "{\"a\": 1}".getBytes(StandardCharsets.US_ASCII));
        assertEquals(file + ": a is an unknown key. Allowed here: b.",
                assertThrows(UserException.class, () -> Config.read(file).allow("b")).getMessage());
    }
}
