package io.gimbal.experiment;

import io.gimbal.config.Release;
import io.gimbal.metric.Score;
import io.gimbal.page.RunFiles;
import io.gimbal.report.Table;
import io.gimbal.shaded.jackson.databind.json.JsonMapper;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import io.gimbal.storage.AtomicFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What an experiment's runs came to, held against each other. Delta is equation 10 of the survey of multi-task networks
 * (<a href="https://arxiv.org/abs/2004.13379">arXiv 2004.13379</a>), in percent: the mean over the tasks of
 * {@code (-1)^l (M - B) / B}, where l is 1 if lower is better, M is the network's metric of the task, and B that of the
 * network that learned this task alone with the same seed; without such networks, of the baseline with the same seed.
 * Above 0 is better.
 */
public final class Results {
    private static final double PERCENT = 100;
    private static final double MEGA = 1e6;
    private static final double MILLI = 1e3;
    private static final double MEBI = 1 << 20;

    private final Experiment experiment;
    /** By group and seed. */
    private final Map<String, Map<Long, RunResult>> groups = new LinkedHashMap<>();
    private final Set<String> singles = new LinkedHashSet<>();
    private final Set<String> tasks = new LinkedHashSet<>();
    private final Map<String, List<PlannedRun>> runs = new LinkedHashMap<>();

    Results(Experiment experiment, Map<PlannedRun, RunResult> results) {
        this.experiment = experiment;
        results.keySet().forEach(run -> runs.computeIfAbsent(run.group(), _ -> new ArrayList<>()).add(run));
        results.forEach((run, result) -> {
            groups.computeIfAbsent(run.group(), _ -> new TreeMap<>()).put(run.seed(), result);
            if (run.single()) {
                singles.add(run.group());
            }
            tasks.addAll(result.scores().keySet());
        });
    }

    private Optional<Score> score(RunResult result, String task) {
        return result.score(task, Optional.ofNullable(experiment.metrics().get(task)));
    }

    /** The task's metric over the seeds. */
    Figure figure(String group, String task) {
        return Figure.of(groups.get(group).values().stream().map(result -> score(result, task).map(Score::value)
                .orElse(Double.NaN)).toList());
    }

    /** What a task's metric is held against. */
    private Optional<Score> reference(String task, long seed) {
        Optional<String> group = singles.isEmpty() ? experiment.baseline() : Optional.of(task + " alone");
        return group.map(groups::get).map(bySeed -> bySeed.get(seed)).flatMap(result -> score(result, task));
    }

    /** A task's part of Delta, in percent; NaN where it or what it is held against is not known. */
    private double gain(RunResult result, String task, long seed) {
        Optional<Score> of = score(result, task);
        Optional<Score> against = reference(task, seed);
        if (of.isEmpty() || against.isEmpty()) {
            return Double.NaN;
        }
        double change = (of.get().value() - against.get().value()) / against.get().value();
        return PERCENT * (of.get().higherIsBetter() ? change : -change);
    }

    /** The metric of networks that learned the task alone; of none where there are none. */
    Figure alone(String task) {
        String group = task + " alone";
        return singles.contains(group) ? figure(group, task) : Figure.of(List.of());
    }

    /** A task's part of Delta over the seeds. */
    Figure gain(String group, String task) {
        return Figure.of(groups.get(group).entrySet().stream().map(entry -> gain(entry.getValue(), task,
                entry.getKey())).toList());
    }

    /** By seed; NaN where one of the tasks is not known. */
    private Map<Long, Double> deltas(String group) {
        Map<Long, Double> deltas = new LinkedHashMap<>();
        groups.get(group).forEach((seed, result) -> deltas.put(seed, tasks.stream().mapToDouble(task -> gain(result,
                task, seed)).average().orElse(Double.NaN)));
        return deltas;
    }

    Figure delta(String group) {
        return Figure.of(List.copyOf(deltas(group).values()));
    }

    boolean hasDelta(String group) {
        return !singles.contains(group) && (!singles.isEmpty() || experiment.baseline().isPresent());
    }

    /** Of Delta, against the baseline, seed by seed. */
    private PairedTest test(String group, String baseline) {
        Map<Long, Double> own = deltas(group);
        Map<Long, Double> base = deltas(baseline);
        return PairedTest.of(own.entrySet().stream().filter(entry -> base.containsKey(entry.getKey()))
                .map(entry -> entry.getValue() - base.get(entry.getKey())).toList());
    }

