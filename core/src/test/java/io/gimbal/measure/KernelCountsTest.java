package io.gimbal.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gimbal.cuda.LibrarySearch;
import io.gimbal.device.Device;
import io.gimbal.device.NvrtcLibrary;
import io.gimbal.device.PtxUnderTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Every kernel keeps the bounds that stand above it, and the table by which steps are estimated has its counts. Builds
 * count at the table's size; with the property {@code gimbal.test.sizes} at {@code all}, at each, by which the bounds
 * are as narrow as can be, too.
 */
class KernelCountsTest {
    private static final boolean ALL = System.getProperty("gimbal.test.sizes", "").equals("all");
    private static final double TABLE = 0.02;
    /** The table's last digit. */
    private static final double DIGIT = 1e-4;
    private static final String RENEW = "renew it with ./gimbal bench kernels --counts --table kernels/counts.json";

    /** All cases at those of the sizes of {@code gimbal bench kernels}, by kernel. */
    private static Map<String, List<CountedKernel>> counted;
    /** Those of the table. */
    private static List<CountedKernel> tabled;

    @BeforeAll
    static void count() {
        NvrtcLibrary nvrtc = NvrtcLibrary.find(LibrarySearch.ofProcess());
        try (Device device = PtxUnderTest.open()) {
            assumeTrue(PtxUnderTest.architecture().equals(KernelCounter.ARCHITECTURE), "bounds are of "
                    + KernelCounter.ARCHITECTURE + ", not of " + PtxUnderTest.architecture());
            assumeTrue(device.versions().nvrtc().equals(KernelTable.BUILT_IN.nvrtc()), () -> "bounds and table are of "
                    + "NVRTC " + KernelTable.BUILT_IN.nvrtc() + ", not of " + device.versions().nvrtc());
            counted = new LinkedHashMap<>();
            tabled = new ArrayList<>();
            // What does not depend on the images' size stands among the cases of each, and is counted once.
            Map<String, CountedKernel> known = new HashMap<>();
            try (KernelCounter counter = new KernelCounter(device, nvrtc)) {
                for (ImageSize size : ALL ? KernelCases.sizes(1) : List.of(KernelCounter.SIZE)) {
                    for (KernelCase launch : KernelCounter.cases(List.of(size))) {
                        CountedKernel kernel = known.computeIfAbsent(launch.kernel() + launch.shape() + launch.blocks(),
                                _ -> counter.count(launch));
                        counted.computeIfAbsent(launch.kernel(), _ -> new ArrayList<>()).add(kernel);
                        if (size.equals(KernelCounter.SIZE)) {
                            tabled.add(kernel);
                        }
                    }
                }
            }
        }
    }

    @Test
    void everyKernelKeepsTheBoundsAboveIt() throws IOException {
        Map<String, KernelBounds> bounds = KernelBounds.read(Path.of("kernels"));
        List<String> faults = new ArrayList<>();
        counted.forEach((kernel, cases) -> {
            KernelBounds own = bounds.get(kernel);
            List<String> found = own == null ? List.of(kernel + " of kernels/" + cases.getFirst().launch().file()
                    + ".cu has no comment with its counts above it") : own.faults(cases).stream()
                    .filter(fault -> ALL || !fault.contains("is wider than need be")).toList();
            faults.addAll(found);
            if (!found.isEmpty()) {
                String pair = kernel.replace("_bf16", "");
                faults.add("    by the counts it is: " + KernelBounds.comment(counted.get(counted.containsKey(pair)
                        ? pair : kernel), counted.getOrDefault(pair + "_bf16", List.of())));
            }
        });
        assertTrue(faults.isEmpty(), () -> String.join("\n", faults));
    }

    @Test
    void theTableForEstimatesIsWhatIsCounted() {
        Map<String, KernelTable.Entry> table = new LinkedHashMap<>();
        KernelTable.BUILT_IN.kernels().forEach(entry -> table.put(entry.kernel() + " of " + entry.of(), entry));
        List<String> faults = new ArrayList<>();
        tabled.forEach(each -> {
            KernelTable.Entry entry = table.remove(each.title());
            if (entry == null || !alike(entry, each.entry())) {
                faults.add(String.format(Locale.ROOT, "%s was counted as %s", entry, each.entry()));
            }
        });
        assertEquals(Map.of(), table, "kernels/counts.json has what is not counted: " + RENEW);
        assertTrue(faults.isEmpty(), () -> "kernels/counts.json: " + RENEW + "\n" + String.join("\n", faults));
    }

    private static boolean alike(KernelTable.Entry entry, KernelTable.Entry counted) {
        return entry.form().equals(counted.form()) && alike(entry.moved(), counted.moved())
                && alike(entry.loaded(), counted.loaded()) && alike(entry.stored(), counted.stored())
                && alike(entry.instructions(), counted.instructions());
    }

    private static boolean alike(double value, double counted) {
        return Math.abs(value - counted) <= Math.max(DIGIT, TABLE * counted);
    }

    @Test
    void nothingIsCountedThatAnswersForAnother() {
        assertNotNull(counted);
        counted.forEach((kernel, cases) -> cases.forEach(each -> {
            assertEquals(kernel, each.counts().kernel());
            assertEquals(1, each.counts().launches());
            assertEquals(each.launch().blocks(), each.counts().blocks());
        }));
    }
}
