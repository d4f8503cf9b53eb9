package io.gimbal.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.CudaException;
import io.gimbal.cuda.Dnn;
import io.gimbal.cuda.UnsupportedGraphException;
import io.gimbal.device.TestConvolution.Operation;
import io.gimbal.device.TestConvolution.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The software device's convolutions, with guards and poison on: what it refuses, and which engines it offers. */
class SoftwareConvolutionTest extends ConvolutionContract {
    private static final int DOUBLE = 1;
    private static final int[] MODES = {TestConvolution.HEUR_MODE_A, TestConvolution.HEUR_MODE_B,
        TestConvolution.HEUR_MODE_FALLBACK};
    private static final int ENGINE_GLOBAL_INDEX = 1301;
    private static final int ENGINE_KNOB_INFO = 1302;
    private static final int ENGINE_BEHAVIOR_NOTE = 1305;
    private static final int ENGINECFG_KNOB_CHOICES = 302;
    private static final int TYPE_BEHAVIOR_NOTE = 19;

    private TestConvolution convolution;
    private Dnn dnn;

    @Override
    Device open() {
        return TestDevices.soft();
    }

    @BeforeEach
    void prepare() {
        dnn = device().dnn();
        convolution = new TestConvolution(dnn, device().newStream().dnnHandle());
    }

    @AfterEach
    void release() {
        convolution.close();
        device().softDevice().orElseThrow().allEngines(false);
    }

    @Test
    void aTypeThatCannotBeRunIsRefusedAtFinalizeByName() {
        UnsupportedGraphException refused = assertThrows(UnsupportedGraphException.class,
                () -> convolution.graph(Operation.FORWARD, shape(1, 4, 4, 2, 2, 3, 3, 1, 1, 1), DOUBLE));
        assertEquals("cudnnBackendFinalize", refused.function());
        DeviceContract.assertMessage("CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE", refused);
        DeviceContract.assertMessage("CUDNN_ATTR_TENSOR_DATA_TYPE", refused);
    }

    @ParameterizedTest
    @EnumSource
    void aMixOfTypesIsRefusedAtFinalizeByName(Operation operation) {
        UnsupportedGraphException refused = assertThrows(UnsupportedGraphException.class,
                () -> convolution.graph(operation, shape(1, 4, 4, 2, 2, 3, 3, 1, 1, 1), TestConvolution.BFLOAT16,
                        TestConvolution.FLOAT));
        assertEquals("cudnnBackendFinalize", refused.function());
        DeviceContract.assertMessage("CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE", refused);
        DeviceContract.assertMessage("CUDNN_ATTR_TENSOR_DATA_TYPE", refused);
    }

    @Test
    void channelsThatNoGroupsDivideAreRefused() {
        assertShapeMismatch(grouped(2, 1, 4, 4, 5, 4, 3, 1),
                "the image's 5 channels are no multiple of the filter's 2");
    }

    @Test
    void filtersThatNoGroupsDivideAreRefused() {
        assertShapeMismatch(grouped(2, 1, 4, 4, 4, 5, 3, 1), "its 5 filters cannot be divided among 2 groups");
    }

