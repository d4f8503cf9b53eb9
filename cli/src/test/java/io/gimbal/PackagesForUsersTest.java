package io.gimbal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A package is public for Gimbal's own packages or for users, since Java knows no difference: its {@code package-info}
 * says for whom, and what is shown to users keeps to it.
 */
class PackagesForUsersTest {
    private static final Path PACKAGES = Path.of("core", "src", "main", "java", "io", "gimbal");
    private static final Pattern IMPORT = Pattern.compile(
            "(?m)^import (?:static )?(io\\.gimbal\\.([a-z.]+)\\.[A-Z]?\\w*)");
    private static final Pattern BLOCK = Pattern.compile("(?m)^```java\\R(.*?)^```", Pattern.DOTALL);
    private static final Pattern TABLE_ROW = Pattern.compile("(?m)^\\| ((?:`[a-z]+`(?:, )?)+) \\| .*$");

    /** Of a module of its own. */
    private static final Set<String> ALSO = Set.of("io.gimbal.cuda.jcuda.JcudaHandles");

    private static List<Path> packages() throws IOException {
        try (Stream<Path> folders = Files.list(PACKAGES)) {
            return folders.filter(Files::isDirectory).sorted().toList();
        }
    }

    private static String description(Path folder) throws IOException {
        return Files.readString(folder.resolve("package-info.java")).replaceAll("\\s+(\\* ?)?", " ");
    }

    private static Set<String> forUsers() throws IOException {
        Set<String> names = new TreeSet<>();
        for (Path folder : packages()) {
            if (Pattern.compile("\\b[Ff]or users\\b").matcher(description(folder)).find()) {
                names.add(folder.getFileName().toString());
            }
        }
        return names;
    }

    @ParameterizedTest
    @MethodSource("packages")
    void aPackageSaysForWhomItIs(Path folder) throws IOException {
        String text = description(folder);
        assertTrue(Stream.of("or users", "or Gimbal's own packages", "No code uses it").anyMatch(text::contains),
                folder + " does not say for whom it is: " + text);
    }

    @Test
    void theModuleExportsToEverybodyWhatIsForUsers() throws IOException {
        Set<String> exported = Pattern.compile("(?m)^    exports io\\.gimbal\\.([a-z.]+);$").matcher(Files.readString(
                Path.of("core", "src", "main", "java", "module-info.java"))).results().map(found -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(forUsers(), exported);
    }

    /** Files with Java that users read, as they stand or in blocks. */
    static List<Path> shown() throws IOException {
        try (Stream<Path> examples = Files.list(Path.of("examples"))) {
            return Stream.concat(Stream.of(Path.of("README.md"), Path.of("docs", "guide.md"),
                    Path.of("docs", "tutorials", "embedding.md")),
                    examples.filter(file -> file.toString().endsWith(".java")).sorted()).toList();
        }
    }

    private static String code(Path file) throws IOException {
        String text = Files.readString(file);
        return file.toString().endsWith(".java") ? text
                : BLOCK.matcher(text).results().map(block -> block.group(1)).collect(Collectors.joining("\n"));
    }

    @ParameterizedTest
    @MethodSource("shown")
    void whatIsShownToUsersImportsPackagesForUsersAlone(Path file) throws IOException {
        Set<String> allowed = forUsers();
        Matcher imported = IMPORT.matcher(code(file));
        while (imported.find()) {
            assertTrue(ALSO.contains(imported.group(1)) || allowed.contains(imported.group(2)),
                    file + " imports " + imported.group(1) + "; packages for users are " + allowed);
        }
    }

    @Test
    void theProgramsShownImportSomething() throws IOException {
        for (Path file : shown()) {
            assertEquals(!file.endsWith("guide.md"), IMPORT.matcher(code(file)).find(), file::toString);
        }
    }

    @Test
    void theGuidesTableOfPackagesNamesPackagesForUsers() throws IOException {
        String guide = Files.readString(Path.of("docs", "guide.md"));
        String table = guide.substring(guide.indexOf("| package | what a program uses |"));
        Set<String> named = new TreeSet<>();
        TABLE_ROW.matcher(table.substring(0, table.indexOf("\n\n"))).results().forEach(row ->
                named.addAll(List.of(row.group(1).replace("`", "").split(", "))));
        assertFalse(named.isEmpty());
        assertTrue(forUsers().containsAll(named), () -> "the guide names " + named);
    }
}
