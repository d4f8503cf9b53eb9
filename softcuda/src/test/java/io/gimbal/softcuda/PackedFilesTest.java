package io.gimbal.softcuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackedFilesTest {
    private final Map<String, String> jar = new TreeMap<>(Map.of("first.so", "one", "levels/deep/second.so", "two",
            "empty", ""));
    private final AtomicInteger opened = new AtomicInteger();

    @TempDir
    private Path folder;

    private PackedFiles files() throws Exception {
        List<String> lines = new ArrayList<>();
        for (Map.Entry<String, String> file : jar.entrySet()) {
            lines.add(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes(file.getValue())))
                    + "  " + file.getKey());
        }
        return files(String.join("\n", lines) + "\n");
    }

    private PackedFiles files(String list) throws IOException {
        return new PackedFiles(name -> {
            if (name.equals(PackedFiles.LIST)) {
                return new ByteArrayInputStream(bytes(list));
            }
            opened.incrementAndGet();
            return jar.containsKey(name) ? new ByteArrayInputStream(bytes(jar.get(name))) : null;
        });
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private Optional<Path> kept() {
        return Optional.of(folder.resolve("cache").resolve("softcuda"));
    }

    private Map<String, String> content(Path unpacked) throws IOException {
        try (Stream<Path> found = Files.walk(unpacked)) {
            return found.filter(Files::isRegularFile).filter(file ->
                    !file.endsWith(PackedFiles.CHECKED)).collect(Collectors.toMap(file -> unpacked.relativize(file)
                    .toString(), file -> {
                try {
                    return Files.readString(file);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }));
        }
    }

    private List<Path> foldersKept() throws IOException {
        try (Stream<Path> found = Files.list(kept().orElseThrow())) {
            return found.toList();
        }
    }

    @Test
    void theyAreUnpackedOnceAndThenTakenAsTheyLie() throws Exception {
        Path first = files().unpacked(kept());
        assertEquals(jar, content(first));
        assertEquals(jar.size(), opened.get());
        assertTrue(Files.exists(first.resolve(PackedFiles.CHECKED)), "what was just unpacked need not be read again");
        assertEquals(first, files().unpacked(kept()));
        assertEquals(jar.size(), opened.get());
        assertEquals(List.of(first), foldersKept());
    }

    @Test
    void nobodyElseMayWriteThere() throws Exception {
        Path unpacked = files().unpacked(kept());
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(unpacked)));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(unpacked.getParent())));
    }

    @Test
    void whatOthersMayWriteToIsNotUsed() throws Exception {
        Files.createDirectories(kept().orElseThrow());
        Files.setPosixFilePermissions(kept().orElseThrow(), PosixFilePermissions.fromString("rwxrwxrwx"));
        Path unpacked = files().unpacked(kept());
        assertFalse(unpacked.startsWith(folder), unpacked.toString());
        assertEquals(jar, content(unpacked));
    }

    @Test
    void aFileThatWasChangedIsUnpackedAnew() throws Exception {
        Path unpacked = files().unpacked(kept());
        Files.writeString(unpacked.resolve("first.so"), "ona");
        assertEquals(unpacked, files().unpacked(kept()));
        assertEquals(jar, content(unpacked));
        Files.delete(unpacked.resolve("levels/deep/second.so"));
        assertEquals(jar, content(files().unpacked(kept())));
        assertEquals(List.of(unpacked), foldersKept());
    }

    @Test
    void whatIsNotKnownToHaveBeenCheckedIsChecked() throws Exception {
        Path unpacked = files().unpacked(kept());
        files().unpacked(kept());
        Path file = unpacked.resolve("first.so");
        FileTime before = Files.getLastModifiedTime(file);
        Files.writeString(file, "ona");
        Files.setLastModifiedTime(file, before);
        Files.delete(unpacked.resolve(PackedFiles.CHECKED));
        assertEquals(jar, content(files().unpacked(kept())));
        assertEquals(2 * jar.size(), opened.get());
    }

    @Test
    void anotherVersionHasAFolderOfItsOwn() throws Exception {
        Path old = files().unpacked(kept());
        jar.put("first.so", "another");
        Path fresh = files().unpacked(kept());
        assertNotEquals(old, fresh);
        assertEquals(jar, content(fresh));
        assertTrue(Files.exists(old));
    }

    @Test
    void whatWasNotUsedForLongIsTakenAwayByTheNextThatUnpacks() throws Exception {
        Path old = files().unpacked(kept());
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(91))));
        jar.put("first.so", "another");
        assertEquals(List.of(files().unpacked(kept())), foldersKept());
    }

    @Test
    void useKeepsThemThere() throws Exception {
        Path unpacked = files().unpacked(kept());
        Files.setLastModifiedTime(unpacked, FileTime.from(Instant.now().minus(Duration.ofDays(91))));
        files().unpacked(kept());
        assertTrue(Files.getLastModifiedTime(unpacked).toInstant().isAfter(Instant.now().minus(Duration.ofDays(1))));
    }

    @Test
    void withoutAPlaceToKeepThemTheyAreUnpackedForNow() throws Exception {
        Path unpacked = files().unpacked(Optional.empty());
        assertEquals(jar, content(unpacked));
        Files.writeString(folder.resolve("file"), "no folder");
        assertEquals(jar, content(files().unpacked(Optional.of(folder.resolve("file").resolve("below")))));
    }

    @Test
    void aJarThatDiffersFromItsListIsRefused() throws Exception {
        PackedFiles files = files();
        jar.put("first.so", "changed");
        IOException refused = assertThrows(IOException.class, () -> files.unpacked(kept()));
        assertTrue(refused.getMessage().startsWith("the jar is damaged: its first.so has the digest "),
                refused.getMessage());
        jar.remove("first.so");
        assertEquals("the jar has no first.so", assertThrows(IOException.class,
                () -> files.unpacked(kept())).getMessage());
    }

    @Test
    void manyMayUnpackAtOnce() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Future<Path>> unpacked = new ArrayList<>();
            for (int i = 0; i < 32; i++) {
                PackedFiles files = files();
                unpacked.add(threads.submit(() -> files.unpacked(kept())));
            }
            for (Future<Path> one : unpacked) {
                assertEquals(unpacked.getFirst().get(), one.get());
                assertEquals(jar, content(one.get()));
            }
        }
        assertEquals(1, foldersKept().size());
    }

    /** The real list of the jar that is made here. */
    @Test
    void thePackedSoftwareDeviceIsListed() throws IOException {
        try (InputStream list = PackedSoftwareDevice.class.getResourceAsStream("linux-x86_64/" + PackedFiles.LIST)) {
            assertEquals(List.of("libdnnl.so.3", "libgomp.so.1", "libsoftcuda.so"), new String(list.readAllBytes(),
                    StandardCharsets.UTF_8).lines().map(line -> line.substring(66)).filter(name ->
                    !name.startsWith("levels/")).toList());
        }
    }
}
