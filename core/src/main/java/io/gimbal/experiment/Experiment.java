package io.gimbal.experiment;

import io.gimbal.config.Config;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.metric.Metrics;
import io.gimbal.metric.Score;
import io.gimbal.run.Settings;
import io.gimbal.run.TrainingConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Trainings that differ in a few settings, each over several seeds, as a file describes them. Immutable.
 *
 * <p>Read whole and checked before anything runs: each variant's configuration is read as the training would read it.
 */
public final class Experiment {
    private static final int MOST_RUNS = 1000;
    private static final String STATIC_OF = "static_of";

    private final String name;
    private final Config base;
    private final Selection selection;
    private final List<PlannedRun> runs;
    private final Optional<String> baseline;
    private final Optional<Config> metricsSpec;
    private final Map<String, String> metrics;

    private Experiment(Config file, Config base) {
        this.name = file.name("name", "experiment");
        this.base = base;
        selection = Selection.read(file);
        List<Variant> variants = variants(file);
        List<Long> seeds = seeds(file);
        runs = new ArrayList<>();
        file.find("single_tasks").ifPresent(singles -> singles(singles, seeds));
        for (Variant variant : variants) {
            seeds.forEach(seed -> runs.add(planned(variant, seed)));
        }
        requireDifferentFolders(file);
        List<String> labels = variants.stream().map(Variant::label).toList();
        baseline = file.has("baseline") ? Optional.of(file.choice("baseline", labels))
                : Optional.of(labels.getFirst()).filter(_ -> labels.size() > 1);
        metricsSpec = file.find("metrics");
        metrics = metrics(file);
    }

    /**
     * Reads an experiment.
     *
     * @param file     the description
     * @param settings set over its base, {@code path=value} each
     * @throws UserException naming the key that is at fault, or the variant whose configuration is
     */
    public static Experiment read(Path file, List<String> settings) {
        Config spec = Config.read(file);
        spec.allow("name", "base", "set", "axes", "seeds", "single_tasks", "select", "baseline", "metrics");
        Config base = base(spec, file);
        if (spec.has("set")) {
            Config set = spec.object("set");
            base = over(base, settings(set), set.place());
        }
        base = Settings.over(base, settings);
        if (!base.has("validation")) {
            throw base.error("has no 'validation', and an experiment measures on it: say what the test data are");
        }
        return new Experiment(spec, base);
    }

    private static Config base(Config spec, Path file) {
        if (!spec.has("base")) {
            throw spec.error("has no 'base': the training's configuration, as an object or as the path of a file");
        }
        Config base = spec.find("base").orElseThrow();
        if (base.isObject()) {
            return Config.parse(base.canonicalText(), base.place());
        }
        return Config.read(file.toAbsolutePath().getParent().resolve(base.text()));
    }

    /** An object of paths and values, as settings. */
    private static List<String> settings(Config object) {
        return object.keys().stream().filter(key -> !key.equals(STATIC_OF)).map(key -> key + "="
                + text(object.find(key).orElseThrow())).toList();
    }

    /** A value as {@code --set} takes it. */
    private static String text(Config value) {
        return value.isText() ? value.text() : value.canonicalText().strip();
    }

    private static Config over(Config config, List<String> settings, String place) {
        try {
            return Settings.over(config, settings);
        } catch (UserException wrong) {
            throw new UserException(place + ": " + wrong.getMessage(), wrong);
        }
    }

    private static List<Long> seeds(Config file) {
        if (!file.has("seeds")) {
            return List.of(1L);
        }
        List<Long> seeds = file.list("seeds").stream().map(Config::longInteger).toList();
        if (seeds.isEmpty() || new HashSet<>(seeds).size() < seeds.size()) {
            throw file.error("seeds", "must be different whole numbers, and one at least");
        }
        return seeds;
    }

    private static List<Variant> variants(Config file) {
        List<Variant> variants = List.of(Variant.BASE);
        Config axes = file.find("axes").orElse(null);
        if (axes == null) {
            return variants;
        }
        for (String axis : axes.keys()) {
            List<Variant.Choice> choices = choices(axes.object(axis), axis);
            variants = variants.stream().flatMap(variant -> choices.stream().map(choice -> variant.with(axis, choice)))
                    .toList();
            if (variants.size() > MOST_RUNS) {
                throw axes.error("make more than " + MOST_RUNS + " variants; take fewer");
            }
        }
        return variants;
    }

    private static List<Variant.Choice> choices(Config spec, String axis) {
        List<Variant.Choice> choices = new ArrayList<>();
        if (spec.keys().equals(Set.of("path", "values"))) {
            String path = spec.text("path");
            for (Config value : spec.list("values")) {
                String label = axis + " " + text(value).replaceAll("\\s+", " ");
                choices.add(new Variant.Choice(label, List.of(path + "=" + text(value)), Optional.empty()));
            }
        } else {
            for (String label : spec.keys()) {
                Config choice = spec.object(label);
                List<String> earlier = choices.stream().map(Variant.Choice::label).toList();
                choices.add(new Variant.Choice(label, settings(choice), choice.find(STATIC_OF)
                        .map(of -> of.choice(earlier))));
            }
        }
        choices.forEach(choice -> choice.settings().forEach(setting -> requireComparable(spec, setting)));
        if (choices.isEmpty()) {
            throw spec.error("has nothing to choose from: give it labels, each with an object of paths and values, or "
                    + "'path' and 'values'");
        }
        return choices;
    }

