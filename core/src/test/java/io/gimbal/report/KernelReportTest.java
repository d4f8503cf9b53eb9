package io.gimbal.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.device.KernelResources;
import io.gimbal.measure.Distribution;
import io.gimbal.measure.KernelArgument;
import io.gimbal.measure.KernelBench;
import io.gimbal.measure.KernelLaunch;
import io.gimbal.measure.MeasuredKernel;
import io.gimbal.measure.OutputCheck;
import io.gimbal.shaded.jackson.databind.node.JsonNodeFactory;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** What a GPU's times come to, in the report. */
class KernelReportTest {
    private static MeasuredKernel timed(String kernel, double seconds, OptionalInt resident, OutputCheck... checks) {
        return new MeasuredKernel(kernel, kernel + " at f.cu:1", KernelLaunch.parse("8", "96", "128"),
                new KernelResources(40, 16, 8, 64), resident, 3_000_000, Optional.empty(), Optional.empty(),
                Optional.of(new MeasuredKernel.Times(new Distribution(seconds / 2, seconds, 2 * seconds),
                        new Distribution(seconds / 4, seconds / 3, seconds / 2))), List.of(checks), List.of());
    }

    private static KernelReport report() {
        return new KernelReport("sm_90", KernelArgument.parse("out float[9], int=1"), 7);
    }

    @Test
    void timesRatesAndRatiosOfTwoKernelsAreTold() {
        KernelReport report = report();
        OutputCheck wrong = new OutputCheck(1, 9, 0, 2, 3, 1, 2, 0.5);
        report.add(new KernelBench.Pair(timed("mine", 2e-6, OptionalInt.of(16), wrong),
                timed("theirs", 3e-6, OptionalInt.empty())));
        report.copy(3e12);
        String text = report.text();
        assertTrue(text.contains("A copy from device to device moves 3000.0 GB/s"), text);
        assertTrue(text.contains("│ mine   │    8 │    96 │ 2.00 us │ 1.00 us │ 4.00 us │ "
                + "0.67 us │ 1500.0 │      50 % │"),
                text);
        assertTrue(text.contains("│ mine   │    96 │        40 │       8 │    16 │    192 │       16 │      75 % │"),
                text);
        assertTrue(text.contains("theirs takes 1.50 times as long as mine.") && text.contains("Output 1 is wrong in 2"),
                text);
        assertFalse(text.contains("No time was measured"), text);
        assertFalse(report.passed());
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        report.putJson(json);
        assertEquals(1.5, json.get("ratios").get(0).asDouble(), 1e-12);
        assertEquals(0.5, json.get("kernels").get(0).get("share_of_copy").asDouble(), 1e-12);
        assertEquals(2e-6, json.get("kernels").get(0).get("cold_s").get("median").asDouble());
        assertFalse(json.get("kernels").get(1).has("resident_blocks"));
        assertTrue(report.picture().contains("Time of a launch, microseconds") && report.picture().contains(">3.00<"));
    }

    @Test
    void namesInPicturesAreEscaped() {
        assertTrue(BarPicture.of("a < b & c", List.of(new BarPicture.Bar("<k>", 0))).contains("a &lt; b &amp; c"));
    }
}
