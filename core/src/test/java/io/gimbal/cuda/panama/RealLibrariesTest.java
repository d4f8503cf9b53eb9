package io.gimbal.cuda.panama;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gimbal.cuda.Binding;
import io.gimbal.cuda.Compiler;
import io.gimbal.cuda.CudaException;
import io.gimbal.cuda.Dnn;
import io.gimbal.cuda.LibraryReport;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.cuda.NativeArrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** NVIDIA's own libraries, as far as they go without a GPU; each test is skipped where its library is not installed. */
public class RealLibrariesTest {
    private static final int TENSOR = 17;
    private static final int TENSOR_DATA_TYPE = 901;
    private static final int TENSOR_DIMENSIONS = 902;
    private static final int TENSOR_STRIDES = 903;
    private static final int TENSOR_UNIQUE_ID = 906;
    private static final int TENSOR_BYTE_ALIGNMENT = 900;
    private static final int TYPE_DATA_TYPE = 1;
    private static final int TYPE_INT64 = 3;
    private static final int BFLOAT16 = 9;

    private final Binding binding = bind(LibrarySearch.ofProcess());

    /** By one of the bindings. */
    protected Binding bind(LibrarySearch search) {
        return PanamaBinding.ofGpu(search);
    }

    private void assumeLoaded(int index) {
        LibraryReport report = binding.libraries().get(index);
        assumeTrue(report.loaded(), report::describe);
    }

    @Test
    void nvrtcCompilesAKernelWithItsHeaderAndTellsWhatIsWrongWithAnother() {
        assumeLoaded(1);
        Compiler compiler = binding.compiler();
        assertTrue(compiler.version().matches("\\d+\\.\\d+"), compiler.version());
        List<String> options = List.of("--gpu-architecture=sm_90");
        byte[] image = compiler.compile("twice.cu",
                "#include \"factor.cuh\"\nextern \"C\" __global__ void twice(float* x) { *x *= FACTOR; }",
                List.of(new Compiler.Header("factor.cuh", "#define FACTOR 2")), options).image();
        assertArrayEquals(new byte[] {0x7f, 'E', 'L', 'F'}, java.util.Arrays.copyOf(image, 4));
        CudaException refused = assertThrows(CudaException.class,
                () -> compiler.compile("wrong.cu", "__global__ void wrong() { y = 1; }", List.of(), options));
        assertTrue(refused.getMessage().contains("NVRTC_ERROR_COMPILATION"), refused.getMessage());
        assertTrue(refused.getMessage().contains("wrong.cu(1): error: identifier \"y\" is undefined"),
                refused.getMessage());
    }

    @Test
    void nvrtcGivesAKernelsPtxWithItsLinesAndAZeroAtTheEnd() {
        assumeLoaded(1);
        Compiler compiler = binding.compiler();
        List<String> options = List.of("--gpu-architecture=sm_80", "--generate-line-info");
        byte[] image = compiler.compileToPtx("twice.cu",
                "#include \"factor.cuh\"\nextern \"C\" __global__ void twice(float* x) { *x *= FACTOR; }",
                List.of(new Compiler.Header("factor.cuh", "#define FACTOR 2")), options).image();
        String text = NativeArrays.text(image);
        assertEquals(image.length - 1, text.length(), "one zero, at the end");
        for (String part : List.of(".version ", ".target sm_80", ".visible .entry twice(", "twice.cu", ".loc\t1 2 ")) {
            assertTrue(text.contains(part), () -> part + " stands in\n" + text);
        }
        CudaException refused = assertThrows(CudaException.class,
                () -> compiler.compileToPtx("wrong.cu", "__global__ void wrong() { y = 1; }", List.of(), options));
        assertTrue(refused.getMessage().contains("wrong.cu(1): error: identifier \"y\" is undefined"),
                refused.getMessage());
    }

    @Test
    void ncclTellsItsVersionWithoutAGpu() {
        int version;
        try {
            version = binding.collectives().version();
        } catch (UnsatisfiedLinkError missing) {
            assumeTrue(false, missing.getMessage());
            return;
        }
        assertTrue(version >= 21800, "Gimbal knows NCCL from 2.18 on, and this is " + version);
    }

    @Test
    void cudnnKeepsTheAttributesOfADescriptor() {
        assumeLoaded(3);
        Dnn dnn = binding.dnn();
        assertTrue(dnn.version() >= 8900, "version " + dnn.version());
        long tensor = dnn.createDescriptor(TENSOR);
        dnn.setAttribute(tensor, TENSOR_DATA_TYPE, TYPE_DATA_TYPE, BFLOAT16);
        dnn.setAttribute(tensor, TENSOR_DIMENSIONS, TYPE_INT64, 24L, 64L, 80L, 80L);
        dnn.setAttribute(tensor, TENSOR_STRIDES, TYPE_INT64, 409600L, 1L, 5120L, 64L);
        dnn.setAttribute(tensor, TENSOR_UNIQUE_ID, TYPE_INT64, 7L);
        dnn.setAttribute(tensor, TENSOR_BYTE_ALIGNMENT, TYPE_INT64, 16L);
        dnn.finalizeDescriptor(tensor);
        assertArrayEquals(new long[] {24, 64, 80, 80}, dnn.attributeLongs(tensor, TENSOR_DIMENSIONS, TYPE_INT64, 8));
        assertArrayEquals(new int[] {BFLOAT16}, dnn.attributeInts(tensor, TENSOR_DATA_TYPE, TYPE_DATA_TYPE, 1));
        assertEquals(4, dnn.attributeCount(tensor, TENSOR_STRIDES, TYPE_INT64));
        dnn.destroyDescriptor(tensor);
    }

    @Test
    void cudnnsRefusalCarriesItsStatusByNameAndItsOwnWords() {
        assumeLoaded(3);
        Dnn dnn = binding.dnn();
        long tensor = dnn.createDescriptor(TENSOR);
        CudaException refused = assertThrows(CudaException.class, () -> dnn.finalizeDescriptor(tensor));
        dnn.destroyDescriptor(tensor);
        assertEquals("cudnnBackendFinalize", refused.function());
        assertTrue(refused.getMessage().contains("CUDNN_STATUS_BAD_PARAM"), refused.getMessage());
        // The library's own words stand in brackets after the status.
        assertTrue(dnn.version() < 90000 || refused.getMessage().endsWith(")"), refused.getMessage());
    }
}
