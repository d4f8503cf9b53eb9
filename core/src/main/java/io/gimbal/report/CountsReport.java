package io.gimbal.report;

import io.gimbal.device.KernelCounts;
import io.gimbal.device.KernelResources;
import io.gimbal.measure.CountedKernel;
import io.gimbal.measure.ImageSize;
import io.gimbal.measure.KernelCounter;
import io.gimbal.measure.KernelTable;
import io.gimbal.shaded.jackson.databind.node.ArrayNode;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What kernels were counted to do, as text and as JSON.
 *
 * @param sizes   of the images
 * @param kernels what each was counted to do
 */
public record CountsReport(List<ImageSize> sizes, List<CountedKernel> kernels) {
    /** {@return a table and what it means} */
    public String text() {
        Table table = new Table("kernel", "of", "loads", "stores", "bytes", "conflicts", "instructions", "registers",
                "spilled", "shared", "resident");
        for (CountedKernel kernel : kernels) {
            KernelResources needs = kernel.resources();
            table.row(kernel.launch().kernel(), kernel.launch().shape(), ratio(kernel.counts().loads()),
                    ratio(kernel.counts().stores()), ratio(kernel.bytes()), ratio(kernel.counts().conflicts()),
                    String.format(Locale.ROOT, "%.0f", kernel.instructions()), Integer.toString(needs.registers()),
                    Integer.toString(needs.spillBytes()), Integer.toString(needs.sharedBytes()),
                    Integer.toString(kernel.resident()));
        }
        return "Counted once each, at " + size() + ".\n" + table
                + """
                Loads, stores: sectors of 32 bytes that warps ask for over the fewest that hold as much. Bytes: unique
                bytes over those that the kernel must move. Conflicts: passes through shared memory over those without
                conflicts. Instructions: of warps a KiB that must be moved. Of ptxas: registers, spilled bytes a thread,
                shared bytes a block, and the blocks of 256 threads that a multiprocessor holds at once.
                """;
    }

    private String size() {
        return sizes.stream().map(ImageSize::toString).collect(Collectors.joining(","));
    }

    private static String ratio(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    /**
     * What {@code gimbal plan} estimates by.
     *
     * @param nvrtc the compiler's version
     * @return the table, of every kernel
     */
    public KernelTable table(String nvrtc) {
        return new KernelTable(KernelCounter.ARCHITECTURE, nvrtc, size(),
                kernels.stream().map(CountedKernel::entry).toList());
    }

    /**
     * Adds all of it, every line of source too.
     *
     * @param node takes the members
     */
    public void putJson(ObjectNode node) {
        node.put("architecture", KernelCounter.ARCHITECTURE);
        ArrayNode all = node.putArray("kernels");
        for (CountedKernel kernel : kernels) {
            KernelCounts counts = kernel.counts();
            KernelResources needs = kernel.resources();
            ObjectNode figures = all.addObject().put("kernel", kernel.launch().kernel())
                    .put("of", kernel.launch().shape()).put("blocks", kernel.launch().blocks())
                    .put("bytes", kernel.cost().bytes()).put("operations", kernel.cost().operations())
                    .put("unique_bytes", kernel.bytes())
                    .put("instructions_a_kibibyte", kernel.instructions())
                    .put("registers", needs.registers()).put("stack_bytes", needs.stackBytes())
                    .put("spill_bytes", needs.spillBytes()).put("shared_bytes", needs.sharedBytes())
                    .put("resident_blocks", kernel.resident());
            put(figures, counts);
        }
    }

    /** Adds what a kernel did, by line of source too. */
    static void put(ObjectNode figures, KernelCounts counts) {
        figures.put("loads", counts.loads()).put("stores", counts.stores()).put("conflicts", counts.conflicts())
                .put("bytes_loaded", counts.bytesLoaded()).put("bytes_stored", counts.bytesStored())
                .put("sectors", counts.sectors()).put("warp_instructions", counts.warpInstructions())
                .put("thread_instructions", counts.threadInstructions()).put("barriers", counts.barriers());
        ArrayNode lines = figures.putArray("lines");
        for (KernelCounts.Line line : counts.lines()) {
            lines.addObject().put("file", line.file()).put("line", line.line())
                    .put("instructions", line.instructions()).put("sectors_loaded", line.sectorsLoaded())
                    .put("fewest_loaded", line.fewestLoaded()).put("sectors_stored", line.sectorsStored())
                    .put("fewest_stored", line.fewestStored()).put("shared_passes", line.sharedPasses())
                    .put("fewest_passes", line.fewestPasses());
        }
    }
}
