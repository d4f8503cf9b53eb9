package io.gimbal.proof.page;

import io.gimbal.proof.Phase;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.json.JsonMapper;
import io.gimbal.shaded.jackson.databind.node.ArrayNode;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a phase found: checks, figures, and a page for people. Written as {@code PHASE.json} and {@code PHASE.md} after
 * every piece of the phase, so that a phase that is cut off leaves what it had. Not thread-safe.
 */
public final class Findings {
    public static final JsonMapper MAPPER = new JsonMapper();

    private final Phase phase;
    private final ObjectNode about;
    private final List<Check> checks = new ArrayList<>();
    private final ObjectNode figures = MAPPER.createObjectNode();
    private final ObjectNode claims = MAPPER.createObjectNode();
    private final StringBuilder page = new StringBuilder();
    private final boolean judged;

    /**
     * @param about  the date, the device and the versions, for whoever reads the files alone
     * @param judged whether the claims' bars count: they are a GPU's
     */
    public Findings(Phase phase, ObjectNode about, boolean judged) {
        this.phase = phase;
        this.about = about;
        this.judged = judged;
    }

    public void check(String name, boolean holds, String measured, String bar, String note) {
        checks.add(new Check(name, holds ? Status.PASSED : Status.FAILED, measured, bar, note));
    }

    /** A check of what only a GPU must do; elsewhere what was measured is told. */
    public void checkOnGpu(String name, boolean holds, String measured, String bar, String note) {
        checks.add(judged ? new Check(name, holds ? Status.PASSED : Status.FAILED, measured, bar, note)
                : new Check(name, Status.NOT_MEASURED, measured, bar, "the bar is a GPU's"
                + (note.isEmpty() ? "" : "; " + note)));
    }

    public void notMeasured(String name, String bar, String why) {
        checks.add(new Check(name, Status.NOT_MEASURED, "", bar, why));
    }

    /** A claim's figure. It is a check on a GPU; elsewhere most are told, and no bar stands against them. */
    public void claim(Claim claim, double value, String note) {
        claims.put(claim.key(), value);
        if (claim.everywhere()) {
            check(claim.text(), claim.holds(value), claim.written(value), claim.barText(), note);
        } else {
            checkOnGpu(claim.text(), claim.holds(value), claim.written(value), claim.barText(), note);
        }
    }

    public void notMeasured(Claim claim, String why) {
        notMeasured(claim.text(), claim.barText(), why);
    }

    /** All figures, for machines. */
    public ObjectNode figures() {
        return figures;
    }

    public Findings heading(String title) {
        page.append("\n## ").append(title).append("\n\n");
        return this;
    }

    public Findings text(String paragraph) {
        page.append(paragraph).append("\n\n");
        return this;
    }

    public Findings list(List<String> lines) {
        lines.forEach(line -> page.append("* ").append(line).append('\n'));
        page.append('\n');
        return this;
    }

    /** A picture that lies beside the page. */
    public Findings picture(String title, String file) {
        page.append("![").append(title).append("](").append(file).append(")\n\n");
        return this;
    }

    public Findings table(List<String> headings, List<List<String>> rows) {
        page.append(MarkdownTable.of(headings, rows)).append('\n');
        return this;
    }

    public boolean failed() {
        return checks.stream().anyMatch(check -> check.status() == Status.FAILED);
    }

    public long count(Status status) {
        return checks.stream().filter(check -> check.status() == status).count();
    }

    public List<Check> checks() {
        return List.copyOf(checks);
    }

    public void write(Path folder, double seconds) {
        ObjectNode root = MAPPER.createObjectNode().put("phase", phase.title());
        root.setAll(about);
        root.put("seconds", seconds).put("failed", failed());
        ArrayNode list = root.putArray("checks");
        for (Check check : checks) {
            list.addObject().put("name", check.name()).put("status", check.status().text())
                    .put("measured", check.measured()).put("bar", check.bar()).put("note", check.note());
        }
        root.set("claims", claims);
        root.set("figures", figures);
        TextFile.write(folder.resolve(phase.title() + ".json"), root.toPrettyString() + "\n");
        TextFile.write(folder.resolve(phase.title() + ".md"), markdown(seconds));
    }

    private String markdown(double seconds) {
        StringBuilder text = new StringBuilder("# ").append(phase.title()).append(": ").append(phase.subject())
                .append("\n\n");
        about.properties().forEach(entry -> text.append("* ").append(entry.getKey()).append(": ")
                .append(plain(entry.getValue())).append('\n'));
        text.append(String.format(Locale.ROOT, "* took: %.0f s%n%n", seconds));
        List<List<String>> rows = checks.stream().map(check -> List.of(check.status().text(), check.name(),
                check.measured(), check.bar(), check.note())).toList();
        return text.append(MarkdownTable.of(List.of("", "check", "measured", "must be", "note"), rows)).append(page)
                .toString();
    }

    private static String plain(JsonNode value) {
        return value.isTextual() ? value.textValue() : value.toString();
    }
}
