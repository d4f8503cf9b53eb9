package io.gimbal.cli;

import io.gimbal.cuda.Counters;
import io.gimbal.device.Device;
import io.gimbal.engine.Distribution;
import io.gimbal.measure.BenchRun;
import io.gimbal.report.ProgressBar;
import java.util.ArrayList;
import java.util.List;

/** A step and its times so far, upload and the host's launch in them. Owns the run. Not thread-safe. */
final class TimedStep implements AutoCloseable {
    static final int WARM_UP = 3;

    private final Device device;
    private final BenchRun run;
    private final List<Distribution> rounds = new ArrayList<>();
    private final List<Double> all = new ArrayList<>();
    private Counters counted;

    TimedStep(Device device, BenchRun run) {
        this.device = device;
        this.run = run;
    }

    BenchRun run() {
        return run;
    }

    void warmUp(ProgressBar bar) {
        for (int k = 0; k < WARM_UP; k++) {
            step(bar);
        }
    }

    private double step(ProgressBar bar) {
        long begin = System.nanoTime();
        run.launch();
        run.step().synchronize();
        double seconds = (System.nanoTime() - begin) / 1e9;
        run.step().drainRecords();
        bar.step();
        return seconds;
    }

    void round(int steps, ProgressBar bar) {
        List<Double> seconds = new ArrayList<>();
        for (int k = 0; k < steps; k++) {
            seconds.add(step(bar));
        }
        Counters before = device.counters();
        run.launch();
        counted = device.counters().minus(before);
        run.step().drainRecords();
        rounds.add(Distribution.of(seconds));
        all.addAll(seconds);
    }

    /** Seconds of a step, over all rounds. */
    Distribution times() {
        return Distribution.of(all);
    }

    /** What one step asked the driver for. */
    Counters counted() {
        return counted;
    }

    /** By how much this takes longer than another that took turns with it: the median of the rounds, as a share. */
    double overheadOver(TimedStep other) {
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
