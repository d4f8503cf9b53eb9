package io.gimbal.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.storage.DType;
import io.gimbal.storage.SafeTensors;
import io.gimbal.storage.TensorFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/**
 * Holds a replay against a case's stored trace by the reference's own rule: a figure's deviation is
 * |engine - reference| / max(|reference|, 1e-3 of the figure's largest reference value), a tensor's ||engine -
 * reference|| / ||reference||.
 */
public final class CaseComparison {
    /**
     * The reference computes in float64 and the engine in float32, whose rounding (6e-8) grows through sums and through
     * the steps of a whole run. Float32 PyTorch comes to 1e-5 and, where a norm is a small difference of large terms,
     * to 1e-4.
     */
    public static final double TOLERANCE = 2e-4;

    private static final List<String> BY_TASK = List.of("loss", "weight", "grad_norm");

    private CaseComparison() {}

    static void assertTraceIsTheReferences(Path folder, Path out) throws IOException {
        assertTraceIsWithin(folder, out, figure -> TOLERANCE);
    }

    /** @param tolerance by figure: "loss of TASK", "weight of TASK", "grad_norm of TASK", "total", "step" */
    static void assertTraceIsWithin(Path folder, Path out, ToDoubleFunction<String> tolerance) throws IOException {
        for (Deviation deviation : deviations(folder, out)) {
            assertTrue(deviation.relative <= tolerance.applyAsDouble(deviation.figure), deviation::toString);
        }
    }

    /** How far a figure of a step is off. */
    private record Deviation(double step, String figure, double expected, double actual, double relative) {
        @Override
        public String toString() {
            return "step " + step + ", " + figure + ": " + actual + " where the reference has " + expected
                    + " deviates by " + relative;
        }
    }

    /** The largest deviation of each kind of figure: loss, weight, grad_norm, total. */
    public static Map<String, Double> worst(Path folder, Path out) throws IOException {
        Map<String, Double> worst = new TreeMap<>();
        for (Deviation deviation : deviations(folder, out)) {
            worst.merge(deviation.figure.replaceAll(" of .*", ""), deviation.relative, Math::max);
        }
        worst.remove("step");
        return worst;
    }

    private static List<Deviation> deviations(Path folder, Path out) throws IOException {
        List<Config> expected = lines(folder.resolve("trace.jsonl"));
        List<Config> actual = lines(out.resolve("trace.jsonl"));
        assertEquals(expected.size(), actual.size(), "steps");
        Map<String, Double> largest = new HashMap<>();
        for (Config line : expected) {
            figures(line).forEach((figure, value) -> largest.merge(figure, Math.abs(value), Math::max));
        }
        List<Deviation> deviations = new ArrayList<>();
        for (int step = 0; step < expected.size(); step++) {
            assertEquals(step, actual.get(step).integer("step"));
            Map<String, Double> got = figures(actual.get(step));
            Map<String, Double> wanted = figures(expected.get(step));
            assertEquals(wanted.keySet(), got.keySet());
            wanted.forEach((figure, want) -> deviations.add(new Deviation(wanted.get("step"), figure, want,
                    got.get(figure), Math.abs(got.get(figure) - want)
                    / Math.max(Math.max(Math.abs(want), 1e-3 * largest.get(figure)), 1e-30))));
        }
        return deviations;
    }

    private static Map<String, Double> figures(Config line) {
        Map<String, Double> figures = new HashMap<>();
        for (String figure : BY_TASK) {
            Config values = line.object(figure);
            values.keys().forEach(task -> figures.put(figure + " of " + task, values.number(task)));
        }
        figures.put("total", line.number("total"));
        figures.put("step", (double) line.integer("step"));
        return figures;
    }

    private static List<Config> lines(Path trace) throws IOException {
        return Files.readAllLines(trace).stream().map(line -> Config.parse(line, trace.toString())).toList();
    }

    static void assertTensorsAreTheReferences(Path folder, Path out) {
        try (TensorFile expected = SafeTensors.open(folder.resolve("final.safetensors"));
                TensorFile actual = SafeTensors.open(out.resolve("final.safetensors"))) {
            // W stands there once more; in the reference's files where the network is a trunk and heads, in ours where
            // it is one parameter.
            Set<String> names = new HashSet<>(expected.names());
            Set<String> own = new HashSet<>(actual.names());
            names.remove("shared");
            own.remove("shared");
            assertEquals(names, own);
            for (String name : names) {
                long[] shape = expected.entry(name).shape();
                if (expected.entry(name).type() == DType.I64) {
                    assertEquals(expected.longs(name, shape)[0], actual.longs(name, shape)[0], name);
                    continue;
                }
                double off = distance(expected.floats(name, shape), actual.floats(name, shape));
                assertTrue(off <= TOLERANCE, () -> name + " deviates by " + off);
            }
        }
    }

    /** The largest deviation of a tensor of parameters at the end. */
    public static double worstTensor(Path folder, Path out) {
        double worst = 0;
        try (TensorFile expected = SafeTensors.open(folder.resolve("final.safetensors"));
                TensorFile actual = SafeTensors.open(out.resolve("final.safetensors"))) {
            for (String name : expected.names()) {
                long[] shape = expected.entry(name).shape();
                if (expected.entry(name).type() != DType.I64) {
                    worst = Math.max(worst, distance(expected.floats(name, shape), actual.floats(name, shape)));
                }
            }
        }
        return worst;
    }

    private static double distance(float[] expected, float[] actual) {
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow((double) actual[i] - expected[i], 2);
            norm += (double) expected[i] * expected[i];
        }
        return Math.sqrt(difference) / Math.max(Math.sqrt(norm), 1e-12);
    }
}
