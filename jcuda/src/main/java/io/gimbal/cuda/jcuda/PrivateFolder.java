package io.gimbal.cuda.jcuda;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;

/** Unpacks a native into a folder that only this user can enter, and that is gone when the native is loaded. */
final class PrivateFolder {
    private PrivateFolder() {}

    /** What {@code load} makes of the unpacked file, which is gone afterwards: a library that is loaded needs none. */
    static <T> T unpacked(InputStream resource, String name, Function<Path, T> load) throws IOException {
        Path folder = Files.createTempDirectory("gimbal-jcuda-");
        Path file = folder.resolve(name);
        try {
            Files.copy(resource, file);
            return load.apply(file);
        } finally {
            Files.deleteIfExists(file);
            Files.deleteIfExists(folder);
        }
    }
}
