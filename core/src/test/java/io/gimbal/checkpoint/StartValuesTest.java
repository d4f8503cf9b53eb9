package io.gimbal.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.model.Network;
import io.gimbal.model.Networks;
import io.gimbal.nn.Layers;
import io.gimbal.storage.HostTensor;
import io.gimbal.storage.SafeTensors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Start values from files with the names and shapes of torchvision's VGG16 (torchvision.models.vgg, configuration D):
 * {@code features.I.weight} and {@code .bias}, {@code classifier.I}.
 */
class StartValuesTest {
    private static final int[] PLACES = {0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28};
    private static final int[] WIDTHS = {64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512};

    @TempDir
    private Path folder;

    private final Network segnet = Networks.segnetVgg16(3, 32, 32, Networks.Resolution.QUARTER)
            .head("depth", Layers.conv2d(1, 1));
    private final NetworkGraph graph = segnet.graph(2);

    private static Map<String, HostTensor> vgg16() {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        int in = 3;
        for (int i = 0; i < PLACES.length; i++) {
            tensors.put("features." + PLACES[i] + ".weight", filled(i + 1, WIDTHS[i], in, 3, 3));
            tensors.put("features." + PLACES[i] + ".bias", filled(-(i + 1), WIDTHS[i]));
            in = WIDTHS[i];
        }
        tensors.put("classifier.0.weight", filled(1, 2, 2));
        return tensors;
    }

    private static HostTensor filled(float value, int... shape) {
        float[] values = new float[Arrays.stream(shape).reduce(1, Math::multiplyExact)];
        Arrays.fill(values, value);
        return HostTensor.ofFloats(Arrays.stream(shape).asLongStream().toArray(), values);
    }

    private Path write(Map<String, HostTensor> tensors) {
        Path file = folder.resolve("start.safetensors");
        SafeTensors.write(file, tensors, Map.of());
        return file;
    }

    private String refusal(Map<String, HostTensor> tensors) {
        Path file = write(tensors);
        String message = assertThrows(UserException.class, () -> StartValues.read(file, segnet, graph)).getMessage();
        assertTrue(message.startsWith(file.toString()), message);
        return message;
    }

    @Test
    void vgg16sConvolutionsBecomeTheEncodersAndTheirBiasesShiftTheMeans() {
        StartValues start = StartValues.read(write(vgg16()), segnet, graph);
        assertEquals(26, start.tensors().size());
        assertEquals(1, start.tensors().get("trunk.0.weight")[0]);
        assertEquals(2, start.tensors().get("trunk.3.weight")[17]);
        assertEquals(1, start.tensors().get("trunk.1.running_mean")[5], "a bias of -1 before the norm");
        String report = String.join("\n", start.report());
        assertTrue(report.contains("classifier"), report);
        assertTrue(report.contains("from scratch"), report);
        assertTrue(report.contains("mind: it has no batch norms"), report);
    }

    @Test
    void aTensorThatIsMissingIsNamed() {
        Map<String, HostTensor> tensors = vgg16();
        tensors.remove("features.7.weight");
        tensors.remove("features.28.bias");
        String message = refusal(tensors);
        assertTrue(message.contains("'features.7.weight' is missing")
                && message.contains("'features.28.bias' is missing"),
                message);
    }

    @Test
    void aTensorOfAnotherShapeIsNamedWithWhatIsDue() {
        Map<String, HostTensor> tensors = vgg16();
        tensors.put("features.5.weight", filled(1, 128, 32, 3, 3));
        String message = refusal(tensors);
        assertTrue(message.contains("features.5.weight") && message.contains("[128, 64, 3, 3]"), message);
    }

    @Test
    void aTensorThatHasNoPlaceIsNamed() {
        Map<String, HostTensor> tensors = vgg16();
        tensors.put("features.30.weight", filled(1, 4));
        assertTrue(refusal(tensors).contains("features.30.weight"));
    }

    @Test
    void valuesThatAreNotFiniteAreRefused() {
        Map<String, HostTensor> tensors = vgg16();
        tensors.put("features.0.bias", filled(Float.NaN, 64));
        assertTrue(refusal(tensors).contains("finite number"));
    }

    @Test
    void aFileOfAnotherNetworkIsRefusedBySayingWhatItMayBe() {
        String message = refusal(Map.of("encoder.weight", filled(1, 4)));
        assertTrue(message.contains("VGG16") || message.contains("vgg16"), message);
    }

    @Test
    void aNetworkThatIsWrittenOutTakesNoPublishedValues() {
        Network own = Network.ofImages(3, 8, 8).trunk(Layers.conv2d(4, 3)).head("depth", Layers.conv2d(1, 1));
        Path file = write(vgg16());
        String message = assertThrows(UserException.class, () -> StartValues.read(file, own, own.graph(2)))
                .getMessage();
        assertTrue(message.contains("\"network\""), message);
    }