    /** The table and what follows from it, for people. */
    public String text() {
        Table table = new Table(headings().toArray(String[]::new));
        rows().forEach(row -> table.row(row.toArray(String[]::new)));
        return table + String.join("\n", sentences()) + "\n";
    }

    /** What the table needs to be understood, and what follows from it. */
    List<String> sentences() {
        List<String> sentences = new ArrayList<>();
        String on = experiment.measuresHeldOut()
                ? "the held-out part of the training data, so that settings may be chosen by it" : "the test data";
        sentences.add("Measured on " + on + ": " + experiment.selection() + ". Figures are means ± sample deviations "
                + "over seeds.");
        if (groups.keySet().stream().anyMatch(this::hasDelta)) {
            sentences.add("Delta: the mean over the tasks of what each gains over " + reference() + " (arXiv "
                    + "2004.13379, equation 10); above 0 is better.");
        }
        experiment.baseline().filter(groups::containsKey).ifPresent(baseline -> groups.keySet().stream()
                .filter(group -> !singles.contains(group) && !group.equals(baseline))
                .forEach(group -> sentences.add(sentence(group, baseline))));
        groups.forEach((group, bySeed) -> bySeed.forEach((seed, result) -> result.failure().ifPresent(why ->
                sentences.add(group + ", seed " + seed + ", has no figures: " + why))));
        return sentences;
    }

    /** What is gained over, in words. */
    String reference() {
        return (singles.isEmpty() ? "'" + experiment.baseline().orElseThrow() + "'"
                : "a network that learned it alone") + " with the same seed";
    }

    /** On what the figures are measured, as a heading. */
    String measured() {
        return experiment.measuresHeldOut() ? "Held-out data" : "Test data";
    }

    /** On what runs were validated, in words. */
    String validated() {
        return experiment.selection().heldOut().isPresent() || experiment.measuresHeldOut()
                ? "on the part of the training data that was held out"
                : "on the test data, which had no say in anything";
    }

    /** The experiment's name. */
    String name() {
        return experiment.name();
    }

    /** All tasks that have figures. */
    Set<String> tasks() {
        return tasks;
    }

    /** The runs by group. */
    Map<String, List<PlannedRun>> runs() {
        return runs;
    }

    /** Whether a group is of networks of one task. */
    boolean isSingle(String group) {
        return singles.contains(group);
    }

    private String sentence(String group, String baseline) {
        PairedTest test = test(group, baseline);
        String begin = group + " against " + baseline + ": ";
        if (test.differences() == 0) {
            return begin + "no seed has figures of both.";
        }
        String gain = String.format(Locale.ROOT, "Delta %+.2f points", test.mean());
        if (test.differences() == 1) {
            return begin + gain + " of one seed, which cannot tell it from noise; take more seeds.";
        }
        return begin + String.format(Locale.ROOT, "%s over %d seeds, paired t-test p = %.3g: %s", gain,
                test.differences(), test.probability(), test.significant() ? "more than noise at the level of 0.05."
                : "within noise at the level of 0.05.");
    }

    List<String> headings() {
        List<String> headings = new ArrayList<>(List.of(""));
        tasks.forEach(task -> headings.add(task + ", " + metric(task)));
        headings.addAll(List.of("Delta %", "seeds", "parameters", "multiply-adds", "ms a step", "memory"));
        return headings;
    }

    List<List<String>> rows() {
        List<List<String>> rows = new ArrayList<>();
        groups.forEach((group, bySeed) -> {
            List<String> cells = new ArrayList<>(List.of(group));
            tasks.forEach(task -> cells.add(cell(figure(group, task), "")));
            cells.add(hasDelta(group) ? cell(delta(group), "+") : "-");
            cells.add(String.valueOf(bySeed.size()));
            RunResult first = bySeed.values().iterator().next();
            cells.add(String.format(Locale.ROOT, "%.2f M", first.parameters() / MEGA));
            cells.add(String.format(Locale.ROOT, "%.1f M", first.multiplyAdds() / MEGA));
            double milliseconds = MILLI * secondsPerStep(bySeed);
            cells.add(Double.isNaN(milliseconds) ? "-" : String.format(Locale.ROOT, "%.1f", milliseconds));
            cells.add(String.format(Locale.ROOT, "%.1f MiB", first.bytes() / MEBI));
            rows.add(cells);
        });
        return rows;
    }

