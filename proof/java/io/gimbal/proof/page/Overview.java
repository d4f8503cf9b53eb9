package io.gimbal.proof.page;

import io.gimbal.proof.Phase;
import io.gimbal.proof.ProofException;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The first page of a run's folder: its claims' figures, and the pages of its phases. Made anew after each phase from
 * the files that are there, so that a run whose phases were made one by one has one overview.
 *
 * @param about the date, the device and the versions
 */
public record Overview(ObjectNode about) {
    public void write(Path folder) {
        StringBuilder text = new StringBuilder("# Proof of ").append(about.path("date").asText()).append(" on ")
                .append(about.path("device").asText()).append("\n\n");
        List<List<String>> phases = new ArrayList<>();
        List<List<String>> claims = new ArrayList<>();
        for (Phase phase : Phase.values()) {
            JsonNode found = read(folder.resolve(phase.title() + ".json"));
            phases.add(found.isMissingNode() ? List.of(phase.title(), phase.subject(), "not run", "", "", "")
                    : List.of("[" + phase.title() + "](" + phase.title() + ".md)", phase.subject(),
                    Math.round(found.path("seconds").asDouble()) + " s", count(found, Status.PASSED),
                    count(found, Status.FAILED), count(found, Status.NOT_MEASURED)));
            for (Claim claim : Claim.values()) {
                if (claim.phase() == phase) {
                    JsonNode value = found.path("claims").path(claim.key());
                    claims.add(List.of(claim.text(), value.isNumber() ? claim.written(value.doubleValue())
                            : "not measured", claim.barText()));
                }
            }
        }
        text.append(MarkdownTable.of(List.of("phase", "", "took", "passed", "failed", "not measured"), phases))
                .append('\n').append(MarkdownTable.of(List.of("claim", "measured", "must be"), claims));
        TextFile.write(folder.resolve("README.md"), text);
    }

    private static String count(JsonNode found, Status status) {
        long count = 0;
        for (JsonNode check : found.path("checks")) {
            count += check.path("status").asText().equals(status.text()) ? 1 : 0;
        }
        return Long.toString(count);
    }

    private static JsonNode read(Path file) {
        try {
            return Files.exists(file) ? Findings.MAPPER.readTree(file.toFile())
                    : Findings.MAPPER.missingNode();
        } catch (IOException damaged) {
            throw new ProofException(file + " is damaged: " + damaged.getMessage() + "; delete it, or name another "
                    + "folder with --out");
        }
    }
}
