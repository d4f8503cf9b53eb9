package io.gimbal.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.gimbal.engine.NetworkGraph;
import io.gimbal.model.Network;
import io.gimbal.nn.Layers;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {
    @ParameterizedTest
    @ValueSource(strings = {"a.b", "a b", "T\u00fcr", "a/b", "trunk", "shared", "counters", "optimizer.moment.0",
        "num_batches_tracked", "total"})
    void otherNamesStayApartInEveryFile(String name) {
        NetworkGraph graph = Network.ofImages(3, 8, 8).trunk(Layers.conv2d(2, 1), Layers.batchNorm())
                .head(name, Layers.conv2d(1, 1), Layers.batchNorm()).head(name + ".0", Layers.conv2d(1, 1)).graph(2);
        assertEquals(List.of(name, name + ".0"), graph.tasks());
        assertEquals(2 + 4 + 2 + 4 + 2, graph.shapes().size());
        assertFalse(graph.shapes().keySet().stream().anyMatch(tensor -> Checkpoint.isOther(tensor, Set.of())));
    }
}
