package io.gimbal.measure;

import io.gimbal.cuda.Counters;
import io.gimbal.device.Device;
import java.util.ArrayList;
import java.util.List;

/** A step and its times so far, upload and the host's launch in them. Owns the run. Not thread-safe. */
public final class TimedStep implements AutoCloseable {
    /** How many steps come before those that are timed. */
    public static final int WARM_UP = 3;

    private final Device device;
    private final BenchRun run;
    private final List<Distribution> rounds = new ArrayList<>();
    private final List<Double> all = new ArrayList<>();
    private Counters counted;

    /**
     * Has timed nothing yet.
     *
     * @param device where it runs
     * @param run    what is timed, which stays the caller's
     */
    public TimedStep(Device device, BenchRun run) {
        this.device = device;
        this.run = run;
    }

    /** {@return what is timed} */
    public BenchRun run() {
        return run;
    }

    /**
     * Runs the steps that are not timed.
     *
     * @param done is run after each step
     */
    public void warmUp(Runnable done) {
        for (int k = 0; k < WARM_UP; k++) {
            step(done);
        }
    }

    private double step(Runnable done) {
        long begin = System.nanoTime();
        run.launch();
        run.step().synchronize();
        double seconds = (System.nanoTime() - begin) / 1e9;
        run.step().drainRecords();
        done.run();
        return seconds;
    }

    /**
     * Times some steps.
     *
     * @param steps how many
     * @param done  is run after each step that is timed
     */
    public void round(int steps, Runnable done) {
        List<Double> seconds = new ArrayList<>();
        for (int k = 0; k < steps; k++) {
            seconds.add(step(done));
        }
        Counters before = device.counters();
        run.launch();
        counted = device.counters().minus(before);
        run.step().drainRecords();
        rounds.add(Distribution.of(seconds));
        all.addAll(seconds);
    }

    /** {@return how many seconds a step took, over all rounds} */
    public Distribution times() {
        return Distribution.of(all);
    }

    /** {@return what one step asked the driver for} */
    public Counters counted() {
        return counted;
    }

    /**
     * {@return by how much this takes longer than another that took turns with it: the median of the rounds, as a
     * share}
     *
     * @param other timed in as many rounds
     */
    public double overheadOver(TimedStep other) {
        List<Double> ratios = new ArrayList<>();
        for (int round = 0; round < rounds.size(); round++) {
            ratios.add(rounds.get(round).median() / other.rounds.get(round).median());
        }
        return Distribution.of(ratios).median() - 1;
    }

    @Override
    public void close() {
        run.close();
    }
}
