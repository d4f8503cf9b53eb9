package io.gimbal.proof.phase;

import io.gimbal.config.FileFailures;
import io.gimbal.proof.Clock;
import io.gimbal.proof.Command;
import io.gimbal.proof.PhaseWork;
import io.gimbal.proof.Proof;
import io.gimbal.proof.ProofException;
import io.gimbal.proof.page.Curves;
import io.gimbal.proof.page.Findings;
import io.gimbal.proof.page.Json;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Trains the paper's network with GradNorm and with equal weights, as many steps as fit, and tells what it learnt, how
 * fast, and whether the device waited for data. On the software device a small network learns made-up rooms.
 */
public final class LearnPhase implements PhaseWork {
    private static final int TRIAL_STEPS = 40;
    private static final int SOFT_TRIAL_STEPS = 16;
    private static final int TRIAL_SECONDS = 100;
    /** Of the time that is left for a training, for start, validation and pictures. */
    private static final double USED = 0.75;
    private static final int MOST_STEPS = 20_000;
    private static final double MOST_STARVED = 0.01;
    private static final int PREDICT_SECONDS = 60;
    private static final double LEAST_SHARE = 0.5;
    private static final String FEW_STARVED = "before at most 1 % of the steps";

    @Override
    public void run(Proof proof, Findings findings, Clock clock) {
        List<String> settings = settings(proof);
        String example = proof.gpu() ? "segnet.json" : proof.scenes().isPresent() ? "nyuv2.json" : "rooms.json";
        String configuration = proof.home().resolve("examples").resolve(example).toString();
        findings.text("The network of examples/" + example + ", on " + (proof.scenes().isPresent() ? "NYU Depth v2."
                : "made-up rooms (--nyuv2 was not given)."));
        Training trial = train(proof, "trial", configuration, settings, proof.gpu() ? TRIAL_STEPS : SOFT_TRIAL_STEPS,
                clock.atMost(TRIAL_SECONDS), findings);
        if (!trial.ended.done() || trial.speed.steps == 0) {
            findings.check("a training starts", false, trial.ended.reason(), "it does", "");
            return;
        }
        List<String> rules = List.of("gradnorm", "equal");
        // Both train the same number of steps, so that what they learn can be compared.
        double each = USED * clock.left() / rules.size() - (trial.ended.seconds() - trial.speed.seconds);
        int steps = (int) Math.clamp(each * trial.speed.steps / trial.speed.seconds, 1, proof.gpu() ? MOST_STEPS : 768);
        findings.figures().put("steps", steps);
        List<Training> trainings = new ArrayList<>();
        for (int rule = 0; rule < rules.size(); rule++) {
            List<String> all = new ArrayList<>(settings);
            if (rules.get(rule).equals("equal")) {
                all.add("balance={\"method\": \"equal\"}");
            }
            trainings.add(train(proof, rules.get(rule), configuration, all, steps,
                    clock.left() / (rules.size() - rule), findings));
        }
        tell(findings, trainings, proof);
        predictions(findings, trainings.getFirst(), proof, clock);
    }

    /** What was learned predicts for many threads at once. */
    private static void predictions(Findings findings, Training training, Proof proof, Clock clock) {
        String name = "threads that share batches predict";
        String bar = "at least 0.5 of full batches";
        Path json = proof.logs().resolve("predict.json");
        Command.Ended ended = proof.gimbal("predict", List.of("bench", "predict", training.folder.toString(),
                "--rounds", "3", "--seconds", "1", "--json", json.toString())).run(proof.logs(),
                clock.atMost(PREDICT_SECONDS));
        if (!ended.done()) {
            findings.check(name, false, ended.reason(), bar, "");
            return;
        }
        JsonNode report = Json.read(json);
        findings.figures().set("predict", report);
        JsonNode threads = report.path("ways").path("threads");
        double share = threads.path("share_of_full_batches").asDouble();
        findings.checkOnGpu(name, share >= LEAST_SHARE, String.format(Locale.ROOT, "%.2f, %.1f images/s, 99 %% within "
                + "%.1f ms", share, 1 / threads.path("image_s").path("median").asDouble(), 1e3
                * threads.path("latency_s").path("99").asDouble()), bar, "8 threads, batches of up to 8, no waiting");
    }

    private static List<String> settings(Proof proof) {
        List<String> settings = new ArrayList<>();
        if (proof.scenes().isPresent()) {
            settings.add("data.path=" + proof.scenes().get());
        } else if (proof.gpu()) {
            settings.add("data={\"source\": \"rooms\", \"count\": 4096, \"batch\": 24}");
            settings.add("validation={\"count\": 96}");
        }
        return settings;
    }

    /** A training that was made. */
    private record Training(String rule, Command.Ended ended, Path folder, Speed speed) {}

    /** How fast a training went: all lines of its {@code speed.jsonl} together. */
    private record Speed(long steps, double seconds, double examples, long starved) {
        static Speed of(Path folder) {
            Speed all = new Speed(0, 0, 0, 0);
            for (JsonNode line : lines(folder.resolve("speed.jsonl"))) {
                double took = line.path("seconds").asDouble();
                all = new Speed(all.steps + line.path("steps").asLong(), all.seconds + took, all.examples
                        + took * line.path("examples_a_second").asDouble(), all.starved
                        + line.path("starved_steps").asLong());
            }
            return all;
        }
    }

