package io.gimbal.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/** NVIDIA's C headers, beside the folders where its libraries are looked for. */
public final class NvidiaHeaders {
    private NvidiaHeaders() {}

    /** The text of a header such as "cuda.h"; skips the test where it is not installed. */
    public static String read(String header) throws IOException {
        Set<Path> folders = folders();
        Optional<Path> file = folders.stream().map(folder -> folder.resolve(header)).filter(Files::isRegularFile)
                .findFirst();
        assumeTrue(file.isPresent(), () -> header + " is not installed in any of " + folders
                + "; install NVIDIA's wheels with pip install --target and name their folder in "
                + LibrarySearch.WHEELS + ", or set CUDA_HOME");
        return Files.readString(file.get());
    }

    private static Set<Path> folders() {
        Set<Path> folders = new LinkedHashSet<>();
        for (Path libraries : LibrarySearch.ofProcess().folders()) {
            folders.add(libraries.resolveSibling("include"));
        }
        folders.add(Path.of("/usr/include"));
        return folders;
    }
}
