package io.gimbal.export;

import static io.gimbal.nn.Layers.conv2d;
import static io.gimbal.nn.Layers.dropout;
import static io.gimbal.nn.Layers.linear;
import static io.gimbal.nn.Layers.maxPool;
import static io.gimbal.nn.Layers.maxUnpool;
import static io.gimbal.nn.Layers.relu;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import io.gimbal.data.Normalisation;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.model.Network;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** What an exported file takes, leaves and says of itself, and what is refused. */
class OnnxFileTest {
    private static final Network NETWORK = Network.ofImages(3, 4, 6).trunk(conv2d(5, 3).padding(1), relu())
            .head("kinds", conv2d(2, 1)).head("height", conv2d(1, 1));
    private static final Normalisation CHANNELS = new Normalisation(List.of(0.1f, 0.5f, 0.7f),
            List.of(0.2f, 0.25f, 0.4f));

    @TempDir
    private Path folder;

    private Path file() {
        return folder.resolve("model.onnx");
    }

    private static Onnx export(Network network) {
        NetworkGraph graph = network.graph(2);
        return Onnx.of(graph, Predictions.values(graph, 3));
    }

    private static Map<String, float[]> values() {
        return new HashMap<>(Predictions.values(NETWORK.graph(2), 3));
    }

    private static void assertRefused(String message, Executable what) {
        assertEquals(message, assertThrows(UserException.class, what).getMessage());
    }

    private void assertSame(Network network) throws Exception {
        try (Device device = Device.open(DeviceKind.SOFT)) {
            Predictions.assertSame(device, "the network", network, file());
        }
    }

    @Test
    void inputsAndOutputsAreNamedAfterDataAndTasks() throws Exception {
        export(NETWORK).write(file());
        try (OnnxRuntime runtime = new OnnxRuntime(file())) {
            assertEquals(List.of("image"), runtime.inputs());
            assertEquals(List.of("kinds", "height"), runtime.outputs());
            assertTrue(runtime.described(true).contains("FLOAT,shape=[-1, 3, 4, 6],dimNames=[N,\"\",\"\",\"\"]"),
                    runtime.described(true));
            assertTrue(runtime.described(false).contains("FLOAT,shape=[-1, 2, 4, 6],dimNames=[N,\"\",\"\",\"\"]"),
                    runtime.described(false));
        }
    }

    @Test
    void aFileSaysWhatItIsOf() throws Exception {
        export(NETWORK).named("my run").normalised(CHANNELS).naming("kinds", List.of("a \"bed\"", "Tür"))
                .write(file());
        try (OnnxRuntime runtime = new OnnxRuntime(file())) {
            assertEquals("gimbal", runtime.producer());
            assertEquals(Map.of("gimbal.run", "my run", "gimbal.data.mean", "[0.1,0.5,0.7]", "gimbal.data.deviation",
                    "[0.2,0.25,0.4]", "gimbal.names.kinds", "[\"a \\\"bed\\\"\",\"Tür\"]"), runtime.metadata());
        }
    }

    @Test
    void parametersKeepTheirNames() throws Exception {
        export(NETWORK).write(file());
        String text = Files.readString(file(), StandardCharsets.ISO_8859_1);
        NETWORK.graph(2).shapes().keySet().forEach(name -> assertTrue(text.contains(name), name));
    }

    @Test
    void bytesAreNormalisedInside() throws Exception {
        byte[] pixels = new byte[3 * 4 * 6 * 3];
        new Random(4).nextBytes(pixels);
        float[] planes = new float[pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            int channel = i % 3;
            int place = i / 3 % 24;
            planes[(i / 72 * 3 + channel) * 24 + place] = CHANNELS.of(channel, Byte.toUnsignedInt(pixels[i]), 255);
        }
        Path bytes = folder.resolve("bytes.onnx");
        export(NETWORK).write(file());
        export(NETWORK).normalised(CHANNELS).takingBytes().write(bytes);
        try (OnnxRuntime floats = new OnnxRuntime(file()); OnnxRuntime runtime = new OnnxRuntime(bytes)) {
            assertTrue(runtime.described(true).contains("UINT8,shape=[-1, 4, 6, 3]"), runtime.described(true));
            Predictions.assertAlike("of bytes", floats.run(planes, 3, 3, 4, 6), runtime.run(pixels, 3, 4, 6, 3));
        }
    }

    @Test
    void oneNormalisationServesAllChannels() throws Exception {
        export(Network.ofImages(1, 2, 2).trunk(conv2d(1, 1)).head("a", relu())).normalised(Normalisation.RANGE)
                .takingBytes().write(file());
        try (OnnxRuntime runtime = new OnnxRuntime(file())) {
            assertEquals(4, runtime.run(new byte[] {0, 1, -1, 127}, 1, 2, 2, 1).get("a").length);
        }
    }

    @Test
    void tasksMayBeCalledAsTheInputOrALayer() throws Exception {
        assertSame(Network.ofImages(3, 4, 6).trunk(conv2d(5, 3), relu()).head("image", conv2d(2, 1)).head("trunk.0",
                conv2d(1, 1)).head("a task / of signs: ü", conv2d(1, 1)));
    }

