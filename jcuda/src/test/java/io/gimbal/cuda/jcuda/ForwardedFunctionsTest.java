package io.gimbal.cuda.jcuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The list of what {@code native/forward} forwards, against JCuda's natives and the calls of the binding. */
class ForwardedFunctionsTest {
    private static final Map<String, String> NATIVES = Map.of("cu[A-Z]", "JCudaDriver", "nvrtc", "JNvrtc", "cublas",
            "JCublas2", "cudnn", "JCudnn");

    private static List<String> listed() throws IOException {
        return Files.readAllLines(Path.of("native", "forward", "functions.txt"));
    }

    /** The names in the strings of a native, where those that it asks for stand. */
    private static String strings(String stem) throws IOException {
        try (Stream<Path> files = Files.list(Path.of("target", "jcuda", "lib"))) {
            Path file = files.filter(path -> path.getFileName().toString().startsWith("lib" + stem + "-")).findFirst()
                    .orElseThrow();
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        }
    }

    @Test
    void everyListedFunctionIsOneThatItsNativeAsksFor() throws IOException {
        List<String> unknown = new ArrayList<>();
        for (Map.Entry<String, String> library : NATIVES.entrySet()) {
            String strings = strings(library.getValue());
            for (String name : listed()) {
                if (name.matches(library.getKey() + ".*") && !strings.contains("\0" + name + "\0")) {
                    unknown.add(name);
                }
            }
        }
        assertEquals(List.of(), unknown);
        assertEquals(listed().stream().sorted().distinct().toList(), listed(), "in order, each once");
    }

    @Test
    void everyFunctionThatTheBindingCallsIsListed() throws IOException {
        Pattern call = Pattern.compile("(?:JCudaDriver|JNvrtc|JCublas2|JCudnn)\\.(cu\\w+|nvrtc\\w+)\\(");
        List<String> missing = new ArrayList<>();
        int calls = 0;
        for (String type : List.of("JcudaDriver", "JcudaCompiler", "JcudaBlas", "JcudaDnn")) {
            Matcher matcher = call.matcher(Files.readString(Path.of("jcuda", "src", "main", "java", "io",
                    "gimbal", "cuda", "jcuda", type + ".java")));
            while (matcher.find()) {
                calls++;
                String name = matcher.group(1).replace("_new", "");
                // JCuda's names are those of the headers' macros.
                if (listed().stream().noneMatch(function -> function.equals(name) || function.equals(name + "_v2")
                        || function.equals(name + "WithFlags"))) {
                    missing.add(name);
                }
            }
        }
        assertTrue(calls > 60, calls + " calls were found");
        assertEquals(List.of(), missing);
    }
}
