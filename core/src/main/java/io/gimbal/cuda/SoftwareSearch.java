package io.gimbal.cuda;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Where the software device's library is looked for: the file that the system property {@value #PROPERTY} or else the
 * environment variable {@value #VARIABLE} names, and, only if neither is set, beside the installation: {@code native/}
 * beside the jar or the folder of classes, {@code target/native} and {@code native/} one folder up; and where it is
 * not there, what a {@link SoftwareProvider} has unpacked. Never the working directory.
 */
public final class SoftwareSearch {
    /** System property with the library's absolute path. */
    public static final String PROPERTY = "gimbal.softcuda";
    /** Environment variable with the library's absolute path. */
    public static final String VARIABLE = "GIMBAL_SOFTCUDA";
    /** The library's file name. */
    public static final String FILE = "libsoftcuda.so";

    private SoftwareSearch() {}

    /** The places, by this process's environment and system properties. */
    public static List<LibrarySearch.Place> places() {
        List<LibrarySearch.Place> places = places(System::getenv, System::getProperty, installation());
        boolean given = given(System::getenv, System::getProperty).isPresent();
        if (given || places.stream().anyMatch(place -> place.load() != null)) {
            return places;
        }
        return Stream.concat(places.stream(), unpacked().stream()).toList();
    }

    private static List<LibrarySearch.Place> unpacked() {
        List<LibrarySearch.Place> places = ServiceLoader.load(SoftwareProvider.class,
                SoftwareProvider.class.getClassLoader()).stream().map(provider -> provider.get().place()).toList();
        return places.isEmpty() ? List.of(new LibrarySearch.Place("the program's libraries", null,
                "for io.gimbal:gimbal-softcuda, classifier linux-x86_64")) : places;
    }

    /** A file that was asked for, as it was written, and where. */
    private record Given(String file, String origin) {}

    private static Optional<Given> given(UnaryOperator<String> environment, UnaryOperator<String> properties) {
        String property = properties.apply(PROPERTY);
        String file = property != null ? property : environment.apply(VARIABLE);
        return Optional.ofNullable(file).filter(name -> !name.isBlank()).map(name -> new Given(name,
                property != null ? "system property " + PROPERTY : "environment variable " + VARIABLE));
    }

    /**
     * The places by given settings.
     *
     * @param installation the jar or the folder of classes; null if it is not known
     */
    public static List<LibrarySearch.Place> places(UnaryOperator<String> environment, UnaryOperator<String> properties,
                                                   Path installation) {
        Optional<Given> given = given(environment, properties);
        if (given.isPresent()) {
            String file = given.get().file();
            String origin = given.get().origin();
            return List.of(LibrarySearch.absolute(file).isPresent() ? new LibrarySearch.Place(file, file, origin)
                    : new LibrarySearch.Place(file, null, origin
                    + ", which must be an absolute path, of letters that the locale in LC_ALL can write"));
        }
        if (installation == null) {
            return List.of();
        }
        Set<Path> candidates = new LinkedHashSet<>();
        Path folder = installation.toAbsolutePath().normalize().getParent();
        for (int up = 0; up < 2 && folder != null; up++) {
            candidates.add(folder.resolve("native").resolve(FILE));
            candidates.add(folder.resolve("target").resolve("native").resolve(FILE));
            folder = folder.getParent();
        }
        List<LibrarySearch.Place> places = new ArrayList<>();
        for (Path candidate : candidates) {
            String load = Files.exists(candidate) ? candidate.toString() : null;
            places.add(new LibrarySearch.Place(candidate.toString(), load, "beside the installation"));
        }
        return places;
    }

    private static Path installation() {
        CodeSource source = SoftwareSearch.class.getProtectionDomain().getCodeSource();
        if (source == null || source.getLocation() == null || !"file".equals(source.getLocation().getProtocol())) {
            return null;
        }
        try {
            return Path.of(source.getLocation().toURI());
        } catch (URISyntaxException notAPath) {
            return null;
        }
    }
}
