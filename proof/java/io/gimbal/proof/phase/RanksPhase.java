package io.gimbal.proof.phase;

import io.gimbal.device.Device;
import io.gimbal.proof.Clock;
import io.gimbal.proof.Command;
import io.gimbal.proof.PhaseWork;
import io.gimbal.proof.Proof;
import io.gimbal.proof.page.Findings;
import io.gimbal.proof.page.Json;
import io.gimbal.shaded.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * On a machine with several GPUs: whether ranks compute what one does, how fast they add memory up, and what their
 * exchanges cost a step. The software device has two ranks.
 */
public final class RanksPhase implements PhaseWork {
    private static final List<Integer> RANKS = List.of(2, 4, 8);
    private static final int EXAMPLES_A_RANK = 24;
    private static final int TRAIN_SECONDS = 60;
    private static final int BENCH_SECONDS = 110;
    private static final int SOFT_RANKS = 2;
    /** The reference's own bar. */
    private static final double TOLERANCE = 2e-4;
    private static final String SAME = "losses and gradient norms of a first step within 2e-4";

    @Override
    public void run(Proof proof, Findings findings, Clock clock) {
        int devices = proof.gpu() ? Device.survey().gpu().devices().size() : SOFT_RANKS;
        if (devices < 2) {
            findings.notMeasured("ranks on several GPUs", "each rank needs a GPU of its own", "this machine has one");
            return;
        }
        List<Integer> counts = RANKS.stream().filter(ranks -> ranks <= devices).toList();
        same(proof, findings, clock, counts.getLast());
        List<List<String>> steps = new ArrayList<>();
        List<List<String>> sums = new ArrayList<>();
        for (int ranks : counts) {
            bench(proof, findings, clock, ranks, steps, sums);
            findings.write(proof.out(), clock.passed());
        }
        findings.heading("Steps").text("Examples of each rank: " + examples(proof) + ". Medians.");
        findings.table(List.of("ranks", "a rank's step without exchanges, ms", "with exchanges, ms",
                "efficiency", "images/s of all"), steps);
        findings.heading("All-reduces").text("GB/s through a rank's end each way by a ring, as NCCL counts bus "
                + "bandwidth.").table(List.of("ranks", "bytes", "ms", "GB/s"), sums);
    }

    private static int examples(Proof proof) {
        return proof.gpu() ? EXAMPLES_A_RANK : 1;
    }

    /** In float32, on a network that rounding does not drive apart. */
    private static void same(Proof proof, Findings findings, Clock clock, int ranks) {
        String name = ranks + " ranks compute what one does of the whole batch";
        JsonNode one = firstStep(proof, "one", 1, clock);
        JsonNode several = firstStep(proof, "several", ranks, clock);
        if (one == null || several == null) {
            findings.check(name, false, "a training did not run", SAME, "see logs/train-ranks-*");
            return;
        }
        double worst = 0;
        for (String figure : List.of("loss", "grad_norm")) {
            for (Map.Entry<String, JsonNode> task : one.path(figure).properties()) {
                double expected = task.getValue().doubleValue();
                double found = several.path(figure).path(task.getKey()).doubleValue();
                worst = Math.max(worst, Math.abs(found - expected) / Math.abs(expected));
            }
        }
        findings.check(name, worst <= TOLERANCE, String.format(Locale.ROOT, "they differ by %.1e", worst), SAME, "");
    }

    private static JsonNode firstStep(Proof proof, String name, int ranks, Clock clock) {
        Path folder = proof.logs().resolve("ranks-" + name);
        List<String> words = new ArrayList<>(List.of("train", proof.home().resolve("examples").resolve("rooms.json")
                .toString(), "--out", folder.toString(), "--no-progress", "--set", "epochs=null", "--set", "steps=4",
                "--set", "data.count=64", "--set", "validation=null"));
        if (ranks > 1) {
            words.addAll(List.of("--ranks", Integer.toString(ranks)));
        }
        Command.Ended ended = proof.gimbal("train-ranks-" + name, words).run(proof.logs(), clock.atMost(TRAIN_SECONDS));
        try {
            return ended.done() ? Findings.MAPPER.readTree(Files.readAllLines(folder.resolve("log.jsonl")).getFirst())
                    : null;
        } catch (IOException unreadable) {
            return null;
        }
    }

    private static void bench(Proof proof, Findings findings, Clock clock, int ranks, List<List<String>> steps,
            List<List<String>> sums) {
        Path json = proof.logs().resolve("ranks-" + ranks + ".json");
        List<String> words = new ArrayList<>(List.of("bench", "ranks", proof.network(SpeedPhase.SMALL).toString(),
                "--ranks", Integer.toString(ranks), "--json", json.toString(), "--batch",
                Integer.toString(ranks * examples(proof)), "--steps", proof.gpu() ? "20" : "2"));
        if (!proof.gpu()) {
            words.addAll(List.of("--set", "model.input=[3, 64, 64]"));
        }
        Command.Ended ended = proof.gimbal("ranks " + ranks, words).run(proof.logs(), clock.atMost(BENCH_SECONDS));
        String name = "a step of " + ranks + " ranks is timed";
        if (!ended.done()) {
            findings.check(name, false, ended.reason(), "a figure", "");
            return;
        }
        JsonNode line = Json.read(json);
        findings.figures().withObject("ranks").set(Integer.toString(ranks), line);
        double with = line.path("step_s").path("median").doubleValue();
        findings.check(name, with > 0, String.format(Locale.ROOT, "efficiency %.1f %%", 100
                * line.path("efficiency").doubleValue()), "a figure", "");
        steps.add(List.of(Integer.toString(ranks), String.format(Locale.ROOT, "%.2f", 1e3
                * line.path("step_without_exchanges_s").path("median").doubleValue()),
                String.format(Locale.ROOT, "%.2f", 1e3 * with), String.format(Locale.ROOT, "%.1f %%", 100
                * line.path("efficiency").doubleValue()), String.format(Locale.ROOT, "%.1f",
                line.path("batch").intValue() / with)));
        line.path("all_reduce").forEach(each -> sums.add(List.of(Integer.toString(ranks), each.path("bytes").asText(),
                String.format(Locale.ROOT, "%.4f", 1e3 * each.path("seconds").path("median").doubleValue()),
                String.format(Locale.ROOT, "%.2f", each.path("bytes_a_second").doubleValue() / 1e9))));
    }
}
