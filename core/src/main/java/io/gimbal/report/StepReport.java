package io.gimbal.report;

import io.gimbal.device.KernelCounts;
import io.gimbal.device.Precision;
import io.gimbal.engine.KeptApart;
import io.gimbal.graph.Shape;
import io.gimbal.measure.KernelTable;
import io.gimbal.measure.Limit;
import io.gimbal.measure.PlannedRanks;
import io.gimbal.measure.PlannedStep;
import io.gimbal.measure.PlannedStep.Cost;
import io.gimbal.measure.PlannedStep.Layer;
import io.gimbal.measure.PlannedStep.Memory;
import io.gimbal.measure.PlannedStep.PlannedConvolution;
import io.gimbal.measure.PlannedStep.PlannedKernel;
import io.gimbal.shaded.jackson.core.JsonProcessingException;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.json.JsonMapper;
import io.gimbal.shaded.jackson.databind.node.ArrayNode;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import io.gimbal.storage.AtomicFile;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A planned step as text and as JSON.
 *
 * @param name      the configuration's
 * @param batch     examples a step
 * @param precision what the step's tensors and products are
 * @param step      the step
 * @param equal     the same step with equal weights, by which balancing's share is told
 * @param ranks     what ranks exchange, of which each has such a step; empty where there is one
 * @param later     the same step where W lies as late as it can; empty where it does, or balancing does not add much
 */
