package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gimbal.cuda.LibraryReport;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.device.DnnLibrary;
import io.gimbal.replay.CaseRun;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanCommandTest {
    private static final String ROOMS = "examples/rooms.json";
    private static final Path CASE = Path.of("core/src/test/resources/cases/dense3");

    @TempDir
    private Path folder;

    private JsonNode json(String... arguments) throws IOException {
        Path file = folder.resolve("plan.json");
        String[] line = Arrays.copyOf(arguments, arguments.length + 2);
        line[arguments.length] = "--json";
        line[arguments.length + 1] = file.toString();
        Command.run(line).succeeds();
        return new ObjectMapper().readTree(Files.readString(file));
    }

    private static void assumeCudnn() {
        LibraryReport report = DnnLibrary.find(LibrarySearch.ofProcess()).report();
        assumeTrue(report.loaded(), report::describe);
    }

    @Test
    void theSoftwareDevicesStepIsToldInTables() {
        String text = Command.run("plan", ROOMS, "--device", "soft", "--batch", "2").succeeds().out();
        for (String part : new String[] {"rooms, batch 2, float32, planned for Gimbal software device",
            "heads.segmentation.2", "batch norm", "backward filter", "Memory: ", "limits are not known"}) {
            assertTrue(text.contains(part), () -> "'" + part + "' is not in: " + text);
        }
    }

    @Test
    void theValuesThatCarrySeveralTasksCotangentsAreTold() throws IOException {
        JsonNode plan = json("plan", ROOMS, "--device", "soft", "--batch", "2");
        JsonNode kept = plan.path("kept_apart");
        assertEquals(List.of("trunk.14", "trunk.15"), kept.valueStream().map(value -> value.path("layer").textValue())
                .toList());
        for (JsonNode value : kept) {
            assertEquals(List.of("segmentation", "depth", "normals"), value.path("tasks").valueStream().map(
                    JsonNode::textValue).toList());
            assertEquals("48 x 24 x 32", value.path("shape").textValue());
            assertEquals(3 * 2 * 48 * 24 * 32 * Float.BYTES, value.path("cotangent_bytes").longValue());
        }
        // The filter gradient of W's layer, from 64 channels by 3 x 3, three times in place of once.
        double added = kept.path(0).at("/added/operations").doubleValue();
        assertEquals(2.0 * 2 * 2 * 48 * 24 * 32 * 64 * 9, added, 0.02 * added);
        assertTrue(json("plan", ROOMS, "--device", "soft", "--set", "balance={\"method\":\"equal\"}").path("kept_apart")
                .isEmpty());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "many_above  | Measured at 'trunk.6.weight' it would add 56 %: name that in model.shared",
        "seven_tasks | It is the last weight on which all tasks depend: a network that parts later, or fixed weights,"
        + " would cost less",
        "toy2        |"})
    void aSharedWeightThatLiesTooEarlyIsWarnedOf(String name, String advice) {
        String text = Command.run("plan", "core/src/test/resources/cases/" + name, "--device", "soft").succeeds().out();
        assertEquals(advice != null, text.contains("Warning: W lies so early that balancing adds"), text);
        assertTrue(text.contains(advice == null ? "" : advice), text);
    }

    @Test
    void whatIsPlannedIsWhatRuns() throws IOException {
        JsonNode plan = json("plan", CASE.toString(), "--device", "soft");
        try (Device device = Device.open(DeviceKind.SOFT); CaseRun run = new CaseRun(device, CASE)) {
            assertEquals(run.step().arenaBytes(), plan.at("/memory_bytes/arena").longValue());
            assertEquals(run.step().mostAliveBytes(), plan.at("/memory_bytes/most_alive").longValue());
            assertEquals(run.step().graphNodes(), plan.at("/step/convolutions").longValue()
                    + plan.at("/step/products").longValue() + plan.at("/step/kernels").longValue());
        }
    }

    /** Of 32 words each tensor's start and of 256 bytes each buffer's is a multiple. */
    @Test
    void averagesAreMemoryOfTheModelAndTwoKernelsMore() throws IOException {
        JsonNode without = json("plan", ROOMS, "--device", "soft", "--batch", "2");
        JsonNode with = json("plan", ROOMS, "--device", "soft", "--batch", "2", "--set", "optimizer.average=0.99");
        long learned = without.path("layers").valueStream().mapToLong(layer -> layer.path("parameters").longValue())
                .sum();
        long more = with.at("/memory_bytes/model").longValue() - without.at("/memory_bytes/model").longValue();
        assertTrue(more >= Float.BYTES * learned && more < 1.1 * Float.BYTES * learned, more + " bytes of averages of "
                + learned + " parameters");
        assertEquals(without.at("/memory_bytes/step"), with.at("/memory_bytes/step"));
        assertEquals(without.at("/memory_bytes/arena"), with.at("/memory_bytes/arena"));
        assertEquals(without.at("/step/kernels").longValue() + 2, with.at("/step/kernels").longValue());
    }

    @Test
    void whatRanksExchangeIsPlannedForTheirPartsOfABatch() throws IOException {
        String[] arguments = {"plan", ROOMS, "--device", "soft", "--batch", "4", "--ranks", "2", "--link", "100,20"};
        JsonNode plan = json(arguments);
        JsonNode ranks = plan.path("ranks");
        assertEquals(2, ranks.path("count").intValue());
        assertEquals(2, ranks.path("examples").intValue());
        assertEquals(2, plan.path("batch").intValue());
        assertEquals(100e9, ranks.at("/link/bytes_per_second").doubleValue());
        assertEquals(20e-6, ranks.at("/link/latency_seconds").doubleValue(), 1e-12);
        long learned = plan.path("layers").valueStream().mapToLong(layer -> layer.path("parameters").longValue()).sum();
        assertTrue(ranks.path("bytes_beside").doubleValue() + ranks.path("awaited_bytes").doubleValue()
                >= Float.BYTES * learned, ranks::toString);
        assertTrue(ranks.path("seconds").isMissingNode(), "the software device's limits are not known");
        String text = Command.run(arguments).succeeds().out();
        assertTrue(text.contains("2 ranks, 2 examples each: ") && text.contains("The link: as given"), text);
        assertTrue(json("plan", ROOMS, "--device", "soft", "--batch", "4").path("ranks").isMissingNode());
    }

    /** Batch norm's two exchanges a layer and pass fall away. */
    @Test
    void ranksWithStatisticsOfTheirOwnWaitForLess() throws IOException {
        String[] arguments = {"plan", ROOMS, "--device", "soft", "--batch", "4", "--ranks", "2"};
        String[] own = Arrays.copyOf(arguments, arguments.length + 2);
        own[arguments.length] = "--set";
        own[arguments.length + 1] = "ranks={\"batch_norm\": \"own\"}";
        int together = json(arguments).at("/ranks/awaited_exchanges").intValue();
        int alone = json(own).at("/ranks/awaited_exchanges").intValue();
        assertTrue(0 < alone && alone < together, alone + " and " + together);
    }

    @Test
    void aStepIsPlannedForAnH200ThatIsNotHere() throws IOException {
        assumeCudnn();
        JsonNode plan = json("plan", ROOMS, "--for", "h200", "--precision", "bf16", "--batch", "24");
        assertEquals("NVIDIA H200, sm_90", plan.path("device").textValue());
        assertEquals(24, plan.path("batch").intValue());
        assertEquals(plan.at("/step/convolutions").intValue(), plan.path("convolutions").size());
        for (JsonNode convolution : plan.path("convolutions")) {
            assertEquals(convolution.path("engine"), convolution.at("/cudnn/engineId"));
            assertTrue(convolution.path("candidates").intValue() > 1, convolution::toString);
            assertTrue(convolution.path("operations").doubleValue() > 0, convolution::toString);
        }
        double all = plan.at("/step/all/seconds_at_limits").doubleValue();
        double equal = plan.at("/step/all_with_equal_weights/seconds_at_limits").doubleValue();
        assertTrue(0 < equal && equal < all, equal + " and " + all);
        assertTrue(plan.at("/assumed_limits/source").textValue().contains("assumed"));
        assertEquals(132, plan.at("/assumed_limits/multiprocessors").intValue());
        assertEquals(all, sum(plan.at("/step/bound_seconds")), 1e-9);
        assertEquals(equal, sum(plan.at("/step/bound_seconds_with_equal_weights")), 1e-9);
        long launches = 0;
        double seconds = 0;
        for (JsonNode kernel : plan.path("kernels")) {
            launches += kernel.path("launches").longValue();
            seconds += kernel.path("seconds_at_limits").doubleValue();
            assertTrue(kernel.path("warp_instructions").doubleValue() > 0, kernel::toString);
            assertTrue(List.of("memory", "requests", "instructions", "arithmetic").contains(
                    kernel.path("bound_by").textValue()), kernel::toString);
        }
        assertEquals(plan.at("/step/kernels").longValue(), launches);
        assertEquals(plan.at("/step/other_kernels/seconds_at_limits").doubleValue(), seconds, 1e-9);
    }

    private static double sum(JsonNode seconds) {
        double sum = 0;
        for (JsonNode each : seconds) {
            sum += each.doubleValue();
        }
        return sum;
    }

    @Test
    void theTextForAnH200CallsItsTimeAnEstimate() {
        assumeCudnn();
        String text = Command.run("plan", CASE.toString(), "--for", "h200").succeeds().out();
        assertTrue(text.contains("This is an estimate, not a measurement"), text);
        assertTrue(text.contains("balancing adds"), text);
        assertTrue(text.contains("Bound by: memory ") && text.contains("bound by"), text);
    }

    @Test
    void whatCannotBePlannedIsRefusedInASentence() throws IOException {
        Command.run("plan").refuses(2, "Usage: gimbal plan");
        Command.run("plan", ROOMS, "--batch", "0").refuses(2, "--batch is 0");
        Command.run("plan", ROOMS, "--device", "soft", "--batch", "4", "--ranks", "3").refuses(2,
                "A batch of 4 cannot be shared out to 3 ranks");
        Command.run("plan", ROOMS, "--device", "soft", "--ranks", "0").refuses(2, "--ranks is 0");
        Command.run("plan", ROOMS, "--device", "soft", "--batch", "4", "--ranks", "2", "--link", "pcie").refuses(2,
                "--link is 'pcie'", "nvlink");
        Command.run("plan", ROOMS, "--for", "h9000").refuses(2, "h9000", "h200");
        Command.run("plan", "nowhere.json").refuses(2, "nowhere.json");
        Path damaged = Files.writeString(folder.resolve("device.json"), "{\"deviceName\": \"a device\"}");
        Command.run("plan", ROOMS, "--for", damaged.toString()).refuses(2, "device.json", "deviceVer");
        Command unwritable = Command.run("plan", CASE.toString(), "--device", "soft", "--json",
                folder.resolve("no/such/folder.json").toString());
        unwritable.refuses(2, "folder.json");
        assertFalse(unwritable.err().contains("\tat "), unwritable.err());
    }
}
