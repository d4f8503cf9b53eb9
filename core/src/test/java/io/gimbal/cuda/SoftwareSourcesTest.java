package io.gimbal.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The software device's sources include only those that its README lists before them: there is no circle. */
class SoftwareSourcesTest {
    private static final Path SOFTWARE = Path.of("native", "softcuda");
    private static final SourceOrder EXAMPLE = SourceOrder.read("""
            | folder | what it has | includes of other folders |
            |---|---|---|
            | `core/` | state | |
            | `run/` | kernels | `core/low` |
            | `api/` | functions | any |

            | file | what it has |
            |---|---|
            | `core/low` | what all need |
            | `core/middle`, `core/high` | the rest |
            | `run/kernel` | a kernel, not `core/high` |
            | `api/device` | the driver |
            """);

    private static SourceOrder order;

    @BeforeAll
    static void readTheList() throws IOException {
        order = SourceOrder.read(Files.readString(SOFTWARE.resolve("README.md")));
    }

    @Test
    void everySourceIncludesOnlyWhatStandsBeforeIt() throws IOException {
        Map<String, String> sources = new TreeMap<>();
        try (Stream<Path> all = Files.walk(SOFTWARE)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                sources.put(SOFTWARE.relativize(file).toString(), Files.readString(file));
            }
        }
        assertTrue(sources.containsKey("core/failure.h"), sources.keySet().toString());
        assertEquals(List.of(), order.findings(sources));
    }

    @Test
    void theListHasAPlaceForEachFolder() {
        assertEquals(List.of("core", "ptx", "run", "dnn", "collective", "api"), List.copyOf(order.granted().keySet()));
        assertEquals(Set.of("core/failure", "core/switches", "core/parallel"), order.granted().get("dnn"));
        assertEquals(Set.of(), order.granted().get("core"));
    }

    @Test
    void theReaderTakesFilesInTheirOrderAndGrantsByFolder() {
        assertEquals(List.of("core/low", "core/middle", "core/high", "run/kernel", "api/device"), EXAMPLE.files());
        assertEquals(Map.of("core", Set.of(), "run", Set.of("core/low"), "api", Set.of()), EXAMPLE.granted());
    }

    @ParameterizedTest
    @CsvSource({
            "core/middle.cpp, core/high.h, which does not stand before it",
            "core/low.h, run/kernel.h, which does not stand before it",
            "core/low.h, api/device.cpp, which has exported functions",
            "api/device.cpp, core/missing.h, which is not there",
            "core/high.h, low.h, which is not there",
            "run/kernel.h, core/middle.h, which its folder does not"})
    void anIncludeThatRunsUpwardIsFound(String path, String included, String why) {
        Map<String, String> sources = inOrder();
        sources.merge(path, "  # include \"" + included + "\"  // for later\n", String::concat);
        assertEquals(List.of(path + " includes " + included + ", " + why), EXAMPLE.findings(sources));
    }

    @Test
    void aFileWithoutAPlaceIsFoundAndAPlaceWithoutAFile() {
        Map<String, String> sources = inOrder();
        sources.put("core/forgotten.cpp", "");
        sources.remove("core/high.h");
        assertEquals(List.of("core/forgotten.cpp is not listed", "core/high is listed, and there is none"),
                EXAMPLE.findings(sources));
    }

    @Test
    void whatKeepsToTheOrderIsNotFound() {
        assertEquals(List.of(), EXAMPLE.findings(inOrder()));
    }

    private static Map<String, String> inOrder() {
        return new TreeMap<>(Map.of(
                "public.h", "#include <cstddef>\n",
                "core/low.h", "#include \"public.h\"\n",
                "core/middle.h", "#include \"core/low.h\"\n",
                "core/middle.cpp", "#include \"core/middle.h\"\n#include \"oneapi/dnnl/dnnl.h\"\n",
                "core/high.h", "#include \"core/middle.h\"\n",
                "run/kernel.h", "#include \"core/low.h\"\n",
                "api/device.cpp", "#include \"core/middle.h\"\n#include \"run/kernel.h\"\n"));
    }
}