    private static Training train(Proof proof, String rule, String configuration, List<String> settings, int steps,
            long seconds, Findings findings) {
        Path folder = proof.logs().resolve("train-" + rule);
        List<String> words = new ArrayList<>(List.of("train", configuration, "--out", folder.toString(), "--set",
                "steps=" + steps, "--set", "epochs=null"));
        settings.forEach(setting -> words.addAll(List.of("--set", setting)));
        Command.Ended ended = proof.gimbal("train " + rule, words).run(proof.logs(), seconds);
        return new Training(rule, ended, folder, Speed.of(folder));
    }

    private static void tell(Findings findings, List<Training> trainings, Proof proof) {
        Map<String, List<String>> rows = new TreeMap<>();
        List<Curves.Line> losses = new ArrayList<>();
        for (Training training : trainings) {
            findings.check("training with " + training.rule + " runs to its end", training.ended.done(),
                    training.ended.done() ? Math.round(training.ended.seconds()) + " s" : training.ended.reason(),
                    "to its end", "");
            List<JsonNode> log = lines(training.folder.resolve("log.jsonl"));
            List<JsonNode> metrics = lines(training.folder.resolve("metrics.jsonl"));
            if (log.isEmpty() || metrics.isEmpty()) {
                continue;
            }
            speed(findings, training, proof.scenes().isPresent());
            learnt(findings, training, log);
            ObjectNode figures = findings.figures().withObject(training.rule);
            figures.set("metrics", metrics.getLast());
            metrics.getLast().properties().forEach(task -> task.getValue().properties().forEach(metric -> {
                rows.computeIfAbsent(task.getKey() + ": " + metric.getKey(), key -> new ArrayList<>())
                        .add(figure(metric.getValue(), "value"));
                if (training == trainings.getLast()) {
                    rows.get(task.getKey() + ": " + metric.getKey()).add(figure(metric.getValue(), "best_constant"));
                }
            }));
            Curves.draw(log, training.rule, proof.out().resolve("learn-" + training.rule + ".svg"));
            findings.picture("Losses and weights with " + training.rule, "learn-" + training.rule + ".svg");
            copySamples(training, proof.out(), findings);
        }
        findings.heading("Held-out scenes, in the end");
        List<List<String>> table = new ArrayList<>();
        rows.forEach((name, cells) -> {
            if (cells.size() == trainings.size() + 1) {
                List<String> row = new ArrayList<>(List.of(name));
                row.addAll(cells);
                table.add(row);
            }
        });
        findings.table(List.of("metric", "GradNorm", "equal weights", "best constant"), table);
    }

    private static String figure(JsonNode metric, String key) {
        JsonNode value = metric.path(key);
        return value.isNumber() ? String.format(Locale.ROOT, "%.3f %s", value.doubleValue(),
                metric.path("unit").asText()).strip() : "-";
    }

    private static void speed(Findings findings, Training training, boolean real) {
        Speed speed = training.speed;
        findings.figures().withObject(training.rule).put("steps", speed.steps).put("seconds", speed.seconds)
                .put("examples_a_second", speed.examples / speed.seconds).put("starved_steps", speed.starved);
        String name = "the device does not wait for data, with " + training.rule;
        String measured = String.format(Locale.ROOT, "before %d of %d steps; %.1f images/s with the data path",
                speed.starved, speed.steps, speed.examples / speed.seconds);
        if (real) {
            findings.checkOnGpu(name, speed.starved <= MOST_STARVED * speed.steps, measured, FEW_STARVED, "");
        } else {
            findings.notMeasured(name, FEW_STARVED, "made-up rooms are drawn as they are asked for: " + measured);
        }
    }

    /** Every task's loss must have gone down: the mean of the last tenth of the steps against that of the first. */
    private static void learnt(Findings findings, Training training, List<JsonNode> log) {
        int tenth = Math.max(1, log.size() / 10);
        List<String> told = new ArrayList<>();
        boolean down = true;
        ObjectNode figures = findings.figures().withObject(training.rule).putObject("losses");
        for (Map.Entry<String, JsonNode> task : log.getFirst().path("loss").properties()) {
            double first = mean(log.subList(0, tenth), task.getKey());
            double last = mean(log.subList(log.size() - tenth, log.size()), task.getKey());
            down &= last < first;
            told.add(String.format(Locale.ROOT, "%s %.3f to %.3f", task.getKey(), first, last));
            figures.putObject(task.getKey()).put("first", first).put("last", last);
        }
        findings.check("every task learns, with " + training.rule, down, String.join(", ", told),
                "each loss goes down", "means of the first and the last tenth of the steps");
    }

    private static double mean(List<JsonNode> log, String task) {
        return log.stream().mapToDouble(line -> line.path("loss").path(task).asDouble()).average().orElse(Double.NaN);
    }

    private static void copySamples(Training training, Path out, Findings findings) {
        Path samples = training.folder.resolve("samples.png");
        try {
            if (Files.exists(samples)) {
                String name = "learn-" + training.rule + ".png";
                Files.copy(samples, out.resolve(name), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
                findings.picture("Held-out scenes with " + training.rule, name);
            }
        } catch (IOException unwritable) {
            throw new ProofException(out + " cannot be written to: " + FileFailures.reason(out, unwritable));
        }
    }

    private static List<JsonNode> lines(Path file) {
        List<JsonNode> lines = new ArrayList<>();
        try {
            if (Files.exists(file)) {
                for (String line : Files.readAllLines(file)) {
                    lines.add(Findings.MAPPER.readTree(line));
                }
            }
        } catch (IOException cutOff) {
            // A training that was ended leaves half a line: what stands before it is good.
            return lines;
        }
        return lines;
    }
}
