package io.gimbal.measure;

import io.gimbal.device.Precision;
import io.gimbal.dnn.DeviceLimits;
import io.gimbal.program.Exchanged;
import io.gimbal.program.Instruction;
import java.util.List;
import java.util.Optional;

/**
 * What several ranks exchange in a step, and what of it would show in the step's time. The model: each rank's launches
 * follow one another, each at its shortest time; exchanges follow one another, too, at the link's. One that the step
 * waits for begins when both are through and holds both up; one beside it begins when what it takes is there and what
 * was exchanged before is through; the optimiser waits for all. Efficiency is the step's time without exchanges over
 * that with them, each rank having as many examples.
 *
 * @param ranks       how many
 * @param link        between them
 * @param examples    of each rank
 * @param awaited     exchanges that the step waits for
 * @param awaitedBytes of each rank that these exchange
 * @param beside      exchanges that go on beside the backward pass
 * @param besideBytes of each rank that these exchange
 * @param times       where the device's limits are known
 */
public record PlannedRanks(int ranks, Link link, int examples, int awaited, double awaitedBytes, int beside,
        double besideBytes, Optional<Times> times) {
    /**
     * Seconds.
     *
     * @param alone     a rank's launches by themselves
     * @param exchanges all exchanges by themselves
     * @param step      both, as they hold each other up
     */
    public record Times(double alone, double exchanges, double step) {
        /** {@return what of the exchanges goes on behind launches} */
        public double hidden() {
            return alone + exchanges - step;
        }

        /** {@return how much of N times one rank's throughput N ranks have} */
        public double efficiency() {
            return alone / step;
        }
    }

    static PlannedRanks of(List<Instruction> program, int ranks, int examples, Link link, Precision precision,
            Optional<DeviceLimits> limits) {
        int awaited = 0;
        int beside = 0;
        double awaitedBytes = 0;
        double besideBytes = 0;
        double launches = 0;
        double exchanges = 0;
        double step = 0;
        double free = 0;
        for (Instruction instruction : program) {
            switch (instruction.call()) {
                case Instruction.Call.Exchange exchange -> {
                    double bytes = exchange.parts().stream().mapToDouble(Exchanged::bytes).sum();
                    double seconds = exchange.kind() == Instruction.Call.Exchange.Kind.GATHER
                            ? link.gatherSeconds(bytes * ranks, ranks) : link.reduceSeconds(bytes, ranks);
                    exchanges += seconds;
                    free = Math.max(free, step) + seconds;
                    if (exchange.beside()) {
                        beside++;
                        besideBytes += bytes;
                    } else {
                        awaited++;
                        awaitedBytes += bytes;
                        step = free;
                    }
                }
                case Instruction.Call.Awaited _ -> step = Math.max(step, free);
                default -> {
                    double seconds = CallCost.of(instruction.call(), precision).at(limits).seconds();
                    launches += seconds;
                    step += seconds;
                }
            }
        }
        Optional<Times> times = limits.isEmpty() ? Optional.empty()
                : Optional.of(new Times(launches, exchanges, step));
        return new PlannedRanks(ranks, link, examples, awaited, awaitedBytes, beside, besideBytes, times);
    }
}
