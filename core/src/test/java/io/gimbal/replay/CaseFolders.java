package io.gimbal.replay;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
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

    /** Every so many; with the property {@code gimbal.test.cases} at {@code all} there are all. */
    public static List<Path> each(int share) {
        List<Path> all = all();
        int step = System.getProperty("gimbal.test.cases", "").equals("all") ? 1 : share;
        return IntStream.range(0, all.size()).filter(number -> number % step == 0).mapToObj(all::get).toList();
    }

    /** A case by name. */
    public static Path of(String name) {
        return root().resolve(name);
    }

    /** A bundle has them beside its tests' classes; the jar that other modules' tests use has none. */
    private static Path root() {
        URL beside = CaseFolders.class.getResource("/cases");
        try {
            return beside == null ? Path.of("core", "src", "test", "resources", "cases").toAbsolutePath()
                    : Path.of(beside.toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
