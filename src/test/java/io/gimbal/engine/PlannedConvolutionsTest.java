package io.gimbal.engine;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gimbal.config.UserException;
import io.gimbal.cuda.LibraryReport;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.device.DnnLibrary;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The real cuDNN, which needs no GPU for it, plans the paper's networks for an H200. */
class PlannedConvolutionsTest {
    private static final int BATCH = 24;
    private static final int TASKS = 3;
    private static final DeviceDescription H200 = DeviceDescription.read("h200");

    @BeforeAll
    static void findCudnn() {
        LibraryReport report = DnnLibrary.find(LibrarySearch.ofProcess()).report();
        assumeTrue(report.loaded(), () -> report.describe()
                + "\nInstall NVIDIA's wheels with pip install --target and name their folder in "
                + LibrarySearch.WHEELS);
    }

    private record Graph(ConvolutionDirection direction, ConvolutionGeometry geometry) {}

    private static ConvolutionGeometry same(int side, int in, int out) {
        return new ConvolutionGeometry(BATCH, side, side, in, out, 3, 1, 1, 1);
    }

    private static ConvolutionGeometry pointwise(int side, int in, int out, int stride) {
        return new ConvolutionGeometry(BATCH, side, side, in, out, 1, stride, 0, 1);
    }

    private static ConvolutionGeometry halving(int side, int in, int out, int kernel, int padding) {
        return new ConvolutionGeometry(BATCH, side, side, in, out, kernel, 2, padding, 1);
    }

    /** VGG16's encoder on 320 x 320, and its mirror. */
    private static List<ConvolutionGeometry> segnet(int colours) {
        return List.of(same(320, colours, 64), same(320, 64, 64), same(160, 64, 128), same(160, 128, 128),
                same(80, 128, 256), same(80, 256, 256), same(40, 256, 512), same(40, 512, 512), same(20, 512, 512),
                same(40, 512, 256), same(80, 256, 128), same(160, 128, 64));
    }

    /** ResNet-50's bottlenecks on 320 x 320, and learned upsampling by convolutions' backward data. */
    private static List<ConvolutionGeometry> resnet(int colours) {
        return List.of(halving(320, colours, 64, 7, 3),
                pointwise(80, 64, 64, 1), same(80, 64, 64), pointwise(80, 64, 256, 1), pointwise(80, 256, 64, 1),
                pointwise(80, 256, 128, 1), halving(80, 128, 128, 3, 1), pointwise(40, 128, 512, 1),
                pointwise(80, 256, 512, 2), pointwise(40, 512, 128, 1), same(40, 128, 128),
                pointwise(40, 512, 256, 1), halving(40, 256, 256, 3, 1), pointwise(20, 256, 1024, 1),
                pointwise(40, 512, 1024, 2), pointwise(20, 1024, 256, 1), same(20, 256, 256),
                pointwise(20, 1024, 512, 1), halving(20, 512, 512, 3, 1), pointwise(10, 512, 1024, 1),
                pointwise(20, 1024, 1024, 2), pointwise(10, 1024, 512, 1), same(10, 512, 512),
                halving(20, 512, 1024, 4, 1), halving(40, 256, 512, 4, 1), halving(80, 128, 256, 4, 1));
    }

    /** The last shared layers, whose filter gradients are as many times as wide as there are tasks. */
    private static List<ConvolutionGeometry> shared() {
        return List.of(same(80, 256, 128), same(320, 64, 64), pointwise(40, 512, 256, 1));
    }

    /** Heads: their first layers side by side (backward data: a group a task), and their last. */
    private static Stream<ConvolutionGeometry> heads() {
        return Stream.of(same(80, 128, TASKS * 64), pointwise(80, 64, 16, 1), pointwise(80, 128, 24, 1));
    }

    private static Set<Graph> graphs(Precision precision) {
        // bf16 tensors have a multiple of 8 channels in memory.
        int colours = precision == Precision.BF16 ? 8 : 3;
        Set<Graph> graphs = new LinkedHashSet<>();
        Stream.of(segnet(colours).stream(), resnet(colours).stream(), heads()).flatMap(all -> all).forEach(geometry ->
                Arrays.stream(ConvolutionDirection.values()).forEach(direction ->
                        graphs.add(new Graph(direction, geometry))));
        shared().forEach(geometry -> graphs.add(new Graph(ConvolutionDirection.BACKWARD_FILTER,
                geometry.withOut(TASKS * geometry.out()))));
        graphs.add(new Graph(ConvolutionDirection.BACKWARD_DATA, new ConvolutionGeometry(BATCH, 80, 80, TASKS * 128,
                TASKS * 64, 3, 1, 1, 1, TASKS)));
        return graphs;
    }

    @ParameterizedTest
    @EnumSource
    void everyConvolutionOfThePapersNetworksHasAPlanForAnH200(Precision precision) {
        Set<Graph> graphs = graphs(precision);
        long candidates = 0;
        try (PlannedConvolutions convolutions = PlannedConvolutions.of(H200, precision)) {
            for (Graph graph : graphs) {
                ConvolutionPlan plan = convolutions.plan(graph.direction, graph.geometry);
                assertSame(plan, convolutions.plan(graph.direction, graph.geometry));
                assertTrue(NumericalNote.allowed(precision, plan.notes()), () -> graph + ": " + plan);
                assertTrue(plan.workspaceBytes() <= H200.memoryBytes() / 8, () -> graph + ": " + plan);
                assertTrue(convolutions.describe(plan).contains("\"engineId\":" + plan.engine().index()),
                        () -> convolutions.describe(plan));
                candidates += plan.candidates();
                System.out.printf(Locale.ROOT, "%s %s: %s of %d, workspace %.1f MiB, %s%n", precision.text(),
                        graph.direction.text() + " " + graph.geometry.describe(), plan.engine().describe(),
                        plan.candidates(), plan.workspaceBytes() / (double) (1 << 20), plan.notes());
            }
        }
        System.out.printf("%s: %d convolutions, %d engines offered%n", precision.text(), graphs.size(), candidates);
        // With tensor cores cuDNN offers dozens each; were an engine's settings not read, they would be a handful.
        assertTrue(candidates > (precision == Precision.FLOAT32 ? 3 : 20) * graphs.size());
    }

    @Test
    void aDescriptionThatCudnnDoesNotTakeIsRefusedInOneSentence() {
        DeviceDescription wrong = new DeviceDescription("a device", "sm_90", 1L << 30, "{\"deviceName\": 5}",
                H200.limits());
        UserException refused = assertThrows(UserException.class, () -> PlannedConvolutions.of(wrong,
                Precision.BF16));
        assertTrue(refused.getMessage().startsWith("cuDNN does not take the description of a device: "),
                refused.getMessage());
        assertFalse(refused.getMessage().contains("\n"), refused.getMessage());
    }
}
