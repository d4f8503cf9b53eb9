package io.gimbal.engine;

import static io.gimbal.nn.Layers.batchNorm;
import static io.gimbal.nn.Layers.conv2d;
import static io.gimbal.nn.Layers.relu;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.balance.FixedWeights;
import io.gimbal.balance.GradNorm;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.Precision;
import io.gimbal.loss.Loss;
import io.gimbal.measure.StepPlanner;
import io.gimbal.model.Network;
import io.gimbal.optimizer.Adam;
import io.gimbal.optimizer.Schedule;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Which convolutions a step runs where heads start alike; that its numbers are right is the replays' to show. */
@Tag("device")
class SideBySideTest {
    private static Network trunk(boolean normalised) {
        Network network = Network.ofImages(3, 8, 10);
        return normalised ? network.trunk(conv2d(16, 3).padding(1).withoutBias(), batchNorm(), relu())
                : network.trunk(conv2d(8, 3).padding(1), relu(), conv2d(32, 3).padding(1));
    }

    private static List<String> convolutions(Network network, Balancing balancing) {
        StepPlan plan = new StepPlan(network.graph(2), List.of(Loss.l2(), Loss.l2(), Loss.l2()), balancing,
                Adam.withRate(1e-3), Schedule.constant(1e-3), Precision.FLOAT32, false);
        try (Device device = DeviceUnderTest.open();
                StepPlanner planner = new StepPlanner(device, Precision.FLOAT32, () -> { })) {
            return planner.plan(plan).convolutions().stream().map(convolution -> convolution.direction() + " "
                    + convolution.geometry()).toList();
        }
    }

    private static Network equalHeads() {
        Network network = trunk(true);
        for (String task : List.of("a", "b", "c")) {
            network = network.head(task, conv2d(8, 3).padding(1), relu(), conv2d(2, 1));
        }
        return network;
    }

    @Test
    void headsThatStartAlikeRunAsOneConvolutionAndOneGroupedBackward() {
        List<String> convolutions = convolutions(equalHeads(), GradNorm.withAlpha(1));
        assertEquals(1, convolutions.stream().filter(each -> each.startsWith("forward 2 x 16 x 8 x 10 -> 24,"))
                .count());
        assertEquals(1, convolutions.stream().filter(each -> each.startsWith("backward filter 2 x 16 x 8 x 10 -> 24,"))
                .count());
        assertTrue(convolutions.stream().anyMatch(each -> each.startsWith("backward data 2 x 48 x 8 x 10 -> 24,")
                && each.endsWith("groups 3")), convolutions::toString);
    }

    @Test
    void withoutNormsTheirBackwardGivesTheSumAtOnce() {
        List<String> convolutions = convolutions(equalHeads(), FixedWeights.equal());
        assertEquals(1, convolutions.stream().filter(each -> each.startsWith("backward data 2 x 16 x 8 x 10 -> 24,"))
                .count());
        assertFalse(convolutions.stream().anyMatch(each -> each.contains("groups")), convolutions::toString);
    }

    @Test
    void linearHeadsRightBehindTheSharedConvolutionNeedNoWideGradientOfIt() {
        Network network = trunk(false).head("a", conv2d(13, 1)).head("b", conv2d(1, 1)).head("c", conv2d(3, 1));
        List<String> convolutions = convolutions(network, GradNorm.withAlpha(1));
        assertTrue(convolutions.stream().anyMatch(each -> each.startsWith("backward filter 2 x 8 x 8 x 10 -> 17,")),
                convolutions::toString);
        assertFalse(convolutions.stream().anyMatch(each -> each.startsWith("backward filter 2 x 8 x 8 x 10 -> 32,")
                || each.startsWith("backward filter 2 x 8 x 8 x 10 -> 96,")), convolutions::toString);
    }

    @Test
    void headsInGroupsRunEachForItself() {
        Network network = trunk(true);
        for (String task : List.of("a", "b", "c")) {
            network = network.head(task, conv2d(8, 3).padding(1).groups(4));
        }
        List<String> convolutions = convolutions(network, GradNorm.withAlpha(1));
        for (String direction : List.of("forward", "backward filter", "backward data")) {
            assertEquals(3, convolutions.stream().filter(each -> each.equals(direction
                    + " 2 x 16 x 8 x 10 -> 8, 3 x 3, padding 1, groups 4")).count(), convolutions::toString);
        }
    }

    @Test
    void theGradientsOfASharedConvolutionInGroupsAreTakenATaskAtATime() {
        Network network = Network.ofImages(3, 8, 10)
                .trunk(conv2d(8, 3).padding(1), relu(), conv2d(32, 3).padding(1).groups(8))
                .head("a", conv2d(13, 1)).head("b", conv2d(1, 1)).head("c", conv2d(3, 1));
        List<String> convolutions = convolutions(network, GradNorm.withAlpha(1));
        assertEquals(3, convolutions.stream().filter(each -> each.equals(
                "backward filter 2 x 8 x 8 x 10 -> 32, 3 x 3, padding 1, groups 8")).count(), convolutions::toString);
    }

    @Test
    void headsThatStartOtherwiseRunEachForItself() {
        Network network = trunk(true).head("a", conv2d(8, 3).padding(1)).head("b", conv2d(8, 1))
                .head("c", conv2d(8, 3));
        List<String> convolutions = convolutions(network, GradNorm.withAlpha(1));
        assertEquals(3, convolutions.stream().filter(each -> each.startsWith("forward 2 x 16 x 8 x 10 -> 8,")).count());
        assertFalse(convolutions.stream().anyMatch(each -> each.contains("groups")), convolutions::toString);
    }
}
