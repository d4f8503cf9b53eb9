package io.gimbal.measure;

import io.gimbal.config.FileFailures;
import io.gimbal.config.UserException;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.device.NvrtcLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * A file of CUDA C++ that is not Gimbal's. It may include what lies beside it, and CUDA's headers where a toolkit or
 * NVIDIA's wheels have them. Immutable.
 *
 * @param path of the file
 * @param text its text
 */
public record CudaFile(Path path, String text) {
    private static final long MOST_BYTES = 16 << 20;

    /**
     * Reads a file of at most 16 MiB.
     *
     * @param path the file's
     * @return the file
     * @throws UserException if it cannot be read; names it
     */
    public static CudaFile read(Path path) {
        FileFailures.requireOrdinary(path, "a file of CUDA C++");
        try {
            long size = Files.size(path);
            if (size > MOST_BYTES) {
                throw new UserException(path + ": " + size + " bytes are too many for a source; at most " + MOST_BYTES
                        + " are read.");
            }
            return new CudaFile(path, Files.readString(path));
        } catch (IOException failure) {
            throw FileFailures.reading(path, failure);
        }
    }

    /** The file's name alone, as messages of the compiler and of the interpreter have it. */
    String name() {
        return path.getFileName().toString();
    }

    /**
     * Compiles it.
     *
     * @param nvrtc        compiles it
     * @param architecture such as "sm_90"
     * @return what came of it
     * @throws UserException         with the compiler's log if it does not compile
     * @throws IllegalStateException if there is no NVRTC, with every place where it was looked for
     */
    public CompiledFile compile(NvrtcLibrary nvrtc, String architecture) {
        if (!nvrtc.refusal().isEmpty()) {
            throw new IllegalStateException(nvrtc.refusal());
        }
        return new CompiledFile(this, nvrtc.compiler(), architecture, includes());
    }

    /** The file's own folder, and those of CUDA's headers. */
    private Set<Path> includes() {
        Set<Path> folders = new LinkedHashSet<>();
        folders.add(path.toAbsolutePath().normalize().getParent());
        for (Path libraries : LibrarySearch.ofProcess().folders()) {
            folders.add(libraries.resolveSibling("include"));
            folders.add(libraries.resolve("../../include").normalize());
        }
        folders.removeIf(folder -> !Files.isDirectory(folder));
        return folders;
    }
}
