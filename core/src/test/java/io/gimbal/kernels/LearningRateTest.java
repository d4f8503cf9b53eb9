package io.gimbal.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gimbal.kernels.KernelRun.Array;

@OnKernelDevice
class LearningRateTest {
    private static final long STEPS = 100;
    private static final long PERIOD = 30;
    private static final float BASE = 0.02f;
    private static final float FACTOR = 0.3f;
    private static final float POWER = 0.9f;

    private static double schedule(int kind, long step) {
        double done = Math.min(1, step / (double) STEPS);
        return switch (kind) {
            case 0 -> BASE;
            case 1 -> BASE * Math.pow(FACTOR, step / PERIOD);
            case 2 -> BASE * Math.pow(1 - done, POWER);
            default -> BASE * (1 + Math.cos(Math.PI * done)) / 2;
        };
    }

    @EachWay
    void rateFollowsItsScheduleFromTheStepCounter(Way way) {
        for (long every : new long[] {1, 7, 50}) {
            for (int kind = 0; kind < 4; kind++) {
                rateFollows(way, kind, every);
            }
        }
    }

    private static void rateFollows(Way way, int kind, long every) {
        for (long warmup : new long[] {0, 1, 10}) {
            for (float minimum : new float[] {0, 0.004f}) {
                for (long step : new long[] {0, 1, 5, 9, 10, 29, 30, 59, 60, 99, 100, 101, 5000}) {
                    double warm = step < warmup ? (step + 1.0) / warmup : 1;
                    double expected = Math.max(minimum, schedule(kind, step / every * every) * warm);
                    try (KernelRun run = new KernelRun(way)) {
                        Array rate = run.output(1);
                        run.launch("optimizer", "learning_rate", 1, run.longs(step, 7, 0, 0), rate, BASE, kind,
                                warmup, STEPS, PERIOD,
                                FACTOR, POWER, minimum, every);
                        // a double rounded once; cosine's end is a difference of ones
                        assertEquals(expected, rate.floats()[0], expected * Numbers.UNIT + 1e-17, "kind " + kind
                                + " at " + step + " by " + every);
                    }
                }
            }
        }
    }
}
