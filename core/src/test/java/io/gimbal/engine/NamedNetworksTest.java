package io.gimbal.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Parameter;
import io.gimbal.graph.operation.BatchNorm;
import io.gimbal.graph.operation.Convolution;
import io.gimbal.graph.operation.TransposedConvolution;
import io.gimbal.graph.operation.Unpool;
import io.gimbal.model.Network;
import io.gimbal.model.NetworkReader;
import io.gimbal.model.Networks;
import io.gimbal.nn.Layers;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The paper's networks: their parameters, the sizes on the way through, and W. */
class NamedNetworksTest {
    private static NetworkGraph graph(Network network) {
        return network.head("depth", Layers.conv2d(1, 1)).graph(1);
    }

    private static NetworkGraph segnet(Networks.Resolution output) {
        return graph(Networks.segnetVgg16(3, 320, 320, output));
    }

    private static long trunkParameters(NetworkGraph graph) {
        return graph.parameters().stream().filter(parameter -> parameter.name().startsWith("trunk."))
                .mapToLong(Parameter::count).sum();
    }

    private static long trunkFilters(NetworkGraph graph) {
        return graph.parameters().stream().filter(parameter -> parameter.name().startsWith("trunk.")
                && parameter.filter()).mapToLong(Parameter::count).sum();
    }

    /** What unpooling leaves, alone or as part of the batch norm before it. */
    private static List<String> unpooled(NetworkGraph graph) {
        return graph.forInference().operations().stream().filter(operation -> operation instanceof Unpool
                || operation instanceof BatchNorm && operation.output().shape().places() > operation.input().shape()
                .places())
                .map(operation -> operation.output().shape().describe()).toList();
    }

    /** What the trunk's operations of that kind leave, in order. */
    private static List<String> sizes(NetworkGraph graph, Class<? extends Operation> kind) {
        return graph.forInference().operations().stream().filter(kind::isInstance)
                .filter(operation -> operation.name().startsWith("trunk.")).map(operation -> operation.output().shape()
                .describe()).toList();
    }

    @Test
    void aThinSegnetHasThatPartOfEachLayersChannelsAndTakesNoPublishedParameters() {
        Network thin = Networks.segnetVgg16(3, 64, 96, Networks.Resolution.QUARTER, 0.125);
        List<String> sizes = sizes(graph(thin), Convolution.class);
        assertEquals("8 x 64 x 96", sizes.getFirst());
        assertEquals(List.of("32 x 16 x 24", "16 x 16 x 24"), sizes.subList(sizes.size() - 2, sizes.size()));
        assertEquals(List.of(), thin.pretrained());
        assertEquals(sizes(segnet(Networks.Resolution.QUARTER), Convolution.class).size(), sizes.size());
        UserException refused = assertThrows(UserException.class, () -> Networks.segnetVgg16(3, 64, 96,
                Networks.Resolution.FULL, -1));
        assertEquals("width is -1.0, but must be a number above 0.", refused.getMessage());
    }

    /** 14 710 464 in VGG16's convolutions; batch norms add 2 a channel. */
    @Test
    void segnetHasTheParametersThatThePaperCounts() {
        assertEquals(29_161_152, trunkFilters(segnet(Networks.Resolution.QUARTER)));
        assertEquals(29_176_512, trunkParameters(segnet(Networks.Resolution.QUARTER)));
        assertEquals(29_456_064, trunkFilters(segnet(Networks.Resolution.FULL)));
        assertEquals(29_472_064, trunkParameters(segnet(Networks.Resolution.FULL)));
    }