    /** What a checkpoint of that network has besides its parameters. */
    @Test
    void aCheckpointsOtherTensorsAreCheckedToo() {
        Network own = Network.ofFeatures(2).trunk(Layers.linear(2)).head("depth", Layers.linear(1));
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        own.graph(2).shapes().forEach((name, shape) -> {
            int[] sizes = Arrays.stream(shape).mapToInt(Math::toIntExact).toArray();
            tensors.put(name, filled(1, sizes));
            tensors.put("optimizer.moment.1." + name, filled(0.5f, sizes));
        });
        tensors.put("counters", HostTensor.ofLongs(new long[] {4}, 3, 3, 0, 0));
        tensors.put("balance.state", HostTensor.ofDoubles(new long[] {5, 1}, 1, Double.NaN, 0, 0, 0));
        assertEquals(own.graph(2).shapes().size(), StartValues.read(write(tensors), own, own.graph(2)).tensors()
                .size());
        tensors.put("optimizer.moment.1.trunk.0.bias", filled(-1, 2));
        Path file = write(tensors);
        String message = assertThrows(UserException.class, () -> StartValues.read(file, own, own.graph(2)))
                .getMessage();
        assertTrue(message.contains("optimizer.moment.1.trunk.0.bias") && message.contains("-1.0"), message);
    }

    @Test
    void everyMisfitOfAFileWithOurNamesIsTold() {
        Network own = Network.ofImages(3, 8, 8).trunk(Layers.conv2d(4, 3), Layers.batchNorm())
                .head("depth", Layers.conv2d(1, 1));
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        own.graph(2).shapes().forEach((name, shape) -> tensors.put(name, filled(1, Arrays.stream(shape)
                .mapToInt(Math::toIntExact).toArray())));
        Path file = write(tensors);
        assertEquals(tensors.size(), StartValues.read(file, own, own.graph(2)).tensors().size());
        tensors.put("trunk.0.weigth", tensors.remove("trunk.0.weight"));
        tensors.put("trunk.0.bias", filled(1, 5));
        tensors.put("trunk.1.weight", HostTensor.ofLongs(new long[] {4}, 1, 2, 3, 4));
        tensors.put("trunk.1.running_var", filled(Float.NaN, 4));
        tensors.put("trunk.1.num_batches_tracked", filled(1));
        tensors.put("a\nb", filled(1, 1));
        write(tensors);
        assertEquals(file + """
                : 7 tensors do not fit:
                  tensor 'a\\nb' is not of this network.
                  tensor 'trunk.0.bias' is F32 [5], but must be F32 [4]
                  tensor 'trunk.0.weight' is missing; the network needs F32 [4, 3, 3, 3]
                  tensor 'trunk.0.weigth' is not of this network. Did you mean 'trunk.0.weight'?
                  tensor 'trunk.1.num_batches_tracked' is F32 [], but must be I64 []
                  tensor 'trunk.1.running_var': value 0 (of 0 to 3) is NaN; a finite number of at least 0 must \
                stand there
                  tensor 'trunk.1.weight' is I64 [4], but must be F32 [4]""",
                assertThrows(UserException.class, () -> StartValues.read(file, own, own.graph(2))).getMessage());
    }

    @Test
    void misfitsBeyondTwentyAreCounted() {
        Map<String, HostTensor> tensors = vgg16();
        for (int i = 0; i < 30; i++) {
            tensors.put("features." + (100 + i) + ".weight", filled(1, 4));
        }
        String message = refusal(tensors);
        assertTrue(message.contains("30 tensors do not fit:") && message.endsWith("and 10 more"), message);
        assertEquals(22, message.lines().count());
    }

    private static final NetworkGraph SMALL = Network.ofFeatures(3).trunk(Layers.linear(4), Layers.relu())
            .head("a", Layers.linear(2)).head("b", Layers.linear(5)).graph(2);

    private Map<String, HostTensor> small() {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        tensors.put("trunk.0.weight", filled(1, 4, 3));
        tensors.put("trunk.0.bias", filled(2, 4));
        tensors.put("heads.a.0.weight", filled(3, 7, 4));
        return tensors;
    }

    @Test
    void aPartOfAFileIsTakenByItsNames() {
        StartValues start = StartValues.read(write(small()), SMALL, List.of("trunk.*"));
        assertEquals(Set.of("trunk.0.weight", "trunk.0.bias"), start.tensors().keySet());
        assertTrue(start.report().getFirst().contains("2 of 6 tensors"), start.report().toString());
        assertTrue(start.report().getLast().contains("4, heads.a.0.weight to"), start.report().toString());
        assertEquals(1, StartValues.read(write(small()), SMALL, List.of("trunk.0.bias")).tensors().size());
    }

    @Test
    void aPartThatIsMissingOrOfAnotherShapeIsNamed() {
        Path file = write(small());
        String other = assertThrows(UserException.class, () -> StartValues.read(file, SMALL, List.of("trunk.*",
                "heads.a.*"))).getMessage();
        assertTrue(other.contains("heads.a.0.weight") && other.contains("[2, 4]"), other);
        assertTrue(other.contains("heads.a.0.bias' is missing"), other);
        String none = assertThrows(UserException.class, () -> StartValues.read(file, SMALL, List.of("backbone.*")))
                .getMessage();
        assertTrue(none.contains("--init-only 'backbone.*'") && none.contains("trunk"), none);
    }
}