    @Test
    void tasksMayShareWhatTheyPredictAndItMayBeTheInput() throws Exception {
        assertSame(Network.ofImages(3, 4, 6).block("a", Network.INPUT, conv2d(5, 3)).block("b", "a", dropout(0.2))
                .output("one", "a").output("two", "a").output("three", "b").output("four", Network.INPUT));
    }

    @Test
    void whatNoResultNeedsIsLeftOut() throws Exception {
        Network supervised = Network.ofImages(3, 4, 6).block("a", Network.INPUT, conv2d(5, 3))
                .block("deep", "a", conv2d(2, 1)).block("last", "a", conv2d(2, 1)).output("task", "last", "deep");
        assertSame(supervised);
        assertFalse(Files.readString(file(), StandardCharsets.ISO_8859_1).contains("deep"));
    }

    @Test
    void indicesServeThoughNoResultNeedsThePoolingsValues() throws Exception {
        assertSame(Network.ofImages(3, 4, 6).block("large", Network.INPUT, conv2d(4, 3).padding(1))
                .block("pool", "large", maxPool(2))
                .block("small", Network.INPUT, conv2d(4, 2).stride(2))
                .block("deep", "pool", maxUnpool("pool.0"), conv2d(2, 1))
                .block("last", "small", maxUnpool("pool.0"), conv2d(2, 1)).output("task", "last", "deep"));
    }

    @Test
    void nothingIsOverwritten() throws Exception {
        Files.writeString(file(), "mine");
        assertRefused(file() + ": is there already, and nothing is overwritten; name another, or take it away",
                () -> export(NETWORK).write(file()));
        assertEquals("mine", Files.readString(file()));
        assertRefused(folder + ": is there already, and nothing is overwritten; name another, or take it away",
                () -> export(NETWORK).write(folder));
        Path nowhere = folder.resolve("none").resolve("model.onnx");
        assertTrue(assertThrows(UserException.class, () -> export(NETWORK).write(nowhere)).getMessage().contains(
                "could not be written"));
    }

    @Test
    void twoExportsAreTheSameBytes() throws Exception {
        export(NETWORK).write(file());
        export(NETWORK).write(folder.resolve("again.onnx"));
        assertArrayEquals(Files.readAllBytes(file()), Files.readAllBytes(folder.resolve("again.onnx")));
    }

    @Test
    void valuesThatDoNotFitAreRefused() {
        Map<String, float[]> less = values();
        less.remove("trunk.0.bias");
        assertRefused("there are no values for 'trunk.0.bias', which the network has",
                () -> Onnx.of(NETWORK.graph(1), less));
        Map<String, float[]> shorter = values();
        shorter.put("trunk.0.bias", new float[4]);
        assertRefused("'trunk.0.bias' has 4 values, and the network needs 5",
                () -> Onnx.of(NETWORK.graph(1), shorter));
        Map<String, float[]> unsound = values();
        float[] bias = unsound.get("trunk.0.bias").clone();
        Arrays.fill(bias, 1, 2, Float.NaN);
        unsound.put("trunk.0.bias", bias);
        assertRefused("a network with these values predicts nothing: tensor 'trunk.0.bias': value 1 (of 0 to 4) is"
                + " NaN; a finite number must stand there", () -> Onnx.of(NETWORK.graph(1), unsound));
    }

    /** Before any of its values is looked for. */
    @Test
    void whatIsTooLargeForAFileIsRefused() {
        Network large = Network.ofFeatures(30_000).trunk(linear(30_000)).head("task", relu());
        assertRefused("the network has 3.6 GB of parameters, and an ONNX file holds at most 2.1 GB: take a network with"
                + " fewer, or the folder of parameters and configuration, which has no such bound",
                () -> Onnx.of(large.graph(1), Map.of()));
    }

    @Test
    void whatDoesNotBelongToTheNetworkIsRefused() {
        Network features = Network.ofFeatures(3).trunk(linear(2)).head("task", relu());
        assertRefused("the network takes 3 features, and no pictures",
                () -> export(features).normalised(Normalisation.RANGE).takingBytes());
        assertRefused("how bytes become the values that the network learned from is not known: say it by"
                + " normalised(...)", () -> export(NETWORK).takingBytes());
        assertRefused("a normalisation of 3 channels is given for images of 1.",
                () -> export(Network.ofImages(1, 4, 4).trunk(conv2d(1, 1)).head("a", relu())).normalised(CHANNELS));
        assertRefused("there is no task 'kind'. Did you mean 'kinds'? There are kinds, height",
                () -> export(NETWORK).naming("kind", List.of("a", "b")));
        assertRefused("task 'kinds' is given 3 names, and predicts 2 channels",
                () -> export(NETWORK).naming("kinds", List.of("a", "b", "c")));
        assertRefused("a run's name is empty, but must be a text with at least one letter.",
                () -> export(NETWORK).named(" "));
        assertRefused("task 'trunk.0.weight' has the name of a parameter, and in an ONNX file each name is one thing:"
                + " call the task otherwise", () -> export(Network.ofFeatures(3).trunk(linear(2))
                .head("trunk.0.weight", relu())).write(file()));
    }
}
