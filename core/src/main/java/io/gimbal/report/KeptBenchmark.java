package io.gimbal.report;

import io.gimbal.config.Config;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** A benchmark's JSON line from a file, which may hold anything. Immutable. */
public final class KeptBenchmark {
    private static final int MOST_DIFFERENCES = 5;

    private final Benchmark benchmark;
    private final Config line;
    private final Map<String, Double> seconds;

    private KeptBenchmark(Benchmark benchmark, Config line) {
        this.benchmark = benchmark;
        this.line = line;
        this.seconds = benchmark.seconds(line);
    }

    /**
     * Reads a line of a benchmark.
     *
     * @param file      which {@code --json} wrote
     * @param benchmark which must have written it
     * @return the line
     * @throws UserException if the file holds no such line, naming the file and the place
     */
    public static KeptBenchmark read(Path file, Benchmark benchmark) {
        Config line = Config.read(file);
        String due = "what 'gimbal bench " + benchmark.text() + " --json FILE' writes";
        if (!line.isObject() || !line.has("bench") || !line.has("form")) {
            throw line.error("is not " + due + ": it lacks 'bench' or 'form'. Measure anew what it is to be compared "
                    + "with, by this version.");
        }
        String kind = line.text("bench");
        if (!kind.equals(benchmark.text())) {
            throw line.error("bench", "is " + Names.quote(kind) + ", and only " + due + " can be compared.");
        }
        if (line.integer("form") != Benchmark.FORM) {
            throw line.error("form", "is " + line.integer("form") + ", and this version compares form "
                    + Benchmark.FORM + ". Measure anew what it is to be compared with, by this version.");
        }
        return new KeptBenchmark(benchmark, line);
    }

    /**
     * Holds what is to be measured against what was measured.
     *
     * @param now   the line as far as it says what is measured
     * @param names of the times that will be measured
     * @throws UserException where the two cannot be compared, naming what differs
     */
    public void requireAlike(ObjectNode now, Collection<String> names) {
        Config other = config(now);
        List<String> differences = new ArrayList<>();
        for (String key : benchmark.conditions()) {
            String kept = value(line, key);
            String taken = value(other, key);
            if (!kept.equals(taken)) {
                differences.add(key + " is " + kept + " there and " + taken + " now");
            }
        }
        if (other.has("configuration")) {
            other.object("configuration").differences(line.object("configuration")).forEach(difference ->
                    differences.add(Names.quote(difference.path()) + " is " + Names.quote(difference.there())
                            + " there and " + Names.quote(difference.here()) + " now"));
        }
        if (!differences.isEmpty()) {
            throw line.error("cannot be compared with this measurement: "
                    + String.join("; ", differences.subList(0, Math.min(MOST_DIFFERENCES, differences.size())))
                    + (differences.size() > MOST_DIFFERENCES ? "; and more" : "") + ".");
        }
        if (Collections.disjoint(seconds.keySet(), names)) {
            throw line.error("cannot be compared with this measurement: it holds "
                    + Comparison.listed(seconds.keySet()) + ", and measured is now " + Comparison.listed(names) + ".");
        }
    }

    private static String value(Config line, String key) {
        return line.find(key).map(found -> Names.quote(found.isText() ? found.text() : found.canonicalText().strip()))
                .orElse("not given");
    }

    private static Config config(ObjectNode line) {
        return Config.parse(line.toString(), "this measurement");
    }

    /**
     * Compares with a line that was found {@linkplain #requireAlike alike}.
     *
     * @param now   the line of a measurement
     * @param limit from which ratio of the times on, now over kept, what was measured counts as slower
     * @return each time that both have, and what only one has
     */
    public Comparison compare(ObjectNode now, double limit) {
        Map<String, Double> measured = benchmark.seconds(config(now));
        List<Comparison.Row> rows = new ArrayList<>();
        List<String> fresh = new ArrayList<>();
        measured.forEach((name, time) -> {
            Double before = seconds.get(name);
            if (before == null) {
                fresh.add(name);
            } else {
                rows.add(new Comparison.Row(name, before, time));
            }
        });
        List<String> gone = seconds.keySet().stream().filter(name -> !measured.containsKey(name)).toList();
        return new Comparison(line.source() + " (" + value(line, "engine") + ")", benchmark.measured(), limit, rows,
                gone, fresh, benchmark.unsteady(line));
    }
}
