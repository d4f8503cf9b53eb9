package io.gimbal.report;

import io.gimbal.device.KernelCounts;
import io.gimbal.device.KernelResources;
import io.gimbal.measure.KernelArgument;
import io.gimbal.measure.KernelBench;
import io.gimbal.measure.KernelLaunch;
import io.gimbal.measure.MeasuredKernel;
import io.gimbal.measure.OutputCheck;
import io.gimbal.shaded.jackson.databind.node.ArrayNode;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What launches of somebody's own kernels were measured to do, as text, JSON and a picture. Not thread-safe. */
public final class KernelReport {
    private final String architecture;
    private final List<KernelArgument> arguments;
    private final long seed;
    private final List<MeasuredKernel> rows = new ArrayList<>();
    private final List<KernelBench.Pair> pairs = new ArrayList<>();
    private double copyBytesPerSecond = Double.NaN;

    /**
     * With nothing in it yet.
     *
     * @param architecture that the kernels were compiled for
     * @param arguments    the kernels', as they were given
     * @param seed         of random arguments
     */
    public KernelReport(String architecture, List<KernelArgument> arguments, long seed) {
        this.architecture = architecture;
        this.arguments = List.copyOf(arguments);
        this.seed = seed;
    }

    /**
     * Adds a launch.
     *
     * @param measured what it took, or was counted to do
     */
    public void add(MeasuredKernel measured) {
        rows.add(measured);
    }

    /**
     * Adds a launch of two kernels.
     *
     * @param pair what both took, or were counted to do
     */
    public void add(KernelBench.Pair pair) {
        pairs.add(pair);
        rows.add(pair.own());
        rows.add(pair.other());
    }

    /**
     * Sets what rates are compared with: bytes read and written a second by a copy.
     *
     * @param bytesPerSecond above 0
     */
    public void copy(double bytesPerSecond) {
        copyBytesPerSecond = bytesPerSecond;
    }

    /** {@return whether all checks passed} */
    public boolean passed() {
        return rows.stream().allMatch(MeasuredKernel::passed);
    }

    private boolean timed() {
        return rows.stream().anyMatch(row -> row.times().isPresent());
    }

    /** {@return tables, and sentences on what they show} */
    public String text() {
        StringBuilder text = new StringBuilder();
        text.append("Arguments: ").append(arguments.isEmpty() ? "none" : String.join(", ", arguments.stream()
                .map(KernelArgument::toString).toList())).append(", seed ").append(seed).append(".\n");
        if (timed()) {
            text.append(String.format(Locale.ROOT, "A copy from device to device moves %.1f GB/s, read and written.%n",
                    copyBytesPerSecond / 1e9)).append(times());
        }
        if (rows.stream().anyMatch(row -> row.counts().isPresent())) {
            text.append(counts());
        }
        text.append(needs());
        Set<String> sentences = new LinkedHashSet<>();
        rows.forEach(row -> row.findings().forEach(finding -> sentences.add(of(row) + finding)));
        rows.forEach(row -> row.checks().forEach(check -> sentences.add(of(row) + check.text())));
        for (KernelBench.Pair pair : pairs) {
            if (pair.own().times().isPresent()) {
                sentences.add(of(pair.own()) + String.format(Locale.ROOT, "%s takes %.2f times as long as %s.",
                        pair.other().kernel(), pair.ratio(), pair.own().kernel()));
            }
        }
        sentences.forEach(sentence -> text.append(sentence).append('\n'));
        if (!timed()) {
            text.append("No time was measured: the kernel's PTX for ").append(architecture).append(" was run "
                    + "instruction by instruction, and found without races\nand accesses out of place on these "
                    + "arguments. The least time is what the counts come to at an H200's limits; a real\nlaunch takes "
                    + "longer.\n");
        }
        return text.toString();
    }

    /** Which launch a sentence is of, where there are several. */
    private String of(MeasuredKernel row) {
        return rows.size() - pairs.size() > 1 ? "[" + row.launch() + "] " : "";
    }

