package io.gimbal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.balance.BalancingReader;
import io.gimbal.config.Config;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.Precision;
import io.gimbal.optimizer.Schedule;
import io.gimbal.optimizer.Sgd;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clipping goes by the norm of all that the parameters move by, whatever rule has weighed or combined it. */
@Tag("device")
class ClippingTest {
    private static final int STEPS = 5;
    private static final double MOST = 0.05;

    private static Device device;

    @BeforeAll
    static void open() {
        device = DeviceUnderTest.open();
    }

    @AfterAll
    static void close() {
        device.close();
    }

    private static Rig rig(String rule, Precision precision, Sgd optimizer) {
        Balancing balancing = BalancingReader.read(Config.parse(rule.replace('\'', '"'), "rule.json"),
                List.of("classes", "values"));
        return new Rig(device, new StepPlan(Rig.graph(), Rig.CRITERIA, balancing, optimizer, Schedule.constant(1),
                precision, false, StepPlan.DEFAULT_SEED, 3));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{'method': 'fixed'}", "{'method': 'gradnorm'}", "{'method': 'uncertainty'}",
        "{'method': 'gradnorm', 'update_every': 3, 'warm_up': 1}", "{'method': 'pcgrad'}", "{'method': 'graddrop'}",
        "{'method': 'mgda', 'measure': 'parameters'}", "{'method': 'rlw'}"})
    void noStepMovesTheParametersFurtherThanTheNorm(String rule) {
        for (Precision precision : List.of(Precision.FLOAT32, Precision.BF16)) {
            try (Rig plain = rig(rule, precision, new Sgd(1, 0, 0));
                    Rig clipped = rig(rule, precision, new Sgd(1, 0, 0).clipped(MOST));
                    Rig loose = rig(rule, precision, new Sgd(1, 0, 0).clipped(1e6))) {
                double unclipped = moved(plain);
                assertTrue(unclipped > 2 * MOST, rule + " moves by " + unclipped);
                moved(loose);
                States.assertSame(plain.step.state(), loose.step.state());
                for (int step = 0; step < STEPS; step++) {
                    // Of a difference of parameters near 1, each rounded to 6e-8.
                    assertEquals(MOST, moved(clipped), 1e-5, rule + " in " + precision + ", step " + step);
                    assertTrue(clipped.step.drainRecords().getLast().accepted());
                }
            }
        }
    }

    /** How far a step moves the parameters, which at a rate of 1 is their gradient's norm. */
    private static double moved(Rig rig) {
        Map<String, float[]> before = rig.step.state().tensors();
        rig.submitInTurn(1);
        Map<String, float[]> after = rig.step.state().tensors();
        double squares = 0;
        for (Map.Entry<String, float[]> tensor : before.entrySet()) {
            for (int i = 0; i < tensor.getValue().length && !tensor.getKey().contains(".running_"); i++) {
                double by = (double) after.get(tensor.getKey())[i] - tensor.getValue()[i];
                squares += by * by;
            }
        }
        return Math.sqrt(squares);
    }
}
