package io.gimbal.dnn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gimbal.balance.GradNorm;
import io.gimbal.config.UserException;
import io.gimbal.cuda.LibraryReport;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.device.DnnLibrary;
import io.gimbal.device.Precision;
import io.gimbal.engine.Criterion;
import io.gimbal.engine.StepPlan;
import io.gimbal.loss.Loss;
import io.gimbal.measure.PlannedStep.PlannedConvolution;
import io.gimbal.measure.PlannedStep;
import io.gimbal.measure.StepPlanner;
import io.gimbal.model.Network;
import io.gimbal.model.Networks;
import io.gimbal.nn.Layer;
import io.gimbal.nn.Layers;
import io.gimbal.optimizer.Adam;
import io.gimbal.optimizer.Schedule;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The real cuDNN, which needs no GPU for it, plans the paper's networks for an H200. */
class DescribedPlannerTest {
    private static final int BATCH = 24;
    private static final int SIDE = 320;
    private static final int CLASSES = 13;
    private static final DeviceDescription H200 = DeviceDescription.read("h200");

    @BeforeAll
    static void findCudnn() {
        LibraryReport report = DnnLibrary.find(LibrarySearch.ofProcess()).report();
        assumeTrue(report.loaded(), () -> report.describe()
                + "\nInstall NVIDIA's wheels with pip install --target and name their folder in "
                + LibrarySearch.WHEELS);
    }

    private static Network withHeads(Network trunk, boolean deep) {
        Network network = trunk;
        Map<String, Integer> channels = new LinkedHashMap<>(Map.of("depth", 1));
        channels.put("normals", 3);
        channels.put("segmentation", CLASSES);
        for (Map.Entry<String, Integer> task : channels.entrySet()) {
            Layer last = Layers.conv2d(task.getValue(), 1);
            network = network.head(task.getKey(), deep
                    ? List.of(Layers.conv2d(64, 3).padding(1), Layers.relu(), last) : List.of(last));
        }
        return network;
    }

    /** The paper's networks; the heads are one convolution each, as the paper has them, or two. */
    private static Map<String, Network> networks() {
        Map<String, Network> networks = new LinkedHashMap<>();
        for (boolean deep : new boolean[] {false, true}) {
            String heads = deep ? " with deep heads" : "";
            networks.put("segnet_vgg16" + heads, withHeads(Networks.segnetVgg16(3, SIDE, SIDE,
                    Networks.Resolution.QUARTER), deep));
            networks.put("segnet_vgg16, full size" + heads, withHeads(Networks.segnetVgg16(3, SIDE, SIDE,
                    Networks.Resolution.FULL), deep));
            networks.put("resnet50_fcn" + heads, withHeads(Networks.resnet50Fcn(3, SIDE, SIDE), deep));
        }
        return networks;
    }

    private static StepPlan step(Network network, Precision precision) {
        List<Criterion> criteria = List.of(Loss.l1(), Loss.cosine(), Loss.crossEntropy(CLASSES));
        return new StepPlan(network.graph(BATCH), criteria, GradNorm.withAlpha(1.5), Adam.withRate(1e-4),
                Schedule.constant(1e-4), precision, false);
    }

    @ParameterizedTest
    @EnumSource
    void everyConvolutionOfThePapersNetworksHasAPlanForAnH200(Precision precision) {
        Set<String> told = new HashSet<>();
        long candidates = 0;
        try (StepPlanner planner = new StepPlanner(H200, precision, () -> {})) {
            for (Map.Entry<String, Network> network : networks().entrySet()) {
                PlannedStep step = planner.plan(step(network.getValue(), precision));
                System.out.printf(Locale.ROOT, "%s, %s: %d convolutions, %.1f GiB%n", network.getKey(),
                        precision.text(), step.convolutions().size(), step.memory().total() / (double) (1 << 30));
                for (PlannedConvolution convolution : step.convolutions()) {
                    assertTrue(convolution.workspaceBytes() <= H200.memoryBytes() / 8, convolution::toString);
                    assertTrue(convolution.description().contains("\"engineId\":" + convolution.engine()),
                            convolution::description);
                    if (told.add(convolution.direction() + convolution.geometry())) {
                        candidates += convolution.candidates();
                        System.out.printf(Locale.ROOT, "  %s %s: %s of %d, workspace %.1f MiB, %s%n",
                                convolution.direction(), convolution.geometry(), convolution.settings(),
                                convolution.candidates(), convolution.workspaceBytes() / (double) (1 << 20),
                                convolution.notes());
                    }
                }
                assertHasWideFilterGradientOfW(step);
            }
        }
        System.out.printf("%s: %d distinct convolutions, %d engines offered%n", precision.text(), told.size(),
                candidates);
        // With tensor cores cuDNN offers dozens each; were an engine's settings not read, they would be a handful.
        assertTrue(candidates > (precision == Precision.FLOAT32 ? 3 : 20) * told.size(), candidates + " candidates");
    }

