package io.gimbal.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.shaded.jackson.databind.json.JsonMapper;
import io.gimbal.shaded.jackson.databind.node.ArrayNode;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeptBenchmarkTest {
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final List<String> NAMES = List.of("add 8", "gram 9 T=3");

    @TempDir
    private Path folder;

    private static ObjectNode line(Benchmark benchmark) {
        return benchmark.mark(MAPPER.createObjectNode().put("engine", "Gimbal 0.1.0, a device")
                .put("device", "a device").put("threads", 2).put("processor", "a processor"));
    }

    private static void kernel(ObjectNode line, String name, String of, double seconds) {
        ObjectNode kernel = (line.has("kernels") ? (ArrayNode) line.get("kernels") : line.putArray("kernels"))
                .addObject().put("kernel", name).put("of", of);
        kernel.putObject("launch_s").put("min", seconds).put("median", 9 * seconds).put("max", 99 * seconds);
    }

    private static ObjectNode kernels(double add, double gram) {
        ObjectNode line = line(Benchmark.KERNELS);
        kernel(line, "add", "8", add);
        kernel(line, "gram", "9 T=3", gram);
        return line;
    }

    private static ObjectNode step(double own, double equal) {
        ObjectNode line = line(Benchmark.STEP).put("source", "toy").put("dtype", "float32").put("batch", 8)
                .put("balancing", "own");
        Benchmark.putConfiguration(line, Config.parse("{\"model\": {\"trunk\": [{\"layer\": \"linear\", \"out\": 4}]}, "
                + "\"name\": \"toy\"}", "toy.json"), "model", "tasks");
        line.putObject("step_s").put("min", own);
        line.putObject("equal").putObject("step_s").put("min", equal);
        return line;
    }

    private Path kept(ObjectNode line) throws IOException {
        return Files.writeString(folder.resolve("kept.json"), line + "\n");
    }

    private KeptBenchmark read(Benchmark benchmark, ObjectNode line) throws IOException {
        return KeptBenchmark.read(kept(line), benchmark);
    }

    private static String refusal(org.junit.jupiter.api.function.Executable work) {
        return assertThrows(UserException.class, work).getMessage();
    }

    @Test
    void aRatioIsTheTimeNowOverTheTimeKeptAndOnlyThoseAboveTheLimitAreSlower() throws IOException {
        KeptBenchmark kept = read(Benchmark.KERNELS, kernels(1e-6, 2e-3));
        ObjectNode now = kernels(0.5e-6, 2.2e-3);
        kept.requireAlike(now, NAMES);
        Comparison comparison = kept.compare(now, 1.05);
        assertEquals(List.of("gram 9 T=3"), comparison.slower().stream().map(Comparison.Row::name).toList());
        // Ratios of decimals that doubles do not have: a few of their last digits.
        assertEquals(0.5, comparison.rows().getFirst().ratio(), 1e-12);
        assertEquals(1.1, comparison.rows().getLast().ratio(), 1e-12);
        String text = comparison.text();
        assertTrue(text.contains("│ add 8      │ 1.000 us │ 0.5000 us │ 0.500 │"), text);
        assertTrue(text.contains("│ gram 9 T=3 │ 2.000 ms │  2.200 ms │ 1.100 │"), text);
        assertTrue(text.contains("Each is the least time of a launch; kept: " + folder.resolve("kept.json")
                + " ('Gimbal 0.1.0, a device'). A ratio is the time now over the time kept: above 1 is slower than it "
                + "was. Their geometric mean is 0.742."), text);
        assertTrue(text.contains("1 of 2 have a ratio above 1.05: gram 9 T=3 (1.100)."), text);
        comparison = kept.compare(now, 1.2);
        assertEquals(List.of(), comparison.slower());
        assertTrue(comparison.text().contains("Nothing has a ratio above 1.2."), comparison.text());
    }

    @Test
    void aTimeAtTheLimitIsNotSlower() throws IOException {
        assertEquals(List.of(), read(Benchmark.KERNELS, kernels(1, 2)).compare(kernels(1, 2), 1).slower());
        assertEquals(1, read(Benchmark.KERNELS, kernels(1, 2)).compare(kernels(1, 4), 1.5).slower().size());
        assertEquals(0, read(Benchmark.KERNELS, kernels(1, 2)).compare(kernels(1, 4), 2).slower().size());
    }

    @Test
    void whatIsInOneOfThemAloneIsToldByName() throws IOException {
        ObjectNode before = kernels(1, 2);
        kernel(before, "gone\u001b[31m", "7", 1);
        ObjectNode now = kernels(1, 2);
        for (int k = 0; k < 12; k++) {
            kernel(now, "fresh" + k, "7", 1);
        }
        Comparison comparison = read(Benchmark.KERNELS, before).compare(now, 1.1);
        assertEquals(2, comparison.rows().size());
        String text = comparison.text();
        assertTrue(text.contains("Kept, but not measured now: gone\\u001b[31m 7."), text);
        assertTrue(text.contains("Measured now, but not kept: fresh0 7, fresh1 7, "), text);
        assertTrue(text.contains("fresh9 7, and 2 more."), text);
        assertFalse(text.contains("\u001b"), "nothing of a file reaches the terminal as it stands");
    }

    @Test
    void ofAKernelThatIsThereTwiceTheFasterCounts() throws IOException {
        ObjectNode before = kernels(3, 2);
        kernel(before, "add", "8", 1);
        assertEquals(2, read(Benchmark.KERNELS, before).compare(kernels(2, 2), 9).rows().getFirst().ratio());
    }

    @Test
    void aStepIsComparedWithItsOwnBalancingAndWithEqualWeights() throws IOException {
        KeptBenchmark kept = read(Benchmark.STEP, step(0.5, 0.25));
        kept.requireAlike(step(1, 1), List.of("own", "equal"));
        Comparison comparison = kept.compare(step(1, 0.125), 1.1);
        assertEquals(List.of(new Comparison.Row("own", 0.5, 1), new Comparison.Row("equal", 0.25, 0.125)),
                comparison.rows());
    }

    @Test
    void aPassIsComparedByTheTimeOfAnExampleAndOneThatWasNotSteadyIsNamed() throws IOException {
        ObjectNode before = line(Benchmark.DATA);
        before.putObject("passes").putObject("first").put("images_a_second_and_core", 100).put("steady", false);
        ObjectNode now = line(Benchmark.DATA);
        now.putObject("passes").putObject("first").put("images_a_second_and_core", 50).put("steady", true);
        Comparison comparison = read(Benchmark.DATA, before).compare(now, 1.1);
        assertEquals(List.of(new Comparison.Row("first", 0.01, 0.02)), comparison.rows());
        assertTrue(comparison.text().contains("still getting faster, so that a slower time now may not show: first."),
                comparison.text());
    }

    @ParameterizedTest
    @CsvSource({"device, another, device is 'another' there and 'a device' now",
        "threads, 3, threads is '3' there and '2' now", "processor, , processor is not given there and 'a processor'",
        "batch, 16, batch is '16' there and '8' now", "dtype, bf16, dtype is 'bf16' there and 'float32' now",
        "balancing, equal, balancing is 'equal' there and 'own' now", "source, x, source is 'x' there and 'toy' now"})
    void whatWasMeasuredOtherwiseIsRefusedWithBothValues(String key, String value, String words) throws IOException {
        ObjectNode before = step(1, 1);
        if (value == null) {
            before.remove(key);
        } else if (value.matches("\\d+")) {
            before.put(key, Integer.parseInt(value));
        } else {
            before.put(key, value);
        }
        KeptBenchmark kept = read(Benchmark.STEP, before);
        String message = refusal(() -> kept.requireAlike(step(1, 1), List.of("own")));
        assertTrue(message.startsWith(folder.resolve("kept.json") + " cannot be compared with this measurement: ")
                && message.contains(words), message);
    }

    @Test
    void anotherNetworkIsRefusedWithThePlaceOfTheDifference() throws IOException {
        ObjectNode before = step(1, 1);
        ((ObjectNode) before.at("/configuration/model/trunk/0")).put("out", 5);
        KeptBenchmark kept = read(Benchmark.STEP, before);
        String message = refusal(() -> kept.requireAlike(step(1, 1), List.of("own")));
        assertTrue(message.contains("'configuration.model.trunk[0].out' is '5' there and '4' now"), message);
        before.remove("configuration");
        KeptBenchmark without = read(Benchmark.STEP, before);
        assertTrue(refusal(() -> without.requireAlike(step(1, 1), List.of("own"))).contains("configuration"));
    }

    @Test
    void manyDifferencesAreNotAllTold() throws IOException {
        ObjectNode before = line(Benchmark.STEP).put("balancing", "equal");
        before.remove(List.of("device", "threads", "processor"));
        before.putObject("step_s").put("min", 1);
        before.putObject("configuration");
        KeptBenchmark kept = read(Benchmark.STEP, before);
        String message = refusal(() -> kept.requireAlike(step(1, 1), List.of("own")));
        assertTrue(message.endsWith("; and more."), message);
    }

    @Test
    void whereNothingIsInBothItIsRefusedBeforeAnythingIsMeasured() throws IOException {
        KeptBenchmark kept = read(Benchmark.KERNELS, kernels(1, 2));
        String message = refusal(() -> kept.requireAlike(line(Benchmark.KERNELS), List.of("add 16")));
        assertTrue(message.contains("it holds add 8, gram 9 T=3, and measured is now add 16."), message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "7", "{}", "[1, 2]", "{\"engine\": \"Gimbal\", \"kernels\": []}",
        "{\"bench\": 5, \"form\": 1}", "{\"bench\": \"kernels\", \"form\": \"1\"}",
        "{\"bench\": \"kernels\", \"form\": 2, \"kernels\": []}", "{\"bench\": \"step\", \"form\": 1}",
        "{\"bench\": \"kernels\", \"form\": 1}", "{\"bench\": \"kernels\", \"form\": 1, \"kernels\": {}}",
        "{\"bench\": \"kernels\", \"form\": 1, \"kernels\": [7]}",
        "{\"bench\": \"kernels\", \"form\": 1, \"kernels\": [{\"kernel\": \"a\", \"of\": \"b\"}]}",
        "{\"bench\": \"kernels\", \"form\": 1, \"kernels\": [{\"kernel\": \"a\", \"of\": \"b\", \"launch_s\": 1}]}",
        "{\"bench\": \"kernels\", \"form\": 1, \"kernels\": [{\"kernel\": 1, \"of\": \"b\", \"launch_s\": "
                + "{\"min\": 1}}]}",
        "{\"bench\": \"kernels\", \"form\": 1, \"kernels\": [{\"kernel\": \"a\", \"of\": \"b\", \"launch_s\": "
                + "{\"min\": 0}}]}",
        "{\"bench\": \"kernels\", \"form\": 1, \"kernels\": [{\"kernel\": \"a\", \"of\": \"b\", \"launch_s\": "
                + "{\"min\": -1}}]}",
        "{\"bench\": \"kernels\", \"form\": 1, \"kernels\": [{\"kernel\": \"a\", \"of\": \"b\", \"launch_s\": "
                + "{\"min\": 1e999}}]}",
        "{\"bench\": \"kernels\", \"form\": 1, \"kernels\": [{\"kernel\": \"a\", \"of\": \"b\", \"launch_s\": "
                + "{\"min\": \"NaN\"}}]}",
        "{\"bench\": \"kernels\", \"form\": 1, \"kernels\": []}\n{\"bench\": \"kernels\"}", "\0\0\0"})
    void aFileThatIsNoSuchLineIsRefusedByName(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("other.json"), text);
        String message = refusal(() -> KeptBenchmark.read(file, Benchmark.KERNELS));
        assertTrue(message.startsWith(file.toString()) && message.length() < 400, message);
    }

    @Test
    void anotherBenchmarkAndAnotherFormAreNamed() throws IOException {
        String message = refusal(() -> read(Benchmark.KERNELS, step(1, 1)));
        assertTrue(message.contains("bench is 'step', and only what 'gimbal bench kernels --json FILE' writes"),
                message);
        message = refusal(() -> read(Benchmark.STEP, step(1, 1).put("form", 2)));
        assertTrue(message.contains("form is 2, and this version compares form 1. Measure anew"), message);
        assertTrue(refusal(() -> KeptBenchmark.read(folder.resolve("none.json"), Benchmark.STEP))
                .contains("there is no such file"));
    }

    @Test
    void whatBothSidesMeasureIsInNoOrderOfItsOwn() throws IOException {
        List<String> names = new ArrayList<>();
        read(Benchmark.STEP, step(1, 1)).compare(step(1, 1), 1.1).rows().forEach(row -> names.add(row.name()));
        assertEquals(List.of("own", "equal"), names);
    }
}
