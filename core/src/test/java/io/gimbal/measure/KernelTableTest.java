package io.gimbal.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.device.KernelCounts;
import io.gimbal.device.KernelSignature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class KernelTableTest {
    private static final Object P = 16L;

    private static KernelTable.Entry activation(int tasks, int kind, long instructions) {
        Object[] arguments = {P, P, P, 1024L, tasks, kind};
        KernelCounts counts = new KernelCounts("activation_backward", 1, 1, instructions, 0, 0, 1, 1, 384,
                List.of(new KernelCounts.Line("elementwise.cu", 1, instructions, 512, 256, 256, 128, 0, 0)));
        return KernelTable.Entry.of("elementwise", "T=" + tasks + " " + kind, List.of(arguments),
                new KernelCost(12288, 1), counts);
    }

    private static final KernelTable TABLE = new KernelTable("sm_90", "13.0", "1x2x2x256", List.of(
            activation(1, 0, 100), activation(1, 1, 200), activation(3, 0, 300), activation(3, 0, 360)));

    private static double instructions(int tasks, int kind) {
        Object[] arguments = {P, P, P, 1024L, tasks, kind};
        return TABLE.counted("elementwise", "activation_backward", 1, List.of(arguments), new KernelCost(12288, 1))
                .orElseThrow().instructions();
    }

    @Test
    void aLaunchTakesTheEntryThatIsMostLikeIt() {
        assertEquals(100, instructions(1, 0), 0.1);
        assertEquals(200, instructions(3, 1), 0.1, "the kind decides before the tasks do");
        assertEquals(360, instructions(4, 0), 0.1, "of two that are alike, the one with more");
        assertEquals(Optional.empty(), TABLE.counted("elementwise", "add", 1, List.of(P, P, P, 9L),
                new KernelCost(1, 1)));
    }

    @Test
    void figuresGrowWithTheBytes() {
        Object[] arguments = {P, P, P, 2048L, 1, 0};
        CallCost.Counted twice = TABLE.counted("elementwise", "activation_backward", 7, List.of(arguments),
                new KernelCost(24576, 1)).orElseThrow();
        assertEquals(new CallCost.Counted(7, 24576, 1024, 512, 200), new CallCost.Counted(twice.blocks(),
                Math.rint(twice.movedBytes()), Math.rint(twice.loaded()), Math.rint(twice.stored()),
                Math.rint(twice.instructions())));
    }

    @Test
    void theTextIsALineACaseAndReadsAsTheTable() throws IOException {
        assertEquals(TABLE, KernelTable.read(TABLE.text()));
        assertEquals(2 + TABLE.kernels().size(), TABLE.text().lines().count());
    }

    @Test
    void everyKernelIsInTheBuiltInTable() throws IOException {
        Set<String> kernels = new TreeSet<>();
        try (Stream<Path> files = Files.list(Path.of("kernels"))) {
            for (Path file : files.filter(path -> path.toString().endsWith(".cu")).toList()) {
                kernels.addAll(KernelSignature.kernels(file.getFileName().toString().replace(".cu", "")));
            }
        }
        Set<String> counted = KernelTable.BUILT_IN.kernels().stream().map(KernelTable.Entry::kernel)
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(kernels, counted, "renew it with ./gimbal bench kernels --counts --table kernels/counts.json");
        assertTrue(KernelTable.BUILT_IN.kernels().stream().allMatch(entry -> entry.moved() > 0
                && entry.instructions() > 0));
    }
}
