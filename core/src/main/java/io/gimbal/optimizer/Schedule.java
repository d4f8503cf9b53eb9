package io.gimbal.optimizer;

import io.gimbal.config.Config;
import io.gimbal.config.Counts;
import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import io.gimbal.engine.LearningRate;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * How the learning rate moves with the steps; computed on the device. Immutable. A number that cannot be is refused by
 * a {@link UserException}, and so is one that the kind does not read, unless it is 1.
 *
 * @param base     the rate to start from, at least 0
 * @param kind     the curve's
 * @param warmUp   steps over which the rate rises linearly to the base
 * @param steps    steps of the whole training: where polynomial and cosine end
 * @param period   steps between two drops of {@code STEP}
 * @param factor   what each drop of {@code STEP} multiplies by, above 0
 * @param power    of the {@code POLYNOMIAL}, above 0
 * @param minimum  the rate never falls below it
 * @param perEpoch whether the curve is read at each epoch's first step, so that the rate is the same throughout an
 *                 epoch but for the warm-up; then the trainer must know how many steps an epoch has
 */
public record Schedule(double base, Kind kind, long warmUp, long steps, long period, double factor, double power,
        double minimum, boolean perEpoch)
        implements LearningRate {
    private static final List<String> NAMES = List.of("constant", "step", "polynomial", "cosine");
    private static final Map<String, List<String>> KEYS = Map.of("constant", List.of("kind", "warm_up", "minimum"),
            "step", List.of("kind", "warm_up", "minimum", "per", "period", "factor"),
            "polynomial", List.of("kind", "warm_up", "minimum", "per", "power"),
            "cosine", List.of("kind", "warm_up", "minimum", "per"));
    private static final int UNREAD = 1;

    /** The curves, in the order of their numbers in {@code optimizer.cu}. */
    public enum Kind {
        /** The base rate throughout. */
        CONSTANT,
        /** The base rate, multiplied by a factor once in each period. */
        STEP,
        /** The base rate by a power of the part of the steps that is left. */
        POLYNOMIAL,
        /** The base rate by half a cosine, from 1 to 0. */
        COSINE
    }

    /** Checks that the parts fit the kind. */
    public Schedule {
        Objects.requireNonNull(kind, "kind is null");
        Range.NON_NEGATIVE.check("base", base);
        Counts.atLeast("warmUp", warmUp, 0);
        Counts.atLeast("steps", steps, 1);
        Counts.atLeast("period", period, 1);
        Range.POSITIVE.check("factor", factor);
        Range.POSITIVE.check("power", power);
        Range.NON_NEGATIVE.check("minimum", minimum);
        unread("period", period, kind, Kind.STEP);
        unread("factor", factor, kind, Kind.STEP);
        unread("power", power, kind, Kind.POLYNOMIAL);
        if (perEpoch && kind == Kind.CONSTANT) {
            throw new UserException("perEpoch is true, but CONSTANT does not read it (the other kinds do); leave it"
                    + " false.");
        }
        double last = base * Math.pow(factor, (steps - 1) / period);
        if (kind == Kind.STEP && !Float.isFinite((float) last)) {
            throw new UserException("factor is " + factor + ", which makes the rate " + last + " by step " + (steps - 1)
                    + "; float32 ends at " + Float.MAX_VALUE + ". Take a smaller factor or a longer period.");
        }
    }

    /**
     * One whose curve is read at every step.
     *
     * @param base    the rate to start from, at least 0
     * @param kind    the curve's
     * @param warmUp  steps over which the rate rises linearly to the base
     * @param steps   steps of the whole training
     * @param period  steps between two drops
     * @param factor  what each drop multiplies by, above 0
     * @param power   of the {@code POLYNOMIAL}, above 0
     * @param minimum the rate never falls below it
     */
    public Schedule(double base, Kind kind, long warmUp, long steps, long period, double factor, double power,
            double minimum) {
        this(base, kind, warmUp, steps, period, factor, power, minimum, false);
    }

    /**
     * The same rate at every step.
     *
     * @param rate at least 0
     * @return the schedule
     */
    public static Schedule constant(double rate) {
        return new Schedule(rate, Kind.CONSTANT, 0, 1, 1, 1, 1, 0);
    }

    /**
     * Half a cosine from the base to zero, after a warm-up.
     *
     * @param rate   the base, at least 0
     * @param warmUp steps over which the rate rises to it
     * @param steps  of the whole training
     * @return the schedule
     */
    public static Schedule cosine(double rate, long warmUp, long steps) {
        return new Schedule(rate, Kind.COSINE, warmUp, steps, 1, 1, 1, 0);
    }

    /**
     * Falls to zero by that power of what is left of the steps.
     *
     * @param rate  the base, at least 0
     * @param power above 0
     * @param steps of the whole training
     * @return the schedule
     */
    public static Schedule polynomial(double rate, double power, long steps) {
        return new Schedule(rate, Kind.POLYNOMIAL, 0, steps, 1, 1, power, 0);
    }

    /**
     * The same read at each epoch's first step, and constant within the epoch.
     *
     * @return another schedule; the trainer must know how many steps an epoch has
     */
    public Schedule byEpoch() {
        return new Schedule(base, kind, warmUp, steps, period, factor, power, minimum, true);
    }

    /**
     * Reads a configuration's {@code schedule}.
     *
     * @param schedule the part of a configuration
     * @param base     the optimiser's own rate
     * @param steps    of the whole training
     * @return the schedule
     */
    public static Schedule read(Config schedule, double base, long steps) {
        String name = schedule.choice("kind", NAMES, "constant");
        schedule.allow(name, KEYS);
        Kind kind = Kind.valueOf(name.toUpperCase(Locale.ROOT));
        int warmUp = schedule.nonNegative("warm_up", 0);
        int period = kind == Kind.STEP ? schedule.positive("period") : UNREAD;
        double factor = schedule.number("factor", Range.POSITIVE, kind == Kind.STEP ? 0.1 : UNREAD);
        double power = schedule.number("power", Range.POSITIVE, kind == Kind.POLYNOMIAL ? 0.9 : UNREAD);
        double minimum = schedule.number("minimum", Range.NON_NEGATIVE, 0);
        boolean perEpoch = schedule.choice("per", List.of("step", "epoch"), "step").equals("epoch");
        return schedule.placed(() -> new Schedule(base, kind, warmUp, steps, period, factor, power, minimum,
                perEpoch));
    }

    private static void unread(String argument, double value, Kind kind, Kind reader) {
        if (kind != reader && value != UNREAD) {
            throw new UserException(argument + " is " + value + ", but " + kind + " does not read it (" + reader
                    + " does); leave it at " + UNREAD + ".");
        }
    }

    @Override
    public boolean countsEpochs() {
        return perEpoch;
    }

    @Override
    public void step(ProgramBuilder program, Region counters, Region learningRate, int epochSteps) {
        program.launch("optimizer", "learning_rate", 1, counters, learningRate, (float) base, kind.ordinal(), warmUp,
                steps, period, (float) factor, (float) power, (float) minimum, perEpoch ? (long) epochSteps : 1L);
    }
}