    /** Refuses what would make runs of other seeds, or measured on other data. */
    private static void requireComparable(Config spec, String setting) {
        String path = setting.replaceFirst("[.=\\[].*", "");
        if (path.equals("seed")) {
            throw spec.error("sets 'seed', which 'seeds' sets for every variant");
        }
        if (path.equals("validation")) {
            throw spec.error("sets 'validation', by which variants would be measured on different "
                    + "data; 'set' sets it for all");
        }
    }

    private static Map<String, String> metrics(Config file) {
        Map<String, String> metrics = new LinkedHashMap<>();
        file.find("metrics").ifPresent(spec -> spec.keys().forEach(task -> metrics.put(task, spec.text(task))));
        return metrics;
    }

    private void singles(Config spec, List<Long> seeds) {
        List<String> settings = spec.isObject() ? settings(spec) : List.of();
        if (!spec.isObject() && !spec.flag()) {
            return;
        }
        Config single = over(over(base, List.of("balance=null"), spec.place()), settings, spec.place());
        List<String> tasks = List.copyOf(Settings.predicted(single));
        for (String task : tasks) {
            List<String> others = tasks.stream().filter(other -> !other.equals(task))
                    .map(other -> Settings.taskPath(single, other) + "=null").toList();
            Config alone = over(single, others, spec.place());
            Config chosen = alone.find("best").flatMap(best -> best.find("task")).map(Config::text)
                    .filter(by -> !by.equals(task)).isPresent()
                    ? alone.with(List.of("best.task=null", "best.metric=null")) : alone;
            seeds.forEach(seed -> runs.add(planned(task + " alone", true, chosen, seed, Optional.empty())));
        }
    }

    private PlannedRun planned(Variant variant, long seed) {
        Config config = over(base, variant.settings(), Names.quote(variant.label()));
        if (variant.staticOf().isPresent()) {
            config = config.with("balance={\"method\": \"equal\"}");
        }
        return planned(variant.label(), false, config, seed, variant.staticOf().map(of -> folder(Variant.label(of),
                seed)));
    }

    private PlannedRun planned(String group, boolean single, Config config, long seed, Optional<Path> weights) {
        List<String> settings = new ArrayList<>(selection.settings());
        settings.add("seed=" + seed);
        return new PlannedRun(group, single, seed, folder(group, seed), config.with(settings), weights);
    }

    /** Where a run lies in the experiment's folder. */
    private static Path folder(String group, long seed) {
        return Path.of("runs", plain(group), "seed-" + seed);
    }

    /** A name without what has a meaning in a path. */
    private static String plain(String name) {
        String plain = name.replaceAll("[^\\p{L}\\p{N}._+-]+", "-").replaceFirst("^[.-]+", "");
        return plain.isEmpty() ? "run" : plain;
    }

    private void requireDifferentFolders(Config file) {
        if (runs.size() > MOST_RUNS) {
            throw file.error("makes " + runs.size() + " runs; at most " + MOST_RUNS);
        }
        Map<Path, PlannedRun> seen = new HashMap<>();
        for (PlannedRun run : runs) {
            PlannedRun other = seen.put(run.folder(), run);
            if (other != null) {
                throw file.error("calls two runs nearly the same, " + Names.quote(other.toString()) + " and "
                        + Names.quote(run.toString()) + ", which would share the folder " + run.folder()
                        + ": give one another label");
            }
        }
    }

    /**
     * Reads each variant's configuration as its training would, so that nothing runs for hours before the last one is
     * refused.
     *
     * @throws UserException naming the variant, and what of it; or a task or metric that no variant has
     */
    public void check() {
        Set<String> checked = new HashSet<>();
        Set<String> tasks = new LinkedHashSet<>();
        for (PlannedRun run : runs) {
            if (checked.add(run.group())) {
                TrainingConfig training = read(run);
                training.plan().tasks().forEach(task -> tasks.add(task.name()));
                metricsSpec.ifPresent(spec -> requireMetrics(spec, training));
            }
        }
        metricsSpec.ifPresent(spec -> spec.allow(tasks));
    }

    private static TrainingConfig read(PlannedRun run) {
        try {
            TrainingConfig training = TrainingConfig.read(run.config());
            training.startValues();
            return training;
        } catch (UserException wrong) {
            throw new UserException(Names.quote(run.group()) + ": " + wrong.getMessage(), wrong);
        }
    }

    private static void requireMetrics(Config metrics, TrainingConfig training) {
        DataSet data = training.data();
        training.plan().tasks().stream().filter(task -> metrics.has(task.name())).forEach(task -> metrics.choice(
                task.name(), Metrics.thorough(data.field(task.field()), task.loss(), data.height(), data.width())
                        .scores().stream().map(Score::name).toList()));
    }

    /** Its name, by default "experiment". */
    public String name() {
        return name;
    }

    /** Its folder where none is named: below {@code runs}, after its name. */
    public Path folder() {
        return Path.of("runs", plain(name));
    }

    /** All runs, in the order in which they are made: networks of one task first. */
    public List<PlannedRun> runs() {
        return List.copyOf(runs);
    }

    /** What is measured on in the end: the base's {@code validation}, which may be what is held out. */
    Config testing(Config run) {
        return run.with("validation=" + base.object("validation").canonicalText());
    }

    /** Whether runs are measured on a part of the training data, so that settings may be chosen by the results. */
    boolean measuresHeldOut() {
        return base.object("validation").has("held_out");
    }

    Selection selection() {
        return selection;
    }

    /** The variant that the others are held against; empty where there is one alone. */
    Optional<String> baseline() {
        return baseline;
    }

    /** By task the metric that counts; of others the first. */
    Map<String, String> metrics() {
        return metrics;
    }
}
