package io.gimbal.site;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/** The Javadoc of the packages that say of themselves that they are for users. */
final class ApiDocs {
    /** Where it is in the site. */
    static final String FOLDER = "api";
    static final String START = FOLDER + "/index.html";
    /** The modules of the repository that have packages for users. */
    private static final List<String> MODULES = List.of("core", "arrow", "spark");
    private static final Path SOURCES = Path.of("src", "main", "java");
    private static final Path GIMBAL = Path.of("io", "gimbal");
    /** What programs that use JCuda call, of a package that is not for users otherwise. */
    private static final Path JCUDA = Path.of("jcuda", "src", "main", "java", "io", "gimbal", "cuda", "jcuda");
    private static final String BACK = "<a href=\"{@docRoot}/../index.html\" style=\"color: #fff; font-size: 13px\">"
            + "The guide</a>";
    private static final Pattern FOR_USERS = Pattern.compile("\\bfor users\\b", Pattern.CASE_INSENSITIVE);
    private static final Pattern TYPE = Pattern.compile("(?m)^public (?:\\w+ )*(?:class|interface|record|enum) ");

    private final Path root;
    /** Folders of sources, by the packages' paths. */
    private final Map<Path, Path> packages = new TreeMap<>();

    ApiDocs(Path root) {
        this.root = root;
        for (String module : MODULES) {
            Path sources = root.resolve(module).resolve(SOURCES);
            try (Stream<Path> folders = Files.list(sources.resolve(GIMBAL))) {
                folders.filter(Files::isDirectory).filter(ApiDocs::isForUsers).forEach(folder -> packages.put(
                        sources.relativize(folder), folder));
            } catch (IOException e) {
                throw new SiteException(sources + " cannot be read: " + e.getMessage());
            }
        }
    }

    private static boolean isForUsers(Path folder) {
        return FOR_USERS.matcher(text(folder.resolve("package-info.java")).replaceAll("\\s+(\\* ?)?", " ")).find();
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new SiteException(file + " cannot be read: " + e.getMessage());
        }
    }

    private static List<Path> files(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
        } catch (IOException e) {
            throw new SiteException(folder + " cannot be read: " + e.getMessage());
        }
    }

    List<String> packages() {
        return packages.keySet().stream().map(path -> path.toString().replace('/', '.')).toList();
    }

    /** The addresses of the public classes by their names, those that two packages have left out. */
    Map<String, String> types() {
        Map<String, List<String>> found = new TreeMap<>();
        packages.forEach((path, folder) -> files(folder).stream().filter(file -> TYPE.matcher(text(file)).find())
                .forEach(file -> {
                    String name = file.getFileName().toString().replace(".java", "");
                    found.computeIfAbsent(name, _ -> new ArrayList<>()).add(FOLDER + "/" + path + "/" + name
                            + ".html");
                }));
        Map<String, String> addresses = new TreeMap<>(Map.of("JcudaHandles", FOLDER
                + "/io/gimbal/cuda/jcuda/JcudaHandles.html"));
        found.forEach((name, places) -> {
            if (places.size() == 1) {
                addresses.put(name, places.getFirst());
            }
        });
        return addresses;
    }

    /** Writes it, and refuses comments that anything is wrong with or missing in. */
    void write(Path site) {
        ToolProvider javadoc = ToolProvider.findFirst("javadoc").orElseThrow(() -> new SiteException(
                "this Java has no javadoc: take a JDK."));
        List<String> arguments = new ArrayList<>(List.of("-quiet", "-Xdoclint:all", "-Werror", "-Xmaxwarns", "1000",
                "-notimestamp", "--no-fonts", "-encoding", "UTF-8", "-windowtitle", "Gimbal", "-doctitle",
                "Gimbal's packages for users", "-header", BACK,
                "-classpath", System.getProperty("java.class.path"), "-d", site.resolve(FOLDER).toString()));
        // One by one: found on a path of sources they would be a module, of which more is shown than is for users.
        packages.values().forEach(folder -> files(folder).forEach(file -> arguments.add(file.toString())));
        for (String file : List.of("JcudaHandles.java", "package-info.java")) {
            arguments.add(root.resolve(JCUDA).resolve(file).toString());
        }
        StringWriter said = new StringWriter();
        if (javadoc.run(new PrintWriter(said), new PrintWriter(said), arguments.toArray(String[]::new)) != 0) {
            throw new SiteException("the Javadoc is not whole:\n" + said);
        }
    }
}