    private void assertShapeMismatch(Shape shape, String why) {
        CudaException refused = assertThrows(CudaException.class,
                () -> convolution.graph(Operation.FORWARD, shape, TestConvolution.FLOAT));
        assertEquals("cudnnBackendFinalize", refused.function());
        DeviceContract.assertMessage("CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH", refused);
        DeviceContract.assertMessage(why, refused);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void imagesOfAnotherLayoutAreRefusedInBf16AndInGroups(int groups) {
        int type = groups == 1 ? TestConvolution.BFLOAT16 : TestConvolution.FLOAT;
        convolution.useChannelsFirst();
        UnsupportedGraphException refused = assertThrows(UnsupportedGraphException.class,
                () -> convolution.graph(Operation.FORWARD, grouped(groups, 1, 4, 4, 4, 4, 3, 1), type));
        DeviceContract.assertMessage("CUDNN_STATUS_NOT_SUPPORTED_LAYOUT", refused);
        DeviceContract.assertMessage("NHWC", refused);
    }

    @Test
    void everyModeOffersTheOneEngineThatIsBest() {
        for (int type : new int[] {TestConvolution.FLOAT, TestConvolution.BFLOAT16}) {
            long graph = convolution.graph(Operation.FORWARD, shape(2, 6, 6, 8, 16, 3, 3, 1, 1, 1), type);
            List<Long> best = List.of(0L);
            for (int mode : MODES) {
                assertEquals(best, engines(graph, mode));
            }
        }
    }

    @Test
    void bySwitchEveryModeOffersAllEnginesThatTakeTheGraph() {
        device().softDevice().orElseThrow().allEngines(true);
        long forward = convolution.graph(Operation.FORWARD, shape(2, 6, 6, 8, 16, 3, 3, 1, 1, 1),
                TestConvolution.FLOAT);
        long pointwise = convolution.graph(Operation.FORWARD, shape(2, 6, 6, 8, 16, 1, 1, 1, 0, 1),
                TestConvolution.FLOAT);
        long filter = convolution.graph(Operation.BACKWARD_FILTER, shape(2, 6, 6, 8, 16, 3, 3, 1, 1, 1),
                TestConvolution.FLOAT);
        for (int mode : MODES) {
            assertEquals(List.of(0L, 1L, 4L), engines(forward, mode));
            assertEquals(List.of(0L, 1L, 3L, 4L), engines(pointwise, mode));
            assertEquals(List.of(2L, 0L, 1L, 4L), engines(filter, mode));
        }
    }

    private List<Long> engines(long graph, int mode) {
        List<Long> engines = new ArrayList<>();
        for (long configuration : convolution.configurations(graph, mode)) {
            engines.add(dnn.attributeLongs(convolution.engine(configuration), ENGINE_GLOBAL_INDEX,
                    TestConvolution.TYPE_INT64, 1)[0]);
        }
        return engines;
    }

    @Test
    void anEngineHasNoNotesAndNoKnobs() {
        long graph = convolution.graph(Operation.FORWARD, shape(1, 4, 4, 2, 2, 3, 3, 1, 1, 1), TestConvolution.FLOAT);
        long configuration = convolution.configurations(graph, TestConvolution.HEUR_MODE_A)[0];
        long engine = convolution.engine(configuration);
        assertArrayEquals(new int[0], convolution.numericalNotes(configuration));
        assertArrayEquals(new int[0], dnn.attributeInts(engine, ENGINE_BEHAVIOR_NOTE, TYPE_BEHAVIOR_NOTE, 16));
        assertEquals(0, dnn.attributeCount(engine, ENGINE_KNOB_INFO, TestConvolution.TYPE_DESCRIPTOR));
        assertEquals(0, dnn.attributeCount(configuration, ENGINECFG_KNOB_CHOICES, TestConvolution.TYPE_DESCRIPTOR));
    }

    @ParameterizedTest
    @EnumSource
    void allEnginesComputeTheSameInBf16Groups(Operation operation) {
        device().softDevice().orElseThrow().allEngines(true);
        Shape shape = grouped(3, 2, 6, 5, 24, 12, 1, 0);
        float[] image = TestDevices.randomBf16(1, shape.n() * shape.h() * shape.w() * shape.c());
        float[] filter = TestDevices.randomBf16(2, shape.k() * shape.c() / shape.groups());
        float[] output = TestDevices.randomBf16(3, shape.n() * shape.p() * shape.q() * shape.k());
        long graph = convolution.graph(operation, shape, TestConvolution.BFLOAT16);
        long[] configurations = convolution.configurations(graph, TestConvolution.HEUR_MODE_A);
        assertEquals(operation == Operation.BACKWARD_DATA ? 4 : 5, configurations.length);
        float[] expected = null;
        List<String> plans = new ArrayList<>();
        for (long configuration : configurations) {
            float[] result = run(configuration, operation, image, filter, output);
            expected = expected == null ? result : expected;
            for (int i = 0; i < result.length; i++) {
                // Sums of at most 60 products in float32, of magnitude below 60, each rounded once: one unit of bf16.
                assertEquals(expected[i], result[i], 0x1p-7 * Math.abs(expected[i]) + 1e-4, "element " + i);
            }
            plans.add(convolution.planText());
        }
        // Groups of 8 channels to 4 are fastest at once.
        assertFalse(plans.getFirst().contains("one after the other"), plans::toString);
        assertTrue(plans.stream().allMatch(plan -> plan.contains("bf16 widened to float32")), plans::toString);
        assertTrue(plans.stream().skip(1).allMatch(plan -> plan.contains("3 groups, one after the other")),
                plans::toString);
    }

    @Test
    void wideGroupsRunOneAfterTheOtherFirst() {
        device().softDevice().orElseThrow().allEngines(true);
        for (int channels : new int[] {8, 32}) {
            long graph = convolution.graph(Operation.FORWARD, grouped(2, 1, 6, 5, 2 * channels, 2 * channels, 3, 1),
                    TestConvolution.FLOAT);
            List<Long> engines = engines(graph, TestConvolution.HEUR_MODE_A);
            assertEquals(5L, channels == 8 ? engines.getFirst() : engines.getLast(), engines::toString);
        }
    }

    private float[] run(long configuration, Operation operation, float[] image, float[] filter, float[] output) {
        convolution.plan(configuration);
        DeviceMemory deviceImage = TestDevices.bf16Memory(device(), image);
        DeviceMemory deviceFilter = TestDevices.bf16Memory(device(), filter);
        DeviceMemory deviceOutput = TestDevices.bf16Memory(device(), output);
        DeviceMemory workspace = device().allocate(Math.max(1, convolution.workspaceBytes()));
        convolution.execute(deviceImage.address(), deviceFilter.address(), deviceOutput.address(),
                workspace.address());
        device().synchronize();
        return TestDevices.bf16Floats(device(), switch (operation) {
            case FORWARD -> deviceOutput;
            case BACKWARD_DATA -> deviceImage;
            case BACKWARD_FILTER -> deviceFilter;
        });
    }
}