    private static String number(String format, double value) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, format, value);
    }

    private Table times() {
        Table table = new Table("kernel", "grid", "block", "cold", "from", "to", "warm", "GB/s", "of a copy");
        for (MeasuredKernel row : rows) {
            MeasuredKernel.Times times = row.times().orElseThrow();
            table.row(row.kernel(), row.launch().grid().toString(), row.launch().block().toString(),
                    microseconds(times.cold().median()), microseconds(times.cold().least()),
                    microseconds(times.cold().most()), microseconds(times.warm().median()),
                    number("%.1f", row.bytesPerSecond() / 1e9),
                    number("%.0f %%", 100 * row.bytesPerSecond() / copyBytesPerSecond));
        }
        return table;
    }

    private static String microseconds(double seconds) {
        return number("%.2f us", 1e6 * seconds);
    }

    private Table counts() {
        Table table = new Table("kernel", "grid", "block", "MB", "loads", "stores", "conflicts", "instructions",
                "least time", "by");
        for (MeasuredKernel row : rows) {
            KernelCounts counts = row.counts().orElseThrow();
            table.row(row.kernel(), row.launch().grid().toString(), row.launch().block().toString(),
                    number("%.3f", row.bytes() / 1e6), number("%.2f", counts.loads()), number("%.2f", counts.stores()),
                    number("%.2f", counts.conflicts()), Long.toString(counts.warpInstructions()),
                    microseconds(row.least().orElseThrow().seconds()), row.least().orElseThrow().limit().text());
        }
        return table;
    }

    private Table needs() {
        Table table = new Table("kernel", "block", "registers", "spilled", "local", "shared", "resident", "occupancy");
        Set<List<Object>> shown = new LinkedHashSet<>();
        for (MeasuredKernel row : rows) {
            KernelLaunch launch = row.launch();
            KernelResources needs = row.resources();
            if (shown.add(List.of(row.place(), launch.block(), launch.sharedBytes()))) {
                table.row(row.kernel(), launch.block().toString(), Integer.toString(needs.registers()),
                        Integer.toString(needs.spillBytes()), Integer.toString(needs.stackBytes()),
                        Integer.toString(needs.sharedBytes() + launch.sharedBytes()),
                        row.resident().isPresent() ? Integer.toString(row.resident().getAsInt()) : "-",
                        number("%.0f %%", 100 * row.occupancy()));
            }
        }
        return table;
    }

    /**
     * Adds all of it, of what was counted every line of source too.
     *
     * @param node takes the members
     */
    public void putJson(ObjectNode node) {
        node.put("architecture", architecture).put("seed", seed);
        ArrayNode given = node.putArray("arguments");
        arguments.forEach(argument -> given.add(argument.toString()));
        if (!Double.isNaN(copyBytesPerSecond)) {
            node.put("copy_bytes_a_second", copyBytesPerSecond);
        }
        node.put("passed", passed());
        ArrayNode all = node.putArray("kernels");
        rows.forEach(row -> put(all.addObject(), row));
        if (!pairs.isEmpty() && timed()) {
            ArrayNode ratios = node.putArray("ratios");
            pairs.forEach(pair -> ratios.add(pair.ratio()));
        }
    }

    private void put(ObjectNode node, MeasuredKernel row) {
        KernelResources needs = row.resources();
        node.put("kernel", row.kernel()).put("grid", row.launch().grid().toString())
                .put("block", row.launch().block().toString()).put("launch_shared_bytes", row.launch().sharedBytes())
                .put("bytes", row.bytes()).put("registers", needs.registers()).put("stack_bytes", needs.stackBytes())
                .put("spill_bytes", needs.spillBytes()).put("shared_bytes", needs.sharedBytes());
        row.resident().ifPresent(resident -> node.put("resident_blocks", resident).put("occupancy", row.occupancy()));
        row.times().ifPresent(times -> {
            Figures.put(node, "cold_s", times.cold());
            Figures.put(node, "warm_s", times.warm());
            node.put("bytes_a_second", row.bytesPerSecond())
                    .put("share_of_copy", row.bytesPerSecond() / copyBytesPerSecond);
        });
        row.least().ifPresent(least -> node.put("least_s", least.seconds()).put("least_by", least.limit().text()));
        row.counts().ifPresent(counts -> CountsReport.put(node, counts));
        ArrayNode checks = node.putArray("checks");
        for (OutputCheck check : row.checks()) {
            checks.addObject().put("output", check.output()).put("numbers", check.count())
                    .put("tolerance", check.tolerance()).put("wrong", check.wrong()).put("first_wrong", check.first())
                    .put("largest_difference", Double.isFinite(check.worst()) ? check.worst() : null);
        }
        ArrayNode findings = node.putArray("findings");
        row.findings().forEach(findings::add);
    }

    /** {@return the launches' times as SVG: bars, the shortest time's the shortest; without a GPU the least times} */
    public String picture() {
        return BarPicture.of(timed() ? "Time of a launch, microseconds, cold caches" : "Least time of a launch on an "
                + "H200, microseconds, by its counts (not "
                + "measured)", rows.stream().map(row -> new BarPicture.Bar(row.kernel()
                + ", " + row.launch(), 1e6 * row.times().map(times -> times.cold().median()).orElseGet(() ->
                row.least().orElseThrow().seconds()))).toList());
    }
}
