package io.gimbal.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.device.KernelSignature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class KernelCostTest {
    static List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("kernels"))) {
            List<String> sources = files.map(file -> file.getFileName().toString()).filter(name ->
                    name.endsWith(".cu")).map(name -> name.replace(".cu", "")).sorted().toList();
            assertFalse(sources.isEmpty(), "kernels/ holds no .cu file");
            return sources;
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void everyKernelHasACostThatGrowsWithItsSizesButForThoseOfOneBlock(String file) {
        for (String kernel : KernelSignature.kernels(file)) {
            KernelCost small = cost(file, kernel, 4);
            KernelCost large = cost(file, kernel, 8);
            assertTrue(small.bytes() > 0 && small.operations() >= 0, kernel + " " + small);
            assertTrue(kernel.equals("learning_rate") || large.bytes() > small.bytes(), kernel + " " + large);
        }
    }

    private static KernelCost cost(String file, String kernel, long argument) {
        int count = KernelSignature.of(file, kernel).parameters().size();
        return KernelCost.of(file, kernel, Collections.nCopies(count, argument).toArray());
    }

    @Test
    void bytesAndOperationsAreThoseOfTheHeadComments() {
        long n = 1000;
        Object p = 16L;
        assertEquals(new KernelCost(12 * n, n), KernelCost.of("elementwise", "add", p, p, p, n));
        assertEquals(new KernelCost(6 * n, n), KernelCost.of("elementwise", "add_bf16", p, p, p, n));
        assertEquals(new KernelCost(8 * 4 * 6 * n, 3 * 2 * 6 * n), KernelCost.of("elementwise",
                "activation_backward_packed", p, p, p, p, n, 6, 3, 0L, 0L, 0L, 0L, 0));
        assertEquals(new KernelCost(7 * 2 * 6 * n, 3 * 3 * 6 * n), KernelCost.of("elementwise",
                "activation_backward_packed_bf16", p, p, p, 0L, n, 6, 3, 0L, 0L, 0L, 0L, 1));
        assertEquals(new KernelCost(4 * 2 * 6 * n + 24, 5 * 6 * n), KernelCost.of("elementwise", "combine_tasks_bf16",
                p, p, n, 6, 3, 6 * n, 6L, 6L, p));
        assertEquals(new KernelCost(2 * 2 * 6 * n + 4, 6 * n), KernelCost.of("elementwise", "scale_by_weight_bf16", p,
                n, 6, 8L, p));
        assertEquals(new KernelCost(2 * 4 * n, 40 * n), KernelCost.of("linear_units", "linear_unit_forward", p, p, n, 5,
                0f));
        assertEquals(new KernelCost(7 * 2 * n, 6 * n), KernelCost.of("linear_units", "linear_unit_backward_bf16", p, p,
                p, n, 3, 3, 0f));
        assertEquals(new KernelCost(8 * 4 * 6 * n, 26 * 6 * n), KernelCost.of("linear_units",
                "linear_unit_backward_packed", p, p, p, p, n, 6, 3, 0L, 0L, 0L, 0L, 5, 0f));
        assertEquals(new KernelCost(6 * 2 * n, 28 * n), KernelCost.of("random", "dropout_bf16", p, p, n, 3, 0L, 1L, 1f,
                1L, 0, p));
        assertEquals(new KernelCost(2 * 4 * 6 * n, 45 * 6 * n), KernelCost.of("softmax", "softmax_forward", p, p, n, 6,
                3));
        assertEquals(new KernelCost(7 * 4 * 6 * n, 12 * 6 * n), KernelCost.of("softmax", "softmax_adjacent_backward", p,
                p, p, n, 6, 3));
        assertEquals(new KernelCost(8 * 4 * 6 * n + 24 * 6, (2 + 6 * 3) * 6 * n), KernelCost.of("batch_norm_backward",
                "batch_norm_backward_apply_tasks", p, p, p, p, p, p, p, p, n, 6, 6L, 6L, 6L, 1, p, 3, 0L, 0L));
        assertEquals(new KernelCost(5 * 4 * 6 * n + 24 * 6, (2 + 6 * 3) * 6 * n), KernelCost.of("batch_norm_backward",
                "batch_norm_backward_apply_tasks", p, p, p, p, p, p, p, 0L, n, 6, 6L, 6L, 0L, 1, p, 3, 0L, 0L));
        assertEquals(new KernelCost(3 * 4 * 6 * n + 24 * 6, (2 + 6) * 6 * n), KernelCost.of("batch_norm_backward",
                "batch_norm_backward_apply", p, p, p, p, p, p, p, p, n, 6, 6L, 6L, 6L, 1));
        assertEquals(new KernelCost(4 * 2 * 6 * n + 16 * 6, (2 + 3 * 3) * 6 * n), KernelCost.of("batch_norm_backward",
                "batch_norm_backward_reduce_tasks_bf16", p, p, p, p, p, p, p, n, 6, 6L, 6L, 1, 3, 0L));
        assertEquals(new KernelCost(2 * 2 * 6 * n + 16 * 6, (2 + 3) * 6 * n), KernelCost.of("batch_norm_backward",
                "batch_norm_backward_reduce_bf16", p, p, p, p, p, p, p, n, 6, 6L, 6L, 1));
        assertEquals(new KernelCost(4 * (2 * 128 + 32) + 32 + 24 * 4, 8 * 128), KernelCost.of("batch_norm_backward",
                "batch_norm_pool_backward_apply", p, p, p, p, p, p, p, p, p, 2, 4, 4, 4, 1));
        assertEquals(new KernelCost(16 * n, 15 * n), KernelCost.of("balance", "gram", p, p, p, n, 3));
        assertEquals(new KernelCost(12 * n, 12 * n), KernelCost.of("balance", "gram", p, 0L, p, n, 3));
        assertEquals(new KernelCost(36 * n, 80 * n), KernelCost.of("balance", "gram_wide", p, p, p, n, 8));
        assertEquals(new KernelCost(20 * 2 * n, (54 + 2 * 23) * n), KernelCost.of("drop",
                "drop_signs", p, p, p, p, 2, 125, 8, 8, 3, 2 * n, p, p, 1L, p));
        assertEquals(new KernelCost(16 * 2 * n + 12 * n, 2 * 12 * n), KernelCost.of("drop", "drop_sums", p, p, p, 2,
                125, 8, 8, 3, 2 * n, p));
        assertEquals(new KernelCost(16 * 2 * n + 12 * n, (54 + 2 * 17) * n), KernelCost.of("drop",
                "drop_signs_by_sums", p, p, p, p, 2, 125, 8, 8, 3, 2 * n, p, p, 1L, p));
        assertEquals(new KernelCost((8 * 4 + 12) * 6, (8 * 4 + 12) * 6), KernelCost.of("batch_norm",
                "batch_norm_statistics_join", p, 4, n, 6, 1e-5f, p, p, p));
        assertEquals(new KernelCost(28 * n, 15 * n), adam(n, 0L, 0, 0L, 0, 0L));
        assertEquals(new KernelCost(28 * n + (n + 31) / 32, 15 * n), adam(n, 0L, 0, 0L, 0, p), "a byte for 32");
        assertEquals(new KernelCost(28 * n - 2 * 320 + 2 * 640, 15 * n), adam(n, p, 320, p, 640, 0L));
        assertEquals(new KernelCost(28 * n, 15 * n), adam(n, 0L, 320, 0L, 640, 0L), "null: neither is there");
        assertEquals(new KernelCost(12 * n, 4 * n), average(n, 0L, 640));
        assertEquals(new KernelCost(12 * n + 2 * 640, 4 * n), average(n, p, 640));
        assertEquals(new KernelCost(4 * (2 * 8 * 6 * 5) + 5 * (2 * 4 * 3 * 5), 4 * (2 * 4 * 3 * 5)),
                KernelCost.of("pool", "max_pool_forward", p, p, p, 2, 8, 6, 5, 4, 3, 2, 2, 0));
        assertEquals(new KernelCost(n * (3 * 4 + 8 * 2), 2 * 3 * n),
                KernelCost.of("batch", "select_images_bf16", p, p, p, n, 3, 8, 0L, 3 * n, 2, p));
        assertEquals(new KernelCost(12 * n, 3 * n), KernelCost.of("loss", "count_labels", p, p, n, 3, 0f, 1));
        assertEquals(new KernelCost(4, 1), KernelCost.of("loss", "count_labels", p, p, n, 3, 0f, 0));
        assertEquals(new KernelCost(2 * n * (13 + 16) + 4 * n, 25 * 13 * n),
                KernelCost.of("loss", "cross_entropy_bf16", p, p, p, p, p, p, n, 13, 32, 16, -1));
    }

    private static KernelCost adam(long n, Object low, long lows, Object copy, long copies,
            Object groups) {
        Object p = 16L;
        return KernelCost.of("optimizer", "adam", p, p, low, lows, copy, copies, p, p, n, p, p, 0.9f, 0.999f, 1e-8f,
                0f, 0, groups, groups, groups, p);
    }

    private static KernelCost average(long n, Object copy, long copies) {
        Object p = 16L;
        return KernelCost.of("optimizer", "average", p, p, copy, copies, n, p, 1e-3f, p);
    }

    @Test
    void aKernelThatIsNotThereAndArgumentsThatDoNotFitAreRefused() {
        String unknown = assertThrows(IllegalArgumentException.class, () ->
                KernelCost.of("elementwise", "multiply", 1L)).getMessage();
        assertEquals("elementwise.cu has no kernel multiply", unknown);
        String few = assertThrows(IllegalArgumentException.class, () ->
                KernelCost.of("elementwise", "add", 1L, 2L)).getMessage();
        assertEquals("add takes 4 arguments, not 2: [a, b, y, n]", few);
    }
}
