package io.gimbal.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gimbal.Python;
import io.gimbal.checkpoint.StartValues;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.export.Predictions;
import io.gimbal.storage.SafeTensors;
import io.gimbal.storage.TensorFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Backbones against torchvision's and timm's modules with the same parameters, which are taken from a saved state
 * dictionary by name, as {@code --init} takes them. {@code src/test/python/backbones.py} makes the files.
 * The large ones are tagged {@code backbones}, and run by hand.
 */
class BackbonesTest {
    /** Of a scale's largest value: both sum some thousand terms in float32, each in its own order, layer by layer. */
    private static final double TOLERANCE = 1e-4;

    /** The small ones with their modules: one process makes their files, since it is slow to start. */
    private static final Map<String, String> SMALL = Map.of("resnet18", "torchvision", "hrnet18_small_v2", "timm");

    @TempDir
    private static Path folder;

    @ParameterizedTest
    @CsvSource({"resnet18, torchvision, backbone.stage1", "hrnet18_small_v2, timm, backbone.scale0"})
    void everyScaleIsThatOfThePythonModule(String name, String module, String first) throws Exception {
        compare(name, module, first);
    }

    @ParameterizedTest
    @Tag("backbones")
    @CsvSource({"resnet50, torchvision, backbone.stage1", "resnet50_dilated, torchvision, backbone.stage1",
            "vgg16, torchvision, backbone.stage1", "vgg16_bn, torchvision, backbone.stage1",
            "hrnet18, timm, backbone.scale0"})
    void everyScaleOfTheLargeOnesIsToo(String name, String module, String first) throws Exception {
        compare(name, module, first);
    }

    private static boolean isThere(String module) throws IOException, InterruptedException {
        return Python.run("-c", "import importlib.util, sys; sys.exit(not all(importlib.util.find_spec(one)"
                + " for one in ('torch', 'torchvision', '" + module + "')))") == 0;
    }

    private static void write(String name) throws IOException, InterruptedException {
        if (Files.exists(folder.resolve(name + ".safetensors"))) {
            return;
        }
        List<String> arguments = new ArrayList<>(List.of(Path.of("core/src/test/python/backbones.py").toAbsolutePath()
                .toString(), folder.toString(), name));
        for (String other : SMALL.keySet()) {
            if (SMALL.containsKey(name) && !other.equals(name) && isThere(SMALL.get(other))) {
                arguments.add(other);
            }
        }
        assertEquals(0, Python.run(arguments.toArray(String[]::new)));
    }

    private void compare(String name, String module, String first) throws Exception {
        assumeTrue(isThere(module),
                "python3 has no torch, torchvision and " + module + "; with them (pip install torch torchvision timm) "
                + name + " is compared with theirs");
        write(name);
        boolean dilated = name.endsWith("_dilated");
        Backbone.Kind kind = Backbone.Kind.valueOf(name.replace("_dilated", "").toUpperCase(Locale.ROOT));
        Map<String, float[]> expected = new LinkedHashMap<>();
        Network network = new Composed(new HardSharing(), new Backbone(kind, dilated), new Heads(Heads.Kind.FCN), 1)
                .network(3, 64, 64, PredictedTasks.of("task", 1));
        float[] image;
        try (TensorFile file = SafeTensors.open(folder.resolve(name + ".features.safetensors"))) {
            image = file.floats("input", file.entry("input").shape());
            for (int scale = 0; file.names().contains("scale" + scale); scale++) {
                expected.put("scale" + scale, file.floats("scale" + scale, file.entry("scale" + scale).shape()));
                int number = first.charAt(first.length() - 1) - '0' + scale;
                network = network.output("scale" + scale, first.substring(0, first.length() - 1) + number);
            }
        }
        assertTrue(expected.size() >= 4, () -> "there are only " + expected.keySet());
        NetworkGraph graph = network.graph(2);
        Map<String, float[]> values = Predictions.values(graph, 1);
        StartValues start = StartValues.read(folder.resolve(name + ".safetensors"), network, graph);
        Map<String, float[]> found;
        try (Device device = Device.open(DeviceKind.SOFT)) {
            found = Predictions.ofGimbal(device, network, start.over(values), List.of(image)).getFirst();
        }
        expected.forEach((scale, features) -> assertClose(scale, features, found.get(scale)));
    }

    private static void assertClose(String scale, float[] expected, float[] found) {
        assertEquals(expected.length, found.length, scale);
        double largest = 0;
        double difference = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            difference = Math.max(difference, Math.abs(expected[i] - found[i]));
        }
        double off = difference / largest;
        assertTrue(off <= TOLERANCE, () -> scale + " is off by " + off + " of its largest value");
    }
}