    /** W's filter gradient has T * K output channels; where linear heads read W's output, the heads' few. */
    private static void assertHasWideFilterGradientOfW(PlannedStep step) {
        PlannedConvolution w = step.convolutions().stream().filter(convolution -> convolution.direction().equals(
                "backward filter")).filter(convolution -> !convolution.layer().startsWith("heads")).findFirst()
                .orElseThrow();
        PlannedConvolution forward = step.convolutions().stream().filter(convolution -> convolution.layer().equals(
                w.layer())).findFirst().orElseThrow();
        assertEquals(3, w.operations() / forward.operations(), 1e-9, () -> w + " beside " + forward);
    }

    private static ConvolutionGeometry grouped(int in, int out, int groups, int kernel, int stride, int dilation) {
        return new ConvolutionGeometry(BATCH, 80, 80, in, out, kernel, stride, dilation * (kernel / 2), dilation,
                groups);
    }

    /** Channels that are multiples of 8 and such as are not; a group a channel, with one filter each or two. */
    @ParameterizedTest
    @EnumSource
    void convolutionsInGroupsHavePlansInEveryDirection(Precision precision) {
        List<ConvolutionGeometry> geometries = List.of(grouped(64, 64, 2, 3, 1, 1), grouped(64, 128, 2, 3, 2, 1),
                grouped(64, 64, 4, 5, 1, 1), grouped(64, 64, 4, 3, 2, 1), grouped(30, 60, 2, 3, 1, 1),
                grouped(6, 9, 3, 3, 1, 1), grouped(256, 256, 32, 3, 1, 1), grouped(64, 64, 16, 1, 1, 1),
                grouped(64, 64, 64, 3, 1, 1), grouped(64, 64, 64, 3, 1, 2), grouped(64, 64, 64, 5, 2, 1),
                grouped(13, 13, 13, 3, 1, 1), grouped(7, 7, 7, 5, 2, 1), grouped(30, 60, 30, 3, 1, 1),
                grouped(96, 96, 96, 7, 1, 1), grouped(512, 512, 512, 3, 1, 1));
        try (DescribedPlanner planner = DescribedPlanner.of(H200, precision)) {
            for (ConvolutionGeometry geometry : geometries) {
                for (ConvolutionDirection direction : ConvolutionDirection.values()) {
                    ConvolutionPlan plan = planner.plan(direction, geometry);
                    assertTrue(NumericalNote.allowed(precision, plan.notes()), plan::toString);
                    assertTrue(plan.candidates() > 1, () -> direction + " " + geometry.describe() + ": " + plan);
                }
            }
        }
    }

    @Test
    void aDescriptionThatCudnnDoesNotTakeIsRefusedInOneSentence() {
        DeviceDescription wrong = new DeviceDescription("a device", "sm_90", 1L << 30, "{\"deviceName\": 5}",
                H200.limits());
        UserException refused = assertThrows(UserException.class, () -> DescribedPlanner.of(wrong,
                Precision.BF16));
        assertTrue(refused.getMessage().startsWith("cuDNN does not take the description of a device: "),
                refused.getMessage());
        assertFalse(refused.getMessage().contains("\n"), refused.getMessage());
    }
}
