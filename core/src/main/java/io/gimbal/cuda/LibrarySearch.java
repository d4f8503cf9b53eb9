package io.gimbal.cuda;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Where the libraries of CUDA are looked for, in this order:
 * <ol>
 * <li>the folders and files that the system property {@value #PROPERTY} or else the environment variable {@value
 *     #VARIABLE} lists, separated by the system's path separator;</li>
 * <li>the loader's own search by soname ({@code LD_LIBRARY_PATH}, {@code ld.so.cache});</li>
 * <li>{@code CUDA_HOME}, {@code CUDA_PATH} and {@code /usr/local/cuda*};</li>
 * <li>the folders {@code nvidia/*}{@code /lib} of Python environments: {@code GIMBAL_NVIDIA} (the target of a
 *     {@code pip install --target}), {@code VIRTUAL_ENV}, {@code CONDA_PREFIX}, {@code PYTHONPATH} and the usual
 *     site-packages. Python itself is never run.</li>
 * </ol>
 * A relative path is never followed: it would mean another file in another working directory.
 *
 * <p>Instances are immutable and thread-safe.
 */
public final class LibrarySearch {
    /** System property with folders and files to try first. */
    public static final String PROPERTY = "gimbal.cuda.libraries";
    /** Environment variable with folders and files to try first. */
    public static final String VARIABLE = "GIMBAL_CUDA_LIBRARIES";
    /** Environment variable with the folder that a {@code pip install --target} filled with NVIDIA's wheels. */
    public static final String WHEELS = "GIMBAL_NVIDIA";

    private final UnaryOperator<String> environment;
    private final UnaryOperator<String> properties;

    /** The search by given settings: each function yields null for a name that is not set. */
    public LibrarySearch(UnaryOperator<String> environment, UnaryOperator<String> properties) {
        this.environment = Objects.requireNonNull(environment, "environment is null");
        this.properties = Objects.requireNonNull(properties, "properties is null");
    }

    /** The search by this process's environment and system properties. */
    public static LibrarySearch ofProcess() {
        return new LibrarySearch(System::getenv, System::getProperty);
    }

    /** Every place where {@code library} may be, the first to be tried first. */
    public List<Place> places(CudaLibrary library) {
        Map<String, Place> places = new LinkedHashMap<>();
        addExplicit(library, places);
        for (String soname : library.sonames()) {
            places.putIfAbsent(soname, new Place(soname, soname, "the loader's search path"));
        }
        for (Origin folder : libraryFolders()) {
            addFolder(library, folder.path(), folder.origin(), places);
        }
        return List.copyOf(places.values());
    }

    /**
     * The folders in which toolkits and wheels keep their libraries; their headers are in {@code ../include} or {@code
     * ../../include}.
     */
    public List<Path> folders() {
        return libraryFolders().stream().map(Origin::path).toList();
    }

    /** A file of CUDA 11 or older among the folders, by which to tell people what is wrong; empty if there is none. */
    public Optional<Path> older() {
        return folders().stream().flatMap(folder -> Stream.of(CudaLibrary.COMPILER, CudaLibrary.BLAS)
                .flatMap(library -> entries(folder, library.stem() + ".so.1[01]*").stream())).findFirst();
    }

    private void addExplicit(CudaLibrary library, Map<String, Place> places) {
        String property = properties.apply(PROPERTY);
        String origin = property != null ? "system property " + PROPERTY : "environment variable " + VARIABLE;
        for (Path path : paths(property != null ? property : environment.apply(VARIABLE))) {
            if (Files.isDirectory(path)) {
                addFolder(library, path, origin, places);
                continue;
            }
            if (path.getFileName() != null && path.getFileName().toString().startsWith(library.stem() + ".")) {
                places.putIfAbsent(path.toString(), new Place(path.toString(), path.toString(), origin));
                continue;
            }
            if (!Files.exists(path)) {
                places.putIfAbsent(path.toString(), new Place(path.toString(), null, origin));
            }
        }
    }

    private static void addFolder(CudaLibrary library, Path folder, String origin, Map<String, Place> places) {
        boolean found = false;
        for (String soname : library.sonames()) {
            Path file = folder.resolve(soname);
            if (Files.exists(file)) {
                places.putIfAbsent(file.toString(), new Place(file.toString(), file.toString(), origin));
                found = true;
            }
        }
        if (!found) {
            places.putIfAbsent(folder.toString(), new Place(folder.toString(), null, origin));
        }
    }

    private List<Origin> libraryFolders() {
        Map<Path, Origin> distinct = new LinkedHashMap<>();
        for (Origin folder : everyLibraryFolder()) {
            distinct.putIfAbsent(real(folder.path()), folder);
        }
        return List.copyOf(distinct.values());
    }

    /** The file that a path leads to, through any links; the path itself where there is none. */
    public static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException missing) {
            return path;
        }
    }

    /**
     * The absolute path that a setting names; empty where it is none, or one that this process's locale cannot write:
     * neither is ever followed.
     */
    public static Optional<Path> absolute(String setting) {
        try {
            return Optional.ofNullable(setting).map(Path::of).filter(Path::isAbsolute);
        } catch (InvalidPathException unusable) {
            return Optional.empty();
        }
    }

    private List<Origin> everyLibraryFolder() {
        List<Origin> folders = new ArrayList<>();
        for (String name : List.of("CUDA_HOME", "CUDA_PATH")) {
            for (Path root : paths(environment.apply(name))) {
                addToolkit(root, "environment variable " + name, folders);
            }
        }
        for (Path root : matching(Path.of("/usr/local"), "cuda*").reversed()) {
            addToolkit(root, "installed toolkit", folders);
        }
        for (Origin packages : pythonPackages()) {
            for (Path vendor : matching(packages.path().resolve("nvidia"), "*")) {
                Path folder = vendor.resolve("lib");
                if (Files.isDirectory(folder)) {
                    folders.add(new Origin(folder, packages.origin()));
                }
            }
        }
        return folders;
    }

    private static void addToolkit(Path root, String origin, List<Origin> folders) {
        // targets/<platform>/lib is what lib64 links to; cross toolkits have only that.
        boolean found = false;
        for (String name : List.of("lib64", "lib", "targets/x86_64-linux/lib", "targets/sbsa-linux/lib")) {
            Path folder = root.resolve(name);
            if (Files.isDirectory(folder)) {
                folders.add(new Origin(folder, origin));
                found = true;
            }
        }
        if (!found) {
            folders.add(new Origin(root, origin));
        }
    }

    private List<Origin> pythonPackages() {
        List<Origin> packages = new ArrayList<>();
        for (Path path : paths(environment.apply(WHEELS))) {
            packages.add(new Origin(path, "environment variable " + WHEELS));
        }
        for (String name : List.of("VIRTUAL_ENV", "CONDA_PREFIX")) {
            for (Path root : paths(environment.apply(name))) {
                addSitePackages(root.resolve("lib"), "environment variable " + name, packages);
            }
        }
        for (Path path : paths(environment.apply("PYTHONPATH"))) {
            packages.add(new Origin(path, "environment variable PYTHONPATH"));
        }
        absolute(properties.apply("user.home")).ifPresent(home -> addSitePackages(home.resolve(".local").resolve("lib"),
                "the user's Python packages", packages));
        addSitePackages(Path.of("/usr/local/lib"), "the system's Python packages", packages);
        addSitePackages(Path.of("/usr/lib"), "the system's Python packages", packages);
        return packages;
    }

    private static void addSitePackages(Path libraries, String origin, List<Origin> packages) {
        for (Path python : matching(libraries, "python3*")) {
            for (String name : List.of("site-packages", "dist-packages")) {
                Path folder = python.resolve(name);
                if (Files.isDirectory(folder)) {
                    packages.add(new Origin(folder, origin));
                }
            }
        }
    }

    private static List<Path> paths(String setting) {
        if (setting == null || setting.isBlank()) {
            return List.of();
        }
        List<Path> paths = new ArrayList<>();
        for (String part : setting.split(File.pathSeparator)) {
            absolute(part.strip()).map(Path::normalize).ifPresent(paths::add);
        }
        return paths;
    }

    private static List<Path> matching(Path folder, String pattern) {
        return entries(folder, pattern).stream().filter(Files::isDirectory).toList();
    }

    /** What lies in a folder under a name like this, in order; nothing where the folder cannot be read. */
    private static List<Path> entries(Path folder, String pattern) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        TreeSet<Path> found = new TreeSet<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, pattern)) {
            entries.forEach(found::add);
        } catch (IOException | DirectoryIteratorException unreadable) {
            return List.of();
        }
        return List.copyOf(found);
    }

    private record Origin(Path path, String origin) {}

    /**
     * A place where a library may be.
     *
     * @param name   the soname, file or folder
     * @param load   what to hand to the loader, or null where the folder does not hold the library
     * @param origin what led there
     */
    public record Place(String name, String load, String origin) {
        /** The place and what led there. */
        public String describe() {
            return name + " (" + origin + ")";
        }
    }
}
