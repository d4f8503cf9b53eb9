package io.gimbal.replay;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The cases among the tests' resources. */
public final class CaseFolders {
    private CaseFolders() {}

    /** Every case. */
    public static List<Path> all() {
        try (Stream<Path> folders = Files.list(root())) {
            return folders.filter(Files::isDirectory).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A case by name. */
    public static Path of(String name) {
        return root().resolve(name);
    }

    private static Path root() {
        try {
            return Path.of(CaseFolders.class.getResource("/cases").toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