    private static double secondsPerStep(Map<Long, RunResult> bySeed) {
        return Figure.of(bySeed.values().stream().map(RunResult::secondsPerStep).toList()).mean();
    }

    Optional<Score> anyScore(String task) {
        return groups.values().stream().flatMap(bySeed -> bySeed.values().stream()).flatMap(result -> score(result,
                task).stream()).findFirst();
    }

    String metric(String task) {
        return anyScore(task).map(score -> score.name() + (score.unit().isEmpty() ? "" : " " + score.unit())
                + (score.higherIsBetter() ? " ↑" : " ↓")).orElse("");
    }

    private static String cell(Figure figure, String sign) {
        if (figure.count() == 0) {
            return "-";
        }
        // A signed one is in points, of which the third digit is the last that says anything.
        String digits = "." + (sign.isEmpty() ? Table.decimals(figure.mean()) : 3) + "f";
        String mean = String.format(Locale.ROOT, "%" + sign + digits, figure.mean());
        return figure.count() == 1 ? mean : mean + String.format(Locale.ROOT, " ± %" + digits, figure.deviation());
    }

    /**
     * Writes {@code results.csv}, {@code results.json} and {@code report.html} into the experiment's folder.
     */
    public void write(Path folder) {
        writeCsv(folder.resolve("results.csv"));
        writeJson(folder.resolve("results.json"));
        ResultsPage.write(this, folder, folder.resolve(RunFiles.REPORT));
    }

    /** Writes all figures of all runs, a line each, with commas between and a line of headings. */
    private void writeCsv(Path file) {
        StringBuilder text = new StringBuilder("group,seed,task,metric,unit,value,best_constant,higher_is_better\n");
        groups.forEach((group, bySeed) -> bySeed.forEach((seed, result) -> result.scores().forEach((task, scores) ->
                scores.forEach(score -> text.append(String.join(",", quoted(group), String.valueOf(seed), quoted(task),
                        quoted(score.name()), quoted(score.unit()), number(score.value()), number(score.constant()),
                        String.valueOf(score.higherIsBetter()))).append('\n')))));
        AtomicFile.writeText(file, text.toString());
    }

    private static String quoted(String text) {
        return text.matches("[^\",\\r\\n]*") ? text : '"' + text.replace("\"", "\"\"") + '"';
    }

    private static String number(double value) {
        return Double.isFinite(value) ? String.valueOf(value) : "";
    }

    /** Writes what the table has, and each seed's Delta and the tests, as JSON. */
    private void writeJson(Path file) {
        ObjectNode json = new JsonMapper().createObjectNode().put("by", Release.text()).put("name", experiment.name())
                .put("measured", experiment.selection().toString());
        experiment.baseline().ifPresent(baseline -> json.put("baseline", baseline));
        ObjectNode all = json.putObject("groups");
        groups.forEach((group, bySeed) -> {
            ObjectNode node = all.putObject(group);
            RunResult first = bySeed.values().iterator().next();
            node.put("single", singles.contains(group)).put("seeds", bySeed.size())
                    .put("parameters", first.parameters()).put("multiply_adds", first.multiplyAdds())
                    .put("bytes", first.bytes());
            put(node, "seconds_a_step", secondsPerStep(bySeed));
            ObjectNode byTask = node.putObject("tasks");
            tasks.forEach(task -> anyScore(task).filter(_ -> figure(group, task).count() > 0).ifPresent(score ->
                    put(byTask.putObject(task).put("metric", score.name()).put("unit", score.unit())
                            .put("higher_is_better", score.higherIsBetter()), figure(group, task))));
            if (hasDelta(group)) {
                ObjectNode delta = node.putObject("delta");
                put(delta, delta(group));
                ObjectNode seeds = delta.putObject("by_seed");
                deltas(group).forEach((seed, value) -> put(seeds, String.valueOf(seed), value));
                experiment.baseline().filter(baseline -> groups.containsKey(baseline) && !baseline.equals(group))
                        .ifPresent(baseline -> put(delta, "probability", test(group, baseline).probability()));
            }
        });
        AtomicFile.writeText(file, json.toPrettyString() + "\n");
    }

    private static void put(ObjectNode node, Figure figure) {
        put(node, "mean", figure.mean());
        put(node, "deviation", figure.deviation());
    }

    private static void put(ObjectNode node, String name, double value) {
        if (Double.isFinite(value)) {
            node.put(name, value);
        }
    }
}
