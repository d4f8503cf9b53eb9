package io.gimbal.softcuda;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;

/**
 * Files within a jar, with a list of their digests as {@code sha256sum} writes it. They are unpacked into a folder that
 * is named after the list, by way of one beside it, so that it is whole or not there; and only this user may write into
 * it. What lies there is held against the list where it has changed since it last was, and unpacked anew where it
 * differs.
 */
final class PackedFiles {
    static final String LIST = "SHA256SUMS";

    /** What the files were like when their digests were found right. */
    static final String CHECKED = "checked";

    private static final String PART = ".part";
    private static final int MOST_DAYS = 90;
    private static final int BUFFER = 1 << 16;
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final Set<PosixFilePermission> OF_OTHERS = Set.of(PosixFilePermission.GROUP_WRITE,
            PosixFilePermission.OTHERS_WRITE);

    private final Function<String, InputStream> resources;
    private final Map<String, String> digests = new LinkedHashMap<>();
    private final String name;

    /** @param resources a file of the jar by its name; null where there is none */
    PackedFiles(Function<String, InputStream> resources) throws IOException {
        this.resources = resources;
        byte[] list;
        try (InputStream in = open(LIST)) {
            list = in.readAllBytes();
        }
        new String(list, StandardCharsets.UTF_8).lines().forEach(line -> {
            String[] parts = line.split(" {2}", 2);
            digests.put(parts[1], parts[0]);
        });
        this.name = hex(sha256().digest(list));
    }

    /**
     * The folder with all of them.
     *
     * @param kept below which they are kept; where there is no place for it or it cannot be written, they are unpacked
     *             for the life of this process
     */
    Path unpacked(Optional<Path> kept) throws IOException {
        if (kept.isPresent()) {
            try {
                return keptIn(kept.get());
            } catch (IOException unwritable) {
                return unpackedForNow();
            }
        }
        return unpackedForNow();
    }

    private Path keptIn(Path parent) throws IOException {
        Path folder = parent.resolve(name);
        if (!isWhole(folder)) {
            Files.createDirectories(parent, PRIVATE);
            requirePrivate(parent);
            tidy(parent);
            Path part = Files.createDirectory(parent.resolve(UUID.randomUUID() + PART), PRIVATE);
            try {
                unpackInto(part);
                Files.writeString(part.resolve(CHECKED), stamp(part));
                putInPlace(part, folder);
            } finally {
                delete(part);
            }
        }
        folder.toFile().setLastModified(System.currentTimeMillis());
        return folder;
    }

    /** Another process may have been first: then its files are as good. */
    private void putInPlace(Path part, Path folder) throws IOException {
        Path aside = folder.resolveSibling(UUID.randomUUID() + PART);
        try {
            if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS) && !isWhole(folder)) {
                Files.move(folder, aside, StandardCopyOption.ATOMIC_MOVE);
            }
            Files.move(part, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException taken) {
            if (!isWhole(folder)) {
                throw taken;
            }
        } finally {
            delete(aside);
        }
    }

    private static void requirePrivate(Path folder) throws IOException {
        if (Files.getPosixFilePermissions(folder).stream().anyMatch(OF_OTHERS::contains)) {
            throw new IOException(folder + " can be written to by others");
        }
    }

    private Path unpackedForNow() throws IOException {
        Path folder = Files.createTempDirectory("gimbal-softcuda-");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
        unpackInto(folder);
        return folder;
    }

    private void unpackInto(Path folder) throws IOException {
        for (Map.Entry<String, String> file : digests.entrySet()) {
            Path to = folder.resolve(file.getKey());
            Files.createDirectories(to.getParent());
            String found;
            try (InputStream in = open(file.getKey()); OutputStream out = Files.newOutputStream(to)) {
                found = copied(in, out);
            }
            if (!found.equals(file.getValue())) {
                throw new IOException("the jar is damaged: its " + file.getKey() + " has the digest " + found + ", not "
                        + file.getValue());
            }
        }
    }

    /** Digests of 100 MB take longer than all else at a start: they are taken again where a file is not as it was. */
    private boolean isWhole(Path folder) {
        try {
            requirePrivate(folder);
            Path checked = folder.resolve(CHECKED);
            String now = stamp(folder);
            if (Files.exists(checked) && Files.readString(checked).equals(now)) {
                return true;
            }
            for (Map.Entry<String, String> file : digests.entrySet()) {
                // Not by a channel, which an interrupt of the thread would close.
                try (InputStream in = new FileInputStream(folder.resolve(file.getKey()).toFile())) {
                    if (!copied(in, OutputStream.nullOutputStream()).equals(file.getValue())) {
                        return false;
                    }
                }
            }
            Files.writeString(checked, now);
            return true;
        } catch (IOException missing) {
            return false;
        }
    }

    /** Changes with any file's content, but for one that takes pains to hide it. */
    private String stamp(Path folder) throws IOException {
        StringBuilder stamp = new StringBuilder();
        for (String file : digests.keySet()) {
            BasicFileAttributes found = Files.readAttributes(folder.resolve(file), BasicFileAttributes.class);
            stamp.append(file).append(' ').append(found.size()).append(' ').append(found.lastModifiedTime())
                    .append(' ').append(found.fileKey()).append('\n');
        }
        return stamp.toString();
    }

    /** Copies a stream, and gives the digest of it. */
    private static String copied(InputStream in, OutputStream out) throws IOException {
        MessageDigest digest = sha256();
        byte[] buffer = new byte[BUFFER];
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            digest.update(buffer, 0, count);
            out.write(buffer, 0, count);
        }
        return hex(digest.digest());
    }

    private InputStream open(String file) throws IOException {
        InputStream in = resources.apply(file);
        if (in == null) {
            throw new IOException("the jar has no " + file);
        }
        return in;
    }

    /** Takes away what was not used for long: what other versions have left, and what ended processes were writing. */
    private static void tidy(Path parent) throws IOException {
        Instant oldest = Instant.now().minus(Duration.ofDays(MOST_DAYS));
        for (File folder : Objects.requireNonNullElse(parent.toFile().listFiles(), new File[0])) {
            if (Files.getLastModifiedTime(folder.toPath()).toInstant().isBefore(oldest)) {
                delete(folder.toPath());
            }
        }
    }

    /** As far as it goes: what is left is in nobody's way. */
    private static void delete(Path path) {
        File[] within = Files.isSymbolicLink(path) ? null : path.toFile().listFiles();
        for (File file : Objects.requireNonNullElse(within, new File[0])) {
            delete(file.toPath());
        }
        path.toFile().delete();
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
