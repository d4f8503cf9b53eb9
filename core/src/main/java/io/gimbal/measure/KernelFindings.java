package io.gimbal.measure;

import io.gimbal.device.KernelCounts;
import io.gimbal.device.KernelResources;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToLongFunction;

/** What a reader of a kernel's figures should look at, as sentences with lines of its source. */
final class KernelFindings {
    /** From here on more than what a row's ragged ends cost is told. */
    private static final double TOLD = 1.5;
    private static final int MOST_LINES = 5;

    private KernelFindings() {}

    static List<String> of(CompiledKernel kernel, KernelResources needs, Optional<KernelCounts> counts) {
        List<String> findings = new ArrayList<>();
        if (needs.spillBytes() > 0) {
            findings.add(kernel.place() + " spills: it has too few registers (" + needs.registers()
                    + "), and stores and loads " + needs.spillBytes() + " bytes of them a thread.");
        } else if (needs.stackBytes() > 0) {
            findings.add(kernel.place() + " has " + needs.stackBytes() + " bytes of local memory a thread: an array "
                    + "that is indexed at run time, or what it calls.");
        }
        counts.ifPresent(did -> {
            add(findings, did, KernelCounts.Line::sectorsLoaded, KernelCounts.Line::fewestLoaded,
                    "its loads are not coalesced: they take %d sectors of 32 bytes, where %d hold what they ask for");
            add(findings, did, KernelCounts.Line::sectorsStored, KernelCounts.Line::fewestStored,
                    "its stores are not coalesced: they take %d sectors of 32 bytes, where %d hold what they write");
            add(findings, did, KernelCounts.Line::sharedPasses, KernelCounts.Line::fewestPasses,
                    "banks of shared memory conflict: its requests take %d passes, where %d would do");
        });
        return findings;
    }

    private static void add(List<String> findings, KernelCounts counts, ToLongFunction<KernelCounts.Line> took,
            ToLongFunction<KernelCounts.Line> fewest, String sentence) {
        Comparator<KernelCounts.Line> byExcess = Comparator.comparingLong(line -> fewest.applyAsLong(line)
                - took.applyAsLong(line));
        counts.lines().stream().filter(line -> took.applyAsLong(line) >= TOLD * fewest.applyAsLong(line)
                && fewest.applyAsLong(line) > 0).sorted(byExcess).limit(MOST_LINES).forEach(line -> findings.add(
                line.place() + ": " + String.format(Locale.ROOT, sentence + " (%.1f times).", took.applyAsLong(line),
                        fewest.applyAsLong(line), (double) took.applyAsLong(line) / fewest.applyAsLong(line))));
    }
}
