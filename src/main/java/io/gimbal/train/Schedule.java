package io.gimbal.train;

import io.gimbal.config.Config;
import io.gimbal.engine.LearningRate;
import io.gimbal.engine.ProgramBuilder;
import io.gimbal.engine.Region;
import java.util.List;

/**
 * How the learning rate moves with the steps; computed on the device. Immutable.
 *
 * @param warmUp  steps over which the rate rises linearly to the base
 * @param steps   steps of the whole training: where polynomial and cosine end
 * @param period  steps between two drops of {@code STEP}
 * @param factor  what each drop multiplies by
 * @param power   of the polynomial
 * @param minimum the rate never falls below it
 */
public record Schedule(double base, Kind kind, long warmUp, long steps, long period, double factor, double power,
        double minimum)
        implements LearningRate {
    /** The curves, in the order of their numbers in {@code optimizer.cu}. */
    public enum Kind {
        CONSTANT,
        STEP,
        POLYNOMIAL,
        COSINE
    }

    /** The same rate at every step. */
    public static Schedule constant(double rate) {
        return new Schedule(rate, Kind.CONSTANT, 0, 1, 1, 1, 1, 0);
    }

    /** Half a cosine from the base to zero, after a warm-up. */
    public static Schedule cosine(double rate, long warmUp, long steps) {
        return new Schedule(rate, Kind.COSINE, warmUp, steps, 1, 1, 1, 0);
    }

    /** Reads a configuration's {@code schedule}. */
    static Schedule read(Config schedule, double base, long steps) {
        schedule.allow("kind", "warm_up", "period", "factor", "power", "minimum");
        Kind kind = Kind.valueOf(schedule.choice("kind", List.of("constant", "step", "polynomial", "cosine"),
                "constant")
                .toUpperCase(java.util.Locale.ROOT));
        long period = kind == Kind.STEP ? schedule.positive("period") : 1;
        return new Schedule(base, kind, schedule.nonNegative("warm_up", 0), steps, period,
                schedule.positiveNumber("factor", 0.1),
                schedule.positiveNumber("power", 0.9), schedule.nonNegativeNumber("minimum", 0));
    }

    @Override
    public void step(ProgramBuilder program, Region counters, Region learningRate) {
        program.launch("optimizer", "learning_rate", 1, counters, learningRate, (float) base, kind.ordinal(), warmUp,
                steps, period,
                (float) factor, (float) power, (float) minimum);
    }
}
