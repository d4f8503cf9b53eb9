package io.gimbal.engine;

import static io.gimbal.nn.Layers.concat;
import static io.gimbal.nn.Layers.conv2d;
import static io.gimbal.nn.Layers.globalAveragePool;
import static io.gimbal.nn.Layers.multiply;
import static io.gimbal.nn.Layers.sigmoid;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gimbal.graph.Measurement;
import io.gimbal.graph.Operation;
import io.gimbal.model.Network;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where a product works out the sigmoid of one of its factors, and where it does not. */
class GateRewriteTest {
    private static final Network BEGUN = Network.ofImages(3, 6, 5).block("gate", Network.INPUT, conv2d(4, 1), sigmoid())
            .block("value", Network.INPUT, conv2d(4, 1));

    private static List<String> operations(Network network) {
        return network.graph(2).forTraining(new Measurement.Nothing()).operations().stream().map(Operation::name)
                .toList();
    }

    @Test
    void aSigmoidThatOnlyAProductReadsRunsWithItInEitherOrderBehindAllThatTheProductReads() {
        List<String> joined = List.of("gate.0", "value.0", "product.0");
        assertEquals(joined, operations(BEGUN.block("product", multiply("gate", "value")).output("a", "product")));
        assertEquals(joined, operations(BEGUN.block("product", multiply("value", "gate")).output("a", "product")));
        assertEquals(List.of("gate.0", "value.0", "product.0, the first 2", "product.0"), operations(BEGUN.block(
                "product", multiply("gate", "value", "value")).output("a", "product")));
    }

    @Test
    void aSigmoidThatAnotherReadsIsStored() {
        List<String> apart = List.of("gate.0", "gate.1", "value.0", "product.0");
        Network product = BEGUN.block("product", multiply("gate", "value")).output("a", "product");
        assertEquals(apart, operations(product.output("b", "gate")));
        assertEquals(List.of("gate.0", "gate.1", "value.0", "product.0", "both.0"), operations(BEGUN.block("product",
                multiply("gate", "value")).block("both", concat("product", "gate")).output("a", "both")));
        assertEquals(List.of("gate.0", "gate.1", "square.0"), operations(Network.ofImages(3, 6, 5).block("gate",
                Network.INPUT, conv2d(4, 1), sigmoid()).block("square", multiply("gate", "gate"))
                .output("a", "square")));
    }

    @Test
    void aSigmoidOfOneValueAChannelIsStored() {
        Network network = Network.ofImages(3, 6, 5).block("value", Network.INPUT, conv2d(4, 1))
                .block("gate", "value", globalAveragePool().asImages(), sigmoid())
                .block("product", multiply("gate", "value")).output("a", "product");
        assertEquals(List.of("value.0", "gate.0", "gate.1", "product.0"), operations(network));
    }
}
