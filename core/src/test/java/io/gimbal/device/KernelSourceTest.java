package io.gimbal.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.Compiler;
import java.util.List;
import org.junit.jupiter.api.Test;

class KernelSourceTest {
    @Test
    void headersAreFoundThroughHeaders() {
        List<String> names = KernelSource.read("elementwise").headers().stream().map(Compiler.Header::name).toList();
        assertTrue(names.contains("common.cuh"), names.toString());
        assertEquals(names.stream().distinct().toList(), names);
    }

    @Test
    void parametersAreReadFromTheSourceAsDeclared() {
        KernelSource source = new KernelSource("test.cu", """
                // KERNEL(not_this, int a)
                KERNEL(every_type, const float* __restrict__ x /* [n] */, unsigned char* index,
                       long long n, const int T, float eps, double alpha) {
                }
                KERNEL(none) {}
                RESIDENT_KERNEL(2, large, float* y, int n) {}
                KERNELS(pair, (const S* x, int n), (x, n))
                RESIDENT_KERNELS(3, large_pair, (const S* x, int n), (x, n))
                """, List.of());
        assertEquals(List.of(Long.class, Long.class, Long.class, Integer.class, Float.class, Double.class),
                source.kernels().get("every_type").stream().map(KernelParameter::type).toList());
        assertEquals(List.of(), source.kernels().get("none"));
        assertEquals(List.of("every_type", "none", "large", "pair", "pair_bf16", "large_pair", "large_pair_bf16"),
                List.copyOf(source.kernels().keySet()));
        assertEquals(List.of("float* y", "int n"),
                source.kernels().get("large").stream().map(KernelParameter::declaration).toList());
        assertEquals("const float* x", source.kernels().get("pair").getFirst().declaration());
        assertEquals("const bf16* x", source.kernels().get("pair_bf16").getFirst().declaration());
        assertEquals("const bf16* x", source.kernels().get("large_pair_bf16").getFirst().declaration());
    }

    @Test
    void aParameterOfATypeThatCannotBePassedIsRefusedByName() {
        String message = assertThrows(IllegalArgumentException.class, () ->
                KernelParameter.parse("short s")).getMessage();
        assertTrue(message.contains("'short s'"), message);
    }
}