    @Test
    void segnetsConvolutionsAreVgg16sAndTheirMirrorImage() {
        List<String> encoder = List.of("64 x 320 x 320", "64 x 320 x 320", "128 x 160 x 160", "128 x 160 x 160",
                "256 x 80 x 80", "256 x 80 x 80", "256 x 80 x 80", "512 x 40 x 40", "512 x 40 x 40", "512 x 40 x 40",
                "512 x 20 x 20", "512 x 20 x 20", "512 x 20 x 20");
        List<String> toAQuarter = List.of("512 x 20 x 20", "512 x 20 x 20", "512 x 20 x 20", "512 x 40 x 40",
                "512 x 40 x 40", "256 x 40 x 40", "256 x 80 x 80", "256 x 80 x 80", "128 x 80 x 80");
        List<String> toTheWhole = List.of("128 x 160 x 160", "64 x 160 x 160", "64 x 320 x 320", "64 x 320 x 320");
        List<String> quarter = new java.util.ArrayList<>(encoder);
        quarter.addAll(toAQuarter);
        assertEquals(quarter, sizes(segnet(Networks.Resolution.QUARTER), Convolution.class));
        List<String> full = new java.util.ArrayList<>(quarter);
        full.addAll(toTheWhole);
        assertEquals(full, sizes(segnet(Networks.Resolution.FULL), Convolution.class));
    }

    @Test
    void segnetUnpoolsThroughItsPoolingsInReverse() {
        assertEquals(List.of("512 x 20 x 20", "512 x 40 x 40", "256 x 80 x 80"),
                unpooled(segnet(Networks.Resolution.QUARTER)));
        assertEquals(List.of("512 x 20 x 20", "512 x 40 x 40", "256 x 80 x 80", "128 x 160 x 160", "64 x 320 x 320"),
                unpooled(segnet(Networks.Resolution.FULL)));
    }

    @Test
    void segnetsSharedWeightIsItsLastConvolution() {
        Parameter quarter = segnet(Networks.Resolution.QUARTER).shared().getFirst();
        assertEquals("trunk.71.weight", quarter.name());
        assertArrayEquals(new long[] {128, 256, 3, 3}, quarter.shape());
        Parameter full = segnet(Networks.Resolution.FULL).shared().getFirst();
        assertEquals("trunk.85.weight", full.name());
        assertArrayEquals(new long[] {64, 64, 3, 3}, full.shape());
    }

    @Test
    void theThinResnetHasAboutFifteenMillionParameters() {
        assertEquals(15_412_416, trunkParameters(graph(Networks.resnet50Fcn(3, 320, 320))));
    }

    @Test
    void theThinResnetHalvesInItsStagesLastUnitsAndDoublesByLearnedFilters() {
        NetworkGraph graph = graph(Networks.resnet50Fcn(3, 320, 320));
        List<String> convolutions = sizes(graph, Convolution.class);
        assertEquals("64 x 160 x 160", convolutions.getFirst());
        assertEquals(1 + 3 * 16 + 3 + 1 + 3 * 2, convolutions.size());
        assertEquals(1, convolutions.stream().filter("256 x 40 x 40"::equals).count());
        assertEquals(1, convolutions.stream().filter("512 x 20 x 20"::equals).count());
        assertEquals(4, convolutions.stream().filter("1024 x 10 x 10"::equals).count());
        assertEquals(List.of("256 x 20 x 20", "128 x 40 x 40", "64 x 80 x 80"),
                sizes(graph, TransposedConvolution.class));
        assertEquals("1 x 80 x 80", graph.prediction(0).describe());
        assertArrayEquals(new long[] {64, 64, 3, 3}, graph.shared().getFirst().shape());
        assertEquals("trunk.52.body.3.weight", graph.shared().getFirst().name());
    }

    @Test
    void aConfigurationNamesThemWithTheirOutput() {
        String model = "{\"network\": \"segnet_vgg16\", \"input\": [3, 64, 96], \"output\": \"full\", \"shared\": "
                + "\"trunk.0.weight\", \"heads\": {\"a\": [{\"layer\": \"conv2d\", \"out\": 13, \"kernel\": 1}]}}";
        NetworkGraph full = NetworkReader.read(Config.parse(model, "case.json")).graph(2);
        assertEquals("13 x 64 x 96", full.prediction(0).describe());
        assertEquals("trunk.0.weight", full.shared().getFirst().name());
        String quarter = model.replace("\"output\": \"full\", ", "");
        assertEquals("13 x 16 x 24", NetworkReader.read(Config.parse(quarter, "case.json")).graph(2).prediction(0)
                .describe());
        String resnet = quarter.replace("segnet_vgg16", "resnet50_fcn");
        assertEquals("13 x 16 x 24", NetworkReader.read(Config.parse(resnet, "case.json")).graph(2).prediction(0)
                .describe());
    }
}
