package io.gimbal.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a trainer has to say goes to its logger. */
class TrainerLogTest {
    private final List<String> logged = new ArrayList<>();
    private final Logger logger = Logger.getLogger(Trainer.class.getName());
    /** Tests that run beside this one have threads of their own. */
    private final Thread thread = Thread.currentThread();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord record) {
            if (Thread.currentThread() == thread) {
                assertEquals(Level.WARNING, record.getLevel());
                logged.add(record.getMessage());
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        logger.addHandler(handler);
    }

    @AfterEach
    void listenNoMore() {
        logger.removeHandler(handler);
    }

    private static Examples changed(float line, int side) {
        Examples good = new ToyProblem(5, 1).next();
        float[] values = good.values().get("line").clone();
        values[3] = line;
        int[] classes = new int[ToyProblem.BATCH];
        Arrays.fill(classes, side);
        return new Examples(good.inputs(), Map.of("line", values), Map.of("side", classes));
    }

    @Test
    void aSoundTrainingSaysNothing() {
        try (Device device = Device.open(DeviceKind.SOFT); Trainer trainer = ToyProblem.trainer(device).build()) {
            trainer.train(new ToyProblem(5, 10), 10, record -> {});
            assertEquals(List.of(), logged);
        }
    }

    @Test
    void rejectedStepsAreToldAtTheEndOfTheTrainingThatMadeThem() {
        try (Device device = Device.open(DeviceKind.SOFT); Trainer trainer = ToyProblem.trainer(device).build()) {
            trainer.train(List.of(changed(0, 1), changed(Float.NaN, 1)).iterator(), 2, record -> {});
            assertEquals(List.of("1 of 2 steps changed nothing: they were not finite in line (loss); the targets of "
                    + "task 'line' hold NaN (1 place of step 1, first in example 3); where there is no label, the "
                    + "value that the loss ignores must stand"), logged);
            trainer.train(List.of(changed(0, 1)).iterator(), 1, record -> {});
            assertEquals(1, logged.size(), "once");
        }
    }

    @Test
    void aTaskWithoutALabelIsToldOnce() {
        try (Device device = Device.open(DeviceKind.SOFT); Trainer trainer = ToyProblem.trainer(device).build()) {
            for (int k = 0; k < 2; k++) {
                trainer.train(List.of(changed(0, -100), changed(1, -100)).iterator(), 2, record -> {});
            }
            assertEquals(List.of("task side: no label in any of 2 steps; nothing trains its head"), logged);
        }
    }
}
