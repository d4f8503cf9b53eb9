package io.gimbal.report;

import static io.gimbal.report.Figures.milliseconds;

import io.gimbal.dnn.DeviceLimits;
import io.gimbal.measure.Distribution;
import io.gimbal.measure.StepProfile;
import io.gimbal.measure.StepProfile.Piece;
import io.gimbal.measure.StepProfile.Sum;
import io.gimbal.shaded.jackson.databind.node.ArrayNode;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Where the time of a step goes, as text and as JSON.
 *
 * @param profile what was measured
 */
public record ProfileReport(StepProfile profile) {
    private static final int MOST_ROWS = 40;

    /** {@return two tables and some lines; of the pieces the largest {@value #MOST_ROWS}, the others summed} */
    public String text() {
        return pieces().toString() + kinds() + agreement();
    }

    private Table pieces() {
        List<Piece> largest = profile.pieces().stream().sorted(Comparator.comparingDouble(Piece::alone).reversed())
                .toList();
        int shown = Math.min(MOST_ROWS, largest.size());
        Table table = new Table("part of", "what", "of", "engine", "times", "alone", "share", "rate", "at the limits",
                "over them", "in order");
        for (Piece piece : largest.subList(0, shown)) {
            Sum sum = StepProfile.sum(List.of(piece));
            table.row(piece.section(), piece.kind(), piece.shape(),
                    piece.convolution().map(StepReport::engine).orElse(""), Integer.toString(piece.count()),
                    milliseconds(sum.alone()), share(sum), rate(piece.kind(), sum), milliseconds(sum.cost().seconds()),
                    overLeast(sum), milliseconds(sum.inOrder()));
        }
        if (shown < largest.size()) {
            row(table, largest.size() - shown + " others", StepProfile.sum(largest.subList(shown, largest.size())));
        }
        row(table, "all", profile.sum());
        return table;
    }

    private void row(Table table, String name, Sum sum) {
        table.row(name, "", "", "", Integer.toString(sum.count()), milliseconds(sum.alone()), share(sum), "",
                milliseconds(sum.cost().seconds()), overLeast(sum), milliseconds(sum.inOrder()));
    }

    private Table kinds() {
        Table table = new Table("kind", "times", "alone", "share", "rate", "at the limits", "over them", "in order");
        profile.byKind().entrySet().stream().sorted(Comparator.comparingDouble(entry ->
                -entry.getValue().alone())).forEach(entry -> {
                    Sum sum = entry.getValue();
                    table.row(entry.getKey(), Integer.toString(sum.count()), milliseconds(sum.alone()), share(sum),
                            rate(entry.getKey(), sum), milliseconds(sum.cost().seconds()), overLeast(sum),
                            milliseconds(sum.inOrder()));
                });
        return table;
    }

    private String agreement() {
        Sum all = profile.sum();
        Distribution step = profile.step();
        Distribution upload = profile.upload();
        return String.format(Locale.ROOT, "The whole step as one graph takes %.3f ms (%.3f to %.3f). Its parts, each "
                        + "by itself, sum to %.1f %% of that; where they stand, to %.1f %%.%n"
                        + "Beside it a batch of %.2f MB is uploaded in %.3f ms, %.2f GB/s.%n"
                        + "The limits: %s; a part that a cache holds may pass them.%n", 1e3 * step.median(),
                1e3 * step.least(), 1e3 * step.most(), 100 * all.alone() / step.median(),
                100 * all.inOrder() / step.median(), profile.uploadBytes() / 1e6, 1e3 * upload.median(),
                profile.uploadBytes() / upload.median() / 1e9, profile.limits().source());
    }

    private String share(Sum sum) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * sum.alone() / profile.sum().alone());
    }

    private static String overLeast(Sum sum) {
        return String.format(Locale.ROOT, "%.2f", sum.alone() / sum.cost().seconds());
    }

    /** Of products the operations, of kernels the bytes. */
    private static String rate(String kind, Sum sum) {
        boolean multiplies = kind.equals("product") || kind.startsWith("convolution ");
        return multiplies ? String.format(Locale.ROOT, "%.3f TFLOP/s", sum.cost().operations() / sum.alone() / 1e12)
                : String.format(Locale.ROOT, "%.1f GB/s", sum.cost().bytes() / sum.alone() / 1e9);
    }

    /**
     * Adds all of it to a JSON object: seconds, bytes, and bytes and FLOP a second.
     *
     * @param node takes the members
     */
    public void putJson(ObjectNode node) {
        Figures.put(node, "step_s", profile.step());
        ObjectNode upload = node.putObject("upload").put("bytes", profile.uploadBytes())
                .put("bytes_a_second", profile.uploadBytes() / profile.upload().median());
        Figures.put(upload, "upload_s", profile.upload());
        DeviceLimits limits = profile.limits();
        node.putObject("limits").put("bf16_flops", limits.bf16Flops()).put("tf32_flops", limits.tf32Flops())
                .put("float32_flops", limits.float32Flops()).put("bytes_per_second", limits.bytesPerSecond())
                .put("source", limits.source());
        Sum all = profile.sum();
        put(node.putObject("sum"), all);
        node.put("alone_over_step", all.alone() / profile.step().median())
                .put("in_order_over_step", all.inOrder() / profile.step().median());
        ArrayNode kinds = node.putArray("kinds");
        profile.byKind().forEach((kind, sum) -> put(kinds.addObject().put("kind", kind), sum));
        ArrayNode pieces = node.putArray("pieces");
        profile.pieces().forEach(piece -> put(pieces.addObject(), piece));
    }

    private void put(ObjectNode node, Piece piece) {
        node.put("section", piece.section()).put("kind", piece.kind()).put("of", piece.shape());
        piece.blocks().ifPresent(blocks -> node.put("blocks", blocks));
        piece.convolution().ifPresent(convolution -> StepReport.putEngine(node.putObject("engine"), convolution));
        put(node, StepProfile.sum(List.of(piece)));
        ArrayNode instructions = node.putArray("instructions");
        piece.instructions().forEach(instructions::add);
    }

    private void put(ObjectNode node, Sum sum) {
        node.put("count", sum.count()).put("alone_s", sum.alone()).put("in_order_s", sum.inOrder())
                .put("share", sum.alone() / profile.sum().alone()).put("operations", sum.cost().operations())
                .put("bytes", sum.cost().bytes()).put("flop_a_second", sum.cost().operations() / sum.alone())
                .put("bytes_a_second", sum.cost().bytes() / sum.alone()).put("least_s", sum.cost().seconds())
                .put("over_least", sum.alone() / sum.cost().seconds());
    }
}