public record StepReport(String name, int batch, Precision precision, PlannedStep step, PlannedStep equal,
        Optional<LaterW> later, Optional<PlannedRanks> ranks) {
    /** Of a step, from which on W is said to lie too early. */
    private static final double TOO_MUCH = 1.0 / 3;

    /**
     * A step that measures at another parameter.
     *
     * @param name the parameter's
     * @param step which measures there
     */
    public record LaterW(String name, PlannedStep step) {}

    private static final double KIBI = 1 << 10;
    private static final double MEBI = 1 << 20;
    private static final JsonMapper MAPPER = new JsonMapper();

    /** {@return several tables and lines} */
    public String text() {
        StringBuilder text = new StringBuilder();
        text.append("%s, batch %d, %s, planned for %s; nothing was run%n".formatted(name, batch, precision.text(),
                step.device()));
        text.append(layers()).append(convolutions()).append(kernels()).append(keptApart()).append(memory())
                .append(cost()).append(exchanges()).append(warning());
        return text.toString();
    }

    private Table layers() {
        Table table = new Table("layer", "kind", "output", "parameters");
        for (Layer layer : step.layers()) {
            table.row(layer.name(), layer.kind(), shape(layer.output()), count(layer.parameters()));
        }
        return table.row("all", "", "", count(parameters()));
    }

    private Table convolutions() {
        Table table = new Table("convolution of", "direction", "N x C x H x W -> K", "engine", "offered",
                "workspace MiB", "GFLOP");
        for (PlannedConvolution convolution : step.convolutions()) {
            table.row(convolution.layer(), convolution.direction(), convolution.geometry(),
                    engine(convolution), Integer.toString(convolution.candidates()),
                    String.format(Locale.ROOT, "%.1f", convolution.workspaceBytes() / MEBI),
                    String.format(Locale.ROOT, "%.2f", convolution.operations() / 1e9));
        }
        return table;
    }

    private Table kernels() {
        Table table = new Table("kernel", "launches", "GB", "GB moved", "GB asked for", "instructions a KB",
                "at the limits", "bound by");
        step.kernels().stream().sorted(Comparator.comparingDouble((PlannedKernel kernel) -> kernel.cost().seconds())
                .thenComparing(kernel -> kernel.cost().bytes()).reversed()).forEach(kernel -> table.row(
                        kernel.kernel(), Integer.toString(kernel.launches()),
                        figure("%.3f", kernel.cost().bytes() / 1e9), figure("%.3f", kernel.movedBytes() / 1e9),
                        figure("%.3f", (kernel.loaded() + kernel.stored()) * KernelCounts.SECTOR_BYTES / 1e9),
                        figure("%.0f", kernel.instructions() * KIBI / kernel.cost().bytes()),
                        figure("%.3f ms", 1e3 * kernel.cost().seconds()),
                        kernel.limit().map(Limit::text).orElse("-")));
        return table;
    }

    private static String figure(String format, double value) {
        if (Double.isNaN(value)) {
            return "-";
        }
        String text = String.format(Locale.ROOT, format, value);
        return text.matches("-0[.]0+\\b.*") ? text.substring(1) : text;
    }

    /**
     * {@return the engine's number with the architecture that it was written for, or its name where it has one}
     *
     * @param convolution which was planned
     */
    public static String engine(PlannedConvolution convolution) {
        JsonNode plan = description(convolution);
        int architecture = plan.path("engine").path("smVersion").asInt(0);
        String name = plan.path("engine_name").asText("");
        String title = architecture > 0 ? "sm_" + architecture / 10 : name;
        return convolution.engine() + (title.isEmpty() ? "" : " (" + title + ")");
    }

    static JsonNode description(PlannedConvolution convolution) {
        try {
            return MAPPER.readTree(convolution.description());
        } catch (JsonProcessingException damaged) {
            throw new IllegalStateException("cuDNN's description of a plan is no JSON: " + damaged.getMessage(),
                    damaged);
        }
    }

    /** The values that carry several tasks' cotangents, and what that adds to the step with equal weights. */
    private String keptApart() {
        if (step.keptApart().isEmpty()) {
            return "";
        }
        Table table = new Table("kept apart by task", "tasks", "cotangents MiB", "GFLOP added", "GB added", "added");
        Cost left = step.cost().minus(equal.cost());
        for (KeptApart value : step.keptApart()) {
            Cost added = added(value);
            left = left.minus(added);
            row(table, value.operation(), String.join(", ", value.tasks()), figure("%.1f", value.bytes() / MEBI),
                    added);
        }
        row(table, "norms, balancing, sums", "", "", left);
        return table.toString();
    }

    private static void row(Table table, String operation, String tasks, String cotangents, Cost added) {
        table.row(operation, tasks, cotangents, figure("%.2f", added.operations() / 1e9),
                figure("%.3f", added.bytes() / 1e9), figure("%.3f ms", 1e3 * added.seconds()));
    }

    /**
     * What the operation that leaves the value costs more than with equal weights, with which it may be joined to
     * another.
     */
    private Cost added(KeptApart value) {
        return step.section(value.operation()).minus(equal.section(value.operation()));
    }

    private String warning() {
        if (!balancingIsMuch(step, equal)) {
            return "";
        }
        String start = String.format(Locale.ROOT, "Warning: W lies so early that balancing adds %.0f %% to the step:"
                + " behind W each task's cotangents are kept apart. ", 100 * share(step, equal));
        String last = "It is the last weight on which all tasks depend: a network that parts later, or fixed weights,"
                + " would cost less" + System.lineSeparator();
        return start + later.map(other -> String.format(Locale.ROOT, "Measured at '%s' it would add %.0f %%: name that"
                + " in model.shared%n", other.name(), 100 * share(other.step(), equal))).orElse(last);
    }

    private String exchanges() {
        return ranks.map(all -> {
            StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "%d ranks, %d examples each: %.3f MB a "
                    + "step in %d exchanges beside the backward pass, %.3f MB in %d that are waited for%n", all.ranks(),
                    all.examples(), all.besideBytes() / 1e6, all.beside(), all.awaitedBytes() / 1e6, all.awaited()));
            all.times().ifPresent(times -> text.append(String.format(Locale.ROOT, "By %s: a step of %.3f ms where one "
                    + "rank's launches take %.3f and the exchanges %.3f, of which %.3f hide; efficiency %.1f %%, %.2f "
                    + "times one rank's examples a second%n", all.link().name(), 1e3 * times.step(),
                    1e3 * times.alone(), 1e3 * times.exchanges(), 1e3 * times.hidden(), 100 * times.efficiency(),
                    all.ranks() * times.efficiency())));
            return text.append("The link: ").append(all.link().source()).append(System.lineSeparator()).toString();
        }).orElse("");
    }

    private String memory() {
        Memory memory = step.memory();
        return String.format(Locale.ROOT, "Memory: %.1f MiB; of it the arena %.1f (at most %.1f alive at once), "
                        + "parameters, gradients, statistics and any averages %.1f, "
                        + "batches and the optimiser's state %.1f%n",
                memory.total() / MEBI, memory.arena() / MEBI, memory.mostAlive() / MEBI, memory.model() / MEBI,
                memory.step() / MEBI);
    }

    private String cost() {
        StringBuilder text = new StringBuilder();
        text.append(String.format(Locale.ROOT, "The network: %,d parameters; %.3f G multiply-adds forward, an "
                + "example%n", parameters(), step.multiplyAdds() / 1e9));
        text.append(String.format(Locale.ROOT, "A step: %d convolutions and %d matrix products, %.3f TFLOP and %.2f "
                        + "GB; %d other kernels, %.2f GB%n", step.convolutions().size(), step.products(),
                step.productCost().operations() / 1e12, step.productCost().bytes() / 1e9, step.launches(),
                step.kernelCost().bytes() / 1e9));
        if (step.limits().isEmpty()) {
            return text.append("The device's limits are not known: no time is estimated").append(
                    System.lineSeparator()).toString();
        }
        text.append(String.format(Locale.ROOT, "At the device's limits, each launch for itself: %.3f ms (convolutions "
                        + "and products %.3f, other kernels %.3f)", 1e3 * step.cost().seconds(),
                1e3 * step.productCost().seconds(), 1e3 * step.kernelCost().seconds()));
        text.append(String.format(Locale.ROOT, "; with equal weights %.3f ms, so that balancing adds %.2f %%%n",
                1e3 * equal.cost().seconds(), 100 * share(step, equal)));
        text.append("Bound by: ").append(step.bound().entrySet().stream().map(entry -> String.format(Locale.ROOT,
                "%s %.3f ms", entry.getKey().text(), 1e3 * entry.getValue())).collect(Collectors.joining(", ")))
                .append(System.lineSeparator());
        text.append("This is an estimate, not a measurement. Its limits: ").append(step.limits().get().source())
                .append(System.lineSeparator());
        step.limits().get().multiprocessors().ifPresent(all -> text.append(String.format(Locale.ROOT, "Kernels by "
                + "counts of their PTX for %s, which stands for the GPU's own instructions; %d multiprocessors at "
                + "%.2f GHz, each 4 instructions of warps and 4 sectors a clock, 2 of them stored%n",
                KernelTable.BUILT_IN.architecture(), all.count(), all.clocksPerSecond() / 1e9)));
        return text.toString();
    }

    /**
     * {@return whether balancing adds so much to the step with equal weights that W is said to lie too early}
     *
     * @param step  with its own balancing
     * @param equal the same with equal weights
     */
    public static boolean balancingIsMuch(PlannedStep step, PlannedStep equal) {
        return share(step, equal) > TOO_MUCH;
    }

    /** What balancing adds to the step with equal weights, as a part of it: of its time, or else of its operations. */
    private static double share(PlannedStep balanced, PlannedStep equal) {
        return equal.limits().isPresent() ? balanced.cost().seconds() / equal.cost().seconds() - 1
                : balanced.cost().operations() / equal.cost().operations() - 1;
    }

    private long parameters() {
        return step.layers().stream().mapToLong(Layer::parameters).sum();
    }

    /**
     * Adds what is known of a convolution's engine to a JSON object, cuDNN's own words among it.
     *
     * @param node        takes the members
     * @param convolution which was planned
     */
    public static void putEngine(ObjectNode node, PlannedConvolution convolution) {
        node.put("number", convolution.engine()).put("description", convolution.settings())
                .put("candidates", convolution.candidates()).put("workspace_bytes", convolution.workspaceBytes());
        convolution.notes().forEach(node.putArray("notes")::add);
        node.set("cudnn", description(convolution).path("engine"));
    }

    private static String count(long value) {
        return String.format(Locale.ROOT, "%d", value);
    }

    private static String shape(Shape shape) {
        return shape.describe();
    }

    /**
     * Writes all of it as JSON.
     *
     * @param file is replaced if it is there
     * @throws io.gimbal.config.UserException if the file cannot be written
     */
    public void writeJson(Path file) {
        AtomicFile.writeText(file, json().toPrettyString() + "\n");
    }

    private ObjectNode json() {
        ObjectNode root = MAPPER.createObjectNode().put("name", name).put("batch", batch)
                .put("precision", precision.text()).put("device", step.device());
        ArrayNode layers = root.putArray("layers");
        for (Layer layer : step.layers()) {
            layers.addObject().put("name", layer.name()).put("kind", layer.kind())
                    .put("output", layer.output().describe()).put("parameters", layer.parameters());
        }
        ArrayNode convolutions = root.putArray("convolutions");
        for (PlannedConvolution convolution : step.convolutions()) {
            ObjectNode node = convolutions.addObject().put("layer", convolution.layer())
                    .put("direction", convolution.direction()).put("geometry", convolution.geometry())
                    .put("engine", convolution.engine()).put("candidates", convolution.candidates())
                    .put("workspace_bytes", convolution.workspaceBytes()).put("operations", convolution.operations())
                    .put("bytes", convolution.bytes());
            convolution.notes().forEach(node.putArray("notes")::add);
            node.set("cudnn", description(convolution).path("engine"));
        }
        ArrayNode kernels = root.putArray("kernels");
        step.kernels().forEach(kernel -> put(kernels.addObject(), kernel));
        ArrayNode keptApart = root.putArray("kept_apart");
        step.keptApart().forEach(value -> {
            ObjectNode node = keptApart.addObject().put("layer", value.operation())
                    .put("shape", value.shape().describe())
                    .put("cotangent_bytes", value.bytes());
            value.tasks().forEach(node.putArray("tasks")::add);
            put(node.putObject("added"), added(value));
        });
        Memory memory = step.memory();
        root.putObject("memory_bytes").put("total", memory.total()).put("arena", memory.arena())
                .put("most_alive", memory.mostAlive()).put("model", memory.model()).put("step", memory.step());
        root.putObject("network").put("parameters", parameters()).put("multiply_adds", step.multiplyAdds());
        ObjectNode work = root.putObject("step").put("convolutions", step.convolutions().size())
                .put("products", step.products()).put("kernels", step.launches());
        put(work.putObject("convolutions_and_products"), step.productCost());
        put(work.putObject("other_kernels"), step.kernelCost());
        put(work.putObject("all"), step.cost());
        put(work.putObject("all_with_equal_weights"), equal.cost());
        step.limits().ifPresent(limits -> {
            putBound(work, "bound_seconds", step);
            putBound(work, "bound_seconds_with_equal_weights", equal);
            ObjectNode assumed = root.putObject("assumed_limits").put("bf16_flops", limits.bf16Flops())
                    .put("tf32_flops", limits.tf32Flops()).put("float32_flops", limits.float32Flops())
                    .put("bytes_per_second", limits.bytesPerSecond()).put("source", limits.source());
            limits.multiprocessors().ifPresent(all -> assumed.put("multiprocessors", all.count())
                    .put("clocks_per_second", all.clocksPerSecond()));
        });
        ranks.ifPresent(all -> put(root.putObject("ranks"), all));
        return root;
    }

    private static void put(ObjectNode node, PlannedRanks all) {
        node.put("count", all.ranks()).put("examples", all.examples()).put("awaited_exchanges", all.awaited())
                .put("awaited_bytes", all.awaitedBytes()).put("exchanges_beside", all.beside())
                .put("bytes_beside", all.besideBytes());
        node.putObject("link").put("name", all.link().name()).put("bytes_per_second", all.link().bytesPerSecond())
                .put("latency_seconds", all.link().latency()).put("source", all.link().source());
        all.times().ifPresent(times -> node.putObject("seconds").put("step", times.step())
                .put("launches", times.alone()).put("exchanges", times.exchanges()).put("hidden", times.hidden())
                .put("efficiency", times.efficiency()));
    }

    private static void putBound(ObjectNode node, String name, PlannedStep planned) {
        ObjectNode bound = node.putObject(name);
        planned.bound().forEach((limit, seconds) -> bound.put(limit.text(), seconds));
    }

    private void put(ObjectNode node, PlannedKernel kernel) {
        node.put("kernel", kernel.kernel()).put("launches", kernel.launches()).put("moved_bytes", kernel.movedBytes())
                .put("sectors_loaded", kernel.loaded()).put("sectors_stored", kernel.stored())
                .put("warp_instructions", kernel.instructions());
        put(node, kernel.cost());
        kernel.limit().ifPresent(limit -> node.put("bound_by", limit.text()));
    }

    private void put(ObjectNode node, Cost cost) {
        node.put("operations", cost.operations()).put("bytes", cost.bytes());
        if (step.limits().isPresent()) {
            node.put("seconds_at_limits", cost.seconds());
        }
    }
}
