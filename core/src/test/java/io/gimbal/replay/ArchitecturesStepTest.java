package io.gimbal.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gimbal.Python;
import io.gimbal.config.Config;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.model.NetworkReader;
import io.gimbal.model.NetworkWriter;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Two steps of each architecture, small, by GradNorm against the same steps in PyTorch and float64. {@code
 * src/test/python/architectures.py} makes the cases, of the networks as Gimbal writes them block by block.
 */
class ArchitecturesStepTest {
    private static final Path NETWORKS = Path.of("core/src/test/resources/networks");

    @TempDir
    private static Path cases;

    @TempDir
    private Path out;

    /** Those of every build; with the property {@code gimbal.test.networks} at {@code all} there are all. */
    static List<String> architectures() throws IOException {
        if (!System.getProperty("gimbal.test.networks", "").equals("all")) {
            return List.of("astmt", "cross_stitch", "mtan", "mti_net_adjacent", "pad_net", "pap_net");
        }
        try (Stream<Path> files = Files.list(NETWORKS)) {
            return files.map(file -> file.getFileName().toString().replace(".json", "")).sorted().toList();
        }
    }

    @BeforeAll
    static void makeCases() throws IOException, InterruptedException {
        assumeTrue(Python.run("-c", "import torch") == 0,
                "python3 has no torch; with it (pip install torch) architectures' steps are compared with PyTorch's");
        for (String name : architectures()) {
            Config read = Config.read(NETWORKS.resolve(name + ".json"));
            ObjectNode written = (ObjectNode) new ObjectMapper().readTree(NETWORKS.resolve(name + ".json").toFile());
            written.remove("reference");
            written.set("model", NetworkWriter.write(NetworkReader.read(read.object("model"), read.find("tasks"))));
            Files.writeString(cases.resolve(name + ".json"), written.toString());
        }
        assertEquals(0, Python.run("core/src/test/python/architectures.py", cases.toString()));
    }

    @ParameterizedTest
    @MethodSource("architectures")
    void twoStepsAreThoseOfPyTorch(String architecture) throws IOException {
        Path source = cases.resolve(architecture);
        try (Device device = Device.open(DeviceKind.SOFT); CaseRun run = new CaseRun(device, source)) {
            run.replay(out, steps -> { });
        }
        CaseComparison.assertTraceIsTheReferences(source, out);
        CaseComparison.assertTensorsAreTheReferences(source, out);
    }
}
