package io.gimbal.bench;

import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import io.gimbal.shaded.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.util.Statistics;

/**
 * Runs the benchmarks of the bindings, each in processes of its own (JCuda binds once in a process), and prints a
 * table. Without options it also writes a file of results: with some, a run is a trial.
 */
public final class Bindings {
    private static final String ALLOCATION = "gc.alloc.rate.norm";

    private Bindings() {}

    /** @param arguments options of JMH, such as {@code -f 1 launch} */
    public static void main(String[] arguments) throws CommandLineOptionException, RunnerException, IOException {
        CommandLineOptions options = new CommandLineOptions(arguments);
        if (options.shouldHelp()) {
            options.showHelp();
            return;
        }
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("date", LocalDate.now().toString());
        report.put("processor", processor());
        report.put("cores", Runtime.getRuntime().availableProcessors());
        boolean soft;
        try (Device device = Device.open(DeviceKind.AUTO)) {
            soft = device.soft();
            report.put("device", device.describe());
        }
        report.put("java", Runtime.version().toString());
        IO.println("On " + report.get("device"));

        String before = load();
        Collection<RunResult> results = new Runner(new OptionsBuilder().parent(options)
                .addProfiler(GCProfiler.class).build()).run();
        report.put("load_before", before);
        report.put("load_after", load());
        describe(report, results.iterator().next().getParams());
        Map<String, Map<String, Object>> calls = calls(results);
        report.put("calls", calls);
        print(calls);
        if (arguments.length == 0) {
            Path file = Path.of("bench", "results",
                    report.get("date") + "-bindings-" + (soft ? "cpu" : "gpu") + ".json");
            String json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(report);
            Files.writeString(file, json + "\n");
            IO.println("Written: " + file);
        }
    }

    private static void describe(Map<String, Object> report, BenchmarkParams run) {
        report.put("jmh", run.getJmhVersion());
        report.put("jcuda", library(jcuda.driver.JCudaDriver.class) + ", " + library(jcuda.jcublas.JCublas2.class)
                + ", " + library(jcuda.jcudnn.JCudnn.class));
        report.put("forks", run.getForks());
        report.put("warmup", run.getWarmup().getCount() + " of " + run.getWarmup().getTime());
        report.put("measurement", run.getMeasurement().getCount() + " of " + run.getMeasurement().getTime());
    }

    /** The jar that a class comes from, whose name has the version. */
    private static String library(Class<?> type) {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath()).getFileName().toString();
    }

    /** By call and binding, the time and the allocated bytes of one call. */
    private static Map<String, Map<String, Object>> calls(Collection<RunResult> results) {
        Map<String, Map<String, Object>> calls = new TreeMap<>();
        for (RunResult result : results) {
            Statistics nanoseconds = result.getPrimaryResult().getStatistics();
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("min_ns", rounded(nanoseconds.getMin()));
            figures.put("median_ns", rounded(nanoseconds.getPercentile(50)));
            figures.put("max_ns", rounded(nanoseconds.getMax()));
            Statistics bytes = result.getSecondaryResults().get(ALLOCATION).getStatistics();
            figures.put("allocated_bytes", rounded(bytes.getPercentile(50)));
            String benchmark = result.getParams().getBenchmark();
            calls.computeIfAbsent(benchmark.substring(benchmark.lastIndexOf('.') + 1), name -> new TreeMap<>())
                    .put(result.getParams().getParam("binding").toLowerCase(Locale.ROOT), figures);
        }
        return calls;
    }

    private static double rounded(double value) {
        return Math.round(value * 10) / 10.0;
    }

    private static void print(Map<String, Map<String, Object>> calls) {
        calls.forEach((call, byBinding) -> byBinding.forEach((binding, figures) ->
                IO.println("%-18s %-7s %s".formatted(call, binding, figures))));
    }

    private static String processor() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name")).findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip()).orElse(System.getProperty("os.arch"));
        }
    }

    /** The machine's load: averages over 1, 5 and 15 minutes, running tasks of all, the last process. */
    private static String load() throws IOException {
        return Files.readString(Path.of("/proc/loadavg")).strip();
    }
}
