package io.gimbal.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** A block of Java is compiled: as a file, or, where it is a part of a method, within one. */
final class JavaBlock {
    /** What a part of a method may use without saying where it comes from. */
    private static final String FIELDS = """
            private Device device;
            private Network network;
            private Trainer trainer;
            private Predictor predictor;
            private MeterRegistry registry;
            private SparkSession spark;
            private BufferAllocator allocator;
            private InputStream stream;
            private float[] images;
            private float[] answers;
            """;
    /** Packages of others that pages use. */
    private static final List<String> OTHERS = List.of("io.micrometer.core.instrument", "org.apache.arrow.memory",
            "org.apache.arrow.vector.ipc", "org.apache.spark.sql");
    private static final Pattern PUBLIC = Pattern.compile("(?m)^public (?:final )?(?:class|record|interface) (\\w+)");
    private static final Pattern WHOLE = Pattern.compile(
            "(?m)^(?:import |package |void main|(?:public |final )*class )");

    private JavaBlock() {}

    static void check(Block block, Path folder) throws Exception {
        if (block.name().isPresent()) {
            // A file of a project, whose others it may need.
            List<Path> files = ProjectPage.write(block.page(), folder);
            assertTrue(files.contains(folder.resolve(block.name().get())), block::place);
            compile(files.stream().filter(file -> file.toString().endsWith(".java")).toList(), folder.resolve(
                    "classes"), block.place());
            return;
        }
        String text = WHOLE.matcher(block.text()).find() ? block.text() : framed(block.text());
        Matcher named = PUBLIC.matcher(text);
        Path file = folder.resolve((named.find() ? named.group(1) : "Shown") + ".java");
        compile(List.of(Files.writeString(file, text)), folder.resolve("classes"), block.place());
    }

    /** Compiles files without a warning. */
    static void compile(List<Path> files, Path classes, String place) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
            boolean compiled = compiler.getTask(said, manager, null, List.of("-Xlint:all,-classfile", "-Werror",
                    "-proc:none", "--release", "25", "-classpath", System.getProperty("java.class.path"), "-d",
                    Files.createDirectories(classes).toString()), null, manager.getJavaFileObjectsFromPaths(files))
                    .call();
            assertEquals("", said.toString(), place);
            assertEquals(true, compiled, place);
        }
    }

    private static String framed(String part) {
        String imports = Stream.concat(new ApiDocs(Repository.ROOT).packages().stream(), OTHERS.stream())
                .map(name -> "import " + name + ".*;").collect(Collectors.joining("\n"));
        return "import module java.base;\n" + imports + "\nimport static io.gimbal.nn.Layers.*;\n"
                + "final class Shown {\n" + FIELDS + "void shown() throws Exception {\n" + part + "}\n}\n";
    }
}
