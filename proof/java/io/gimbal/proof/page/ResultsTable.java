package io.gimbal.proof.page;

import io.gimbal.proof.ProofException;
import io.gimbal.shaded.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What runs on a GPU have shown: for each claim the newest figure of the runs that a folder keeps, with its date, GPU
 * and versions; "not measured yet" where there is none.
 */
public final class ResultsTable {
    static final String BEGIN = "<!-- gpu: begin -->";
    static final String END = "<!-- gpu: end -->";

    private ResultsTable() {}

    /**
     * The table in Markdown.
     *
     * @param results the folder with a folder a run
     * @param link    what stands before a run's name in a link
     */
    public static String of(Path results, String link) {
        List<Path> runs = runs(results);
        List<List<String>> rows = new ArrayList<>();
        for (Claim claim : Claim.values()) {
            Optional<Figure> newest = runs.stream().flatMap(run -> figure(run, claim).stream())
                    .max(Comparator.comparing(Figure::date).thenComparing(figure -> figure.run));
            rows.add(List.of(claim.text(), newest.map(figure -> claim.written(figure.value))
                    .orElse("not measured yet"), claim.barText(), newest.map(figure -> "[" + figure.about + "](" + link
                    + figure.run + "/" + claim.phase().title() + ".md)").orElse("")));
        }
        return MarkdownTable.of(List.of("claim", "measured", "must be", "when and on what"), rows);
    }

    /** A claim's figure in one run. */
    private record Figure(String run, String date, double value, String about) {}

    private static Optional<Figure> figure(Path run, Claim claim) {
        Path file = run.resolve(claim.phase().title() + ".json");
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        JsonNode found = Json.read(file);
        JsonNode value = found.path("claims").path(claim.key());
        if (!found.path("kind").asText().equals("gpu") || !value.isNumber()) {
            return Optional.empty();
        }
        String date = found.path("date").asText();
        return Optional.of(new Figure(run.getFileName().toString(), date, value.doubleValue(), date + ", "
                + found.path("device").asText() + ", CUDA " + found.path("cuda").asText() + ", cuDNN "
                + found.path("cudnn").asText()));
    }

    private static List<Path> runs(Path results) {
        try (Stream<Path> folders = Files.list(results)) {
            return folders.filter(Files::isDirectory).toList();
        } catch (IOException missing) {
            throw new ProofException(results + " cannot be read: " + missing.getMessage());
        }
    }

    /** A text with the table between its marks. */
    public static String within(String text, String table, Path file) {
        int begin = text.indexOf(BEGIN);
        int end = text.indexOf(END);
        if (begin < 0 || end < begin) {
            throw new ProofException(file + " has no place for the table, between " + BEGIN + " and " + END);
        }
        return text.substring(0, begin) + BEGIN + "\n" + table + text.substring(end);
    }
}
