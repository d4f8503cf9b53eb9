package io.gimbal.model;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gimbal.config.Config;
import io.gimbal.engine.Initial;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.graph.Parameter;
import io.gimbal.nn.Layer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Named architectures against the numerical reference's. A file of {@code networks/} has a configuration's {@code
 * model} and {@code tasks}, and the same network block by block as the reference's networks.py wrote it.
 */
class ArchitecturesTest {
    private static final Path NETWORKS = Path.of("core/src/test/resources/networks");

    private static Stream<Path> written() throws IOException {
        try (Stream<Path> files = Files.list(NETWORKS)) {
            return files.sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("written")
    void everyBlockLayerAndPredictionIsTheReferences(Path file) throws IOException {
        Config config = Config.read(file);
        Network named = NetworkReader.read(config.object("model"), config.find("tasks"));
        Network reference = NetworkReader.read(config.object("reference"));
        assertEquals(reference.blocks(), named.blocks());
        for (String block : reference.blocks()) {
            // A tied block of the reference has its owner's layers, as one of ours has.
            assertEquals(reference.block(block), withoutNormalStart(named.block(block)), block);
        }
        assertEquals(reference.tasks(), named.tasks());
        named.tasks().forEach(task -> assertEquals(reference.predicting(task), named.predicting(task), task));
        assertEquals(shapes(reference), shapes(named));
        assertEquals(shared(reference), shared(named));
    }

    /** The reference does not say that HRNet's and ASTMT's convolutions start normally distributed. */
    private static Network.Block withoutNormalStart(Network.Block block) {
        return new Network.Block(block.reads(), block.join(), withoutNormalStart(block.layers()), block.owner());
    }

    private static List<Layer> withoutNormalStart(List<Layer> layers) {
        return layers.stream().map(layer -> switch (layer) {
            case Layer.Conv2d it when it.initial().filter(Initial.Normal.class::isInstance).isPresent() ->
                    new Layer.Conv2d(it.out(), it.kernel(), it.stride(), it.padding(), it.dilation(), it.groups(),
                            it.bias(), Optional.empty());
            case Layer.Residual it -> new Layer.Residual(withoutNormalStart(it.body()),
                    withoutNormalStart(it.shortcut()));
            default -> layer;
        }).toList();
    }

    private static Map<String, List<Long>> shapes(Network network) {
        Map<String, List<Long>> shapes = new LinkedHashMap<>();
        network.graph(2).shapes().forEach((name, shape) -> shapes.put(name, Arrays.stream(shape).boxed().toList()));
        return shapes;
    }

    private static List<String> shared(Network network) {
        return network.graph(2).shared().stream().map(Parameter::name).toList();
    }

    /** What is written down block by block is the network: nothing of a named one is lost, nor of any other. */
    @ParameterizedTest
    @MethodSource("written")
    void aNetworkWrittenBlockByBlockIsReadAsItself(Path file) {
        Config config = Config.read(file);
        Network named = NetworkReader.read(config.object("model"), config.find("tasks"));
        Network again = NetworkReader.read(Config.parse(NetworkWriter.write(named).toString(), "written"));
        assertEquals(named.blocks(), again.blocks());
        assertAll(named.blocks().stream().map(block -> () -> assertEquals(named.block(block), again.block(block))));
        assertEquals(named.tasks(), again.tasks());
    }

    /**
     * The networks of the survey at its sizes, as architectures.md's sheet and the reference's count.py have them: they
     * are those that were held against the authors' own.
     */
    @ParameterizedTest
    @CsvSource(textBlock = """
            single_task, resnet50, segmentation, '', 480, 640, 39643752, 191717900288
            single_task, resnet50, depth, '', 480, 640, 39633729, 191669977088
            baseline, resnet50, segmentation depth, '', 480, 640, 55769449, 266587979776
            mtan, resnet50, segmentation depth, '', 480, 640, 72052713, 394304536576
            cross_stitch, resnet50, segmentation depth, '', 480, 640, 79292841, 383387877376
            nddr_cnn, resnet50, segmentation depth, '', 480, 640, 101591721, 494432075776
            jtrl, resnet50, depth segmentation, '', 480, 640, 341550180, 517878988800
            pad_net, hrnet18_small_v2, segmentation depth, '', 480, 640, 7019056, 70245456000
            pad_net, hrnet18_small_v2, segmentation depth normals edge, normals edge, 480, 640, 12161332, 168898435200
            pad_net, resnet50, segmentation depth, '', 480, 640, 27730578, 137033318400
            mti_net, hrnet18_small_v2, segmentation depth, '', 480, 640, 8578179, 17142309024
            mti_net, hrnet18_small_v2, segmentation depth normals edge, normals edge, 480, 640, 14838121, 22878930048
            mti_net, hrnet18, segmentation depth, '', 480, 640, 14279719, 27475926624
            pap_net, resnet50, depth normals segmentation, '', 480, 640, 26071329, 979992576000
            pap_net, hrnet18_small_v2, depth normals segmentation, '', 480, 640, 4790847, 876778166400
            baseline, hrnet18_small_v2, segmentation depth, '', 480, 640, 4019251, 12772060800
            baseline, hrnet18, segmentation depth, '', 480, 640, 9720791, 23105678400
            baseline, vgg16, segmentation depth, '', 480, 640, 15900137, 94314432000
            astmt, resnet50, segmentation depth, '', 480, 640, 36171047, 91217895568
            baseline, resnet18, PASCAL, '', 512, 512, 34795873, 142117306368
            mtan, resnet18, PASCAL, '', 512, 512, 36613425, 159146180608
            cross_stitch, resnet18, PASCAL, '', 512, 512, 79525921, 334635859968
            nddr_cnn, resnet18, PASCAL, '', 512, 512, 88318561, 373223456768
            pad_net, resnet18, PASCAL, '', 512, 512, 36934274, 153559760896
            baseline, hrnet18_small_v2, PASCAL, '', 512, 512, 4238213, 14446616576
            pad_net, hrnet18_small_v2, PASCAL, '', 512, 512, 29304992, 424899665920
            mti_net, hrnet18_small_v2, PASCAL, '', 512, 512, 24494171, 30309507248
            mti_net, hrnet18, PASCAL, '', 512, 512, 30195711, 39127527600
            astmt, resnet26, PASCAL, '', 512, 512, 31274956, 127159013736
            astmt, resnet50, PASCAL, '', 512, 512, 49382620, 193602400616
            """)
    void thePapersNetworksHaveTheirParametersAndMultiplyAdds(String architecture, String backbone, String tasks,
            String auxiliary, int height, int width, long parameters, long multiplyAdds) {
        NetworkGraph graph = SurveyNetworks.network(architecture, backbone, tasks, auxiliary, height, width).graph(2);
        assertEquals(parameters, graph.parameters().stream().mapToLong(Parameter::count).sum());
        assertEquals(multiplyAdds, graph.multiplyAdds());
    }

    @ParameterizedTest
    @CsvSource({"baseline_hrnet, backbone.stage3.1.branch2.0.body.0.weight, 0.001",
            "astmt, segmentation.backbone.stage2.0.conv2.0.weight, 0.01",
            "astmt, segmentation.backbone.stage4.1.gate.1.weight, 0.125"})
    void convolutionsStartAsTheAuthorsHaveThem(String name, String parameter, double deviation) {
        Config config = Config.read(NETWORKS.resolve(name + ".json"));
        Network network = NetworkReader.read(config.object("model"), config.find("tasks"));
        float[] start = network.graph(2).parameters().stream().filter(one -> one.name().equals(parameter)).findFirst()
                .orElseThrow().initialValues(1);
        double squares = 0;
        for (float value : start) {
            squares += (double) value * value;
        }
        // Of n normal numbers the deviation is uncertain by 1 / sqrt(2 n) of it: four times that.
        assertEquals(deviation, Math.sqrt(squares / start.length), 4 * deviation / Math.sqrt(2.0 * start.length));
    }

    @Test
    void anyEncoderGoesUnderAnyDecoder() {
        for (String encoder : List.of("baseline", "cross_stitch", "nddr_cnn", "mtan")) {
            for (String decoder : List.of("pad_net", "mti_net", "jtrl", "pap_net")) {
                Network network = NetworkReader.read(Config.parse("""
                        {"architecture": ["%s", "%s"], "backbone": "resnet18", "width": 0.125, "input": [3, 64, 96]}
                        """.formatted(encoder, decoder), "pair.json"), Optional.of(Config.parse("""
                        {"depth": {"loss": "l1"}, "segmentation": {"loss": "cross_entropy", "classes": 5}}
                        """, "pair.json")));
                NetworkGraph graph = network.graph(2);
                assertEquals("1 x 64 x 96", graph.prediction(0).describe(), encoder + " under " + decoder);
                assertEquals("5 x 64 x 96", graph.prediction(1).describe(), encoder + " under " + decoder);
                boolean ownBackbones = encoder.equals("cross_stitch") || encoder.equals("nddr_cnn");
                assertEquals(ownBackbones, network.blocks().contains("depth.backbone.stage1"));
            }
        }
    }
}
