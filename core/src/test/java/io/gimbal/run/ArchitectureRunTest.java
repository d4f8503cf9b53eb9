package io.gimbal.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A training of a named architecture is one like any other: validated, kept, and gone on with to the byte. */
@Tag("device")
class ArchitectureRunTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "mtan", "backbone": "resnet18", "width": 0.0625 | "gradnorm" | bf16
            "cross_stitch", "backbone": "resnet18", "width": 0.0625 | "mgda", "measure": "parameters" | tf32
            "pad_net", "backbone": "resnet18", "auxiliary": ["normals"], "width": 0.0625 | "pcgrad" | float32
            "pap_net", "backbone": "resnet18", "width": 0.0625 | "uncertainty" | bf16
            """)
    void itGoesOnAsIfItHadNeverStopped(String architecture, String balance, String precision) {
        Config config = Config.parse("""
                {"data": {"source": "rooms", "count": 4, "batch": 2}, "validation": {"count": 2}, "epochs": 2,
                 "model": {"input": [3, 64, 64], "architecture": %s},
                 "tasks": {"segmentation": {"loss": "cross_entropy", "classes": 13, "ignore": 255},
                           "depth": {"loss": "l1", "ignore": 0},
                           "normals": {"loss": "l1", "normalize": true, "ignore": 0}},
                 "balance": {"method": %s}, "precision": "%s",
                 "optimizer": {"method": "sgd", "lr": 1e-3, "momentum": 0.9, "weight_decay": 1e-4, "clip_norm": 1,
                               "average": 0.9, "groups": {"*.head.*": {"lr_factor": 10}}},
                 "schedule": {"kind": "step", "period": 2, "factor": 0.5, "per": "epoch"}}
                """.formatted(architecture, balance, precision), "survey.json");
        Path whole = folder.resolve("whole");
        Path parts = folder.resolve("parts");
        Quiet all = new Quiet();
        try (Device device = DeviceUnderTest.open()) {
            run(device, config, RunFolder.create(whole, "whole", config), all);
            assertEquals(List.of(2L, 4L), all.validations);
            assertTrue(all.records.stream().allMatch(record -> record.accepted()), () -> all.records.toString());
            Config first = config.with("epochs=1");
            run(device, first, RunFolder.create(parts, "whole", first), new Quiet());
            run(device, config, RunFolder.resume(parts, config), new Quiet());
        }
        assertEquals(List.of(), TinyRooms.differences(whole, parts));
    }

    private static void run(Device device, Config config, RunFolder folder, Quiet listener) {
        try (TrainingRun run = new TrainingRun(device, TrainingConfig.read(config), folder, () -> { })) {
            run.run(listener);
        }
    }
}
