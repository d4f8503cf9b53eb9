package io.gimbal.picture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PictureFolderTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"0001.jpg", "0001.jpeg", "0001.JPG", "0001.JPEG", "0001.png", "0001.PNG", "0001.Jpg"})
    void everySuffixOfAPictureIsFoundInSmallAndCapitalLetters(String file) throws IOException {
        add(file);
        assertEquals(folder.resolve(file), find("0001"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"my kitchen", "küche", "deep/er/0001", "size 1/größe", "a.b", ".hidden"})
    void namesWithBlanksAccentsDotsAndSubfoldersAreFound(String name) throws IOException {
        add(name + ".jpg");
        assertEquals(folder.resolve(name + ".jpg"), find(name));
    }

    @Test
    void aLinkOutOfTheFolderIsTheUsersOwn() throws IOException {
        Path elsewhere = Files.createFile(folder.resolve("elsewhere.bin"));
        Files.createSymbolicLink(folder.resolve("0001.jpg"), elsewhere);
        assertEquals(folder.resolve("0001.jpg"), find("0001"));
    }

    @Test
    void twoFilesOfOneNameAreRefused() throws IOException {
        add("0001.jpg");
        add("0001.JPG");
        assertRefused("0001", "0001.JPG and 0001.jpg", "list, line 3, lists '0001'", "Remove or rename one");
    }

    @Test
    void aMissingFileIsNamedWithWhatWasLookedFor() throws IOException {
        add("0001.gif");
        assertRefused("0001", folder + "/0001.jpg: this file is missing", ".jpeg and .png are looked for, too",
                "list, line 3, lists '0001'");
        assertRefused("kitchen/0001", folder + "/kitchen/0001.jpg: this file is missing");
    }

    @Test
    void aNearNameIsHintedAtUnlessItIsListedItself() throws IOException {
        add("kitchen_01.jpg");
        add("sub/bedroom_7.jpg");
        assertRefused("kitchen_1", "Did you mean 'kitchen_01'?");
        assertRefused("sub/bedrom_7", "Did you mean 'bedroom_7'?");
        add("listed.jpg");
        String message = assertThrows(UserException.class, () -> find("lister")).getMessage();
        assertFalse(message.contains("Did you mean"), message);
    }

    @Test
    void theSameNameInUnicodesOtherFormIsHintedAt() throws IOException {
        add("ku\u0308che.jpg");
        add("größe.jpg");
        assertRefused("k\u00FCche", "accents in the other of Unicode's forms (NFD)");
        assertRefused("gro\u0308ße", "accents in the other of Unicode's forms (NFC)");
    }

    @Test
    void aSuffixAndABackslashInAListAreHintedAt() throws IOException {
        add("kitchen/0001.jpg");
        assertRefused("kitchen/0001.jpg", "A name stands there without its suffix: 'kitchen/0001'");
        assertRefused("kitchen\\0001", "Between subfolders stands '/'");
    }

    @Test
    void whatIsNoRegularFileIsRefused() throws IOException {
        Files.createDirectory(folder.resolve("0001.jpg"));
        Files.createSymbolicLink(folder.resolve("0002.jpg"), folder.resolve("nowhere"));
        assertRefused("0001", "0001.jpg: is no regular file");
        assertRefused("0002", "0002.jpg: is no regular file");
    }

    private void add(String file) throws IOException {
        FileNames.assumeWritable(file);
        Path path = folder.resolve(file);
        Files.createDirectories(path.getParent());
        Files.createFile(path);
    }

    private Path find(String name) {
        return new PictureFolder(folder, List.of(".jpg", ".jpeg", ".png")).find(name, Set.of(name, "listed"),
                "list, line 3");
    }

    private void assertRefused(String name, String... parts) {
        String message = assertThrows(UserException.class, () -> find(name)).getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), "'" + part + "' in: " + message);
        }
    }
}
