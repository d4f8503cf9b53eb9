package io.gimbal.optimizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.device.Device;
import io.gimbal.train.GuardedDevice;
import io.gimbal.train.ToyProblem;
import io.gimbal.train.Trainer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The learning rates that steps record, against the formulas in float64. */
@Tag("device")
class ScheduleTest {
    private static final int STEPS = 40;
    private static final double BASE = 0.0123;
    private static final int EPOCH = 7;

    private static Device device;

    @BeforeAll
    static void open() {
        device = GuardedDevice.open();
    }

    @AfterAll
    static void close() {
        GuardedDevice.close(device);
    }

    private static Schedule read(String text) {
        return Schedule.read(Config.parse(text, "schedule"), BASE, STEPS);
    }

    private static double expected(Schedule schedule, long step) {
        long read = schedule.perEpoch() ? step / EPOCH * EPOCH : step;
        double done = Math.min(1, (double) read / STEPS);
        double rate = BASE * switch (schedule.kind()) {
            case CONSTANT -> 1;
            case STEP -> Math.pow(schedule.factor(), read / schedule.period());
            case POLYNOMIAL -> Math.pow(1 - done, schedule.power());
            case COSINE -> (1 + Math.cos(Math.PI * done)) / 2;
        };
        double warmed = step < schedule.warmUp() ? rate * (step + 1) / schedule.warmUp() : rate;
        return Math.max(warmed, schedule.minimum());
    }

    /** Beyond its last step too, where a program may go on. */
    @ParameterizedTest
    @ValueSource(strings = {"{}", "{'kind': 'constant', 'warm_up': 7}", "{'kind': 'step', 'period': 1}",
            "{'kind': 'step', 'period': 9, 'factor': 0.3}",
            "{'kind': 'step', 'period': 1000}", "{'kind': 'polynomial'}",
                    "{'kind': 'polynomial', 'power': 2, 'minimum': 1e-3, 'warm_up': 1}",
            "{'kind': 'cosine'}", "{'kind': 'cosine', 'warm_up': 10, 'minimum': 1e-5}",
                    "{'kind': 'cosine', 'warm_up': 60}", "{'kind': 'polynomial', 'per': 'epoch'}",
            "{'kind': 'step', 'period': 9, 'per': 'epoch'}", "{'kind': 'cosine', 'per': 'epoch', 'warm_up': 10}",
            "{'kind': 'polynomial', 'per': 'step'}"})
    void eachStepRecordsTheRateOfTheFormula(String text) {
        Schedule schedule = read(text.replace('\'', '"'));
        List<Double> rates = new ArrayList<>();
        try (Trainer trainer = ToyProblem.trainer(device).optimizer(Adam.withRate(BASE)).schedule(schedule)
                .epochSteps(EPOCH).build()) {
            trainer.train(new ToyProblem(5, STEPS + 3), Long.MAX_VALUE, record -> rates.add(record.learningRate()));
        }
        for (int step = 0; step < rates.size(); step++) {
            // The kernel takes its parameters and leaves its result in float32: about four roundings of 6e-8, and the
            // power of a rounded factor grows with its exponent, of which 43 * 6e-8 is the most here.
            double tolerance = schedule.kind() == Schedule.Kind.STEP && schedule.period() == 1 ? 3e-6 : 1e-6;
            double expected = expected(schedule, step);
            assertEquals(expected, rates.get(step), tolerance * expected + 1e-20, "step " + step);
        }
    }

    @Test
    void aConstantRateGoesByNoEpoch() {
        String refusal = assertThrows(UserException.class, () -> Schedule.constant(BASE).byEpoch()).getMessage();
        assertTrue(refusal.startsWith("perEpoch is true, but CONSTANT does not read it"), refusal);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"{'kind': 'cosin'} | cosine", "{'kind': 'step'} | period",
            "{'kind': 'step', 'period': 0} | period",
            "{'kind': 'cosine', 'per': 'epoc'} | epoch", "{'per': 'epoch'} | does not read",
            "{'warmup': 3} | warm_up", "{'warm_up': -1} | warm_up", "{'power': 0} | power",
                    "{'minimum': -1} | minimum"})
    void aScheduleThatCannotBeIsRefused(String text, String named) {
        String message = assertThrows(UserException.class, () -> read(text.replace('\'', '"'))).getMessage();
        assertTrue(message.contains(named), message);
    }
}
