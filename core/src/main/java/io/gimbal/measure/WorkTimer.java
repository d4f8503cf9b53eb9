package io.gimbal.measure;

import io.gimbal.device.Device;
import io.gimbal.device.Event;
import io.gimbal.device.Graph;
import io.gimbal.device.Resources;
import io.gimbal.device.Stream;
import io.gimbal.device.ThreadConfinement.Call;
import io.gimbal.device.ThreadConfinement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Times work by events in the device's stream: rounds are put in one behind the other with an event between each two,
 * so that the device never waits for the host, whose clock measures nothing. All times are seconds.
 *
 * <p>Owns its events, and its stream where it made that; closing the device closes it. For one thread,
 * and refuses others by name ({@link ThreadConfinement}).
 */
public final class WorkTimer implements AutoCloseable {
    private static final double GRAPH_SECONDS = 2e-3;
    private static final int MOST_REPEATS = 200;

    private final Resources resources = new Resources();
    private final Device device;
    private final Stream stream;
    private final ThreadConfinement confinement;
    private final List<Event> events = new ArrayList<>();

    /**
     * With a stream of its own.
     *
     * @param device where it runs
     */
    public WorkTimer(Device device) {
        this(device, device.newStream());
        resources.keep(stream);
    }

    /** In somebody else's stream, which stays theirs. */
    WorkTimer(Device device, Stream stream) {
        this.device = device;
        this.stream = stream;
        this.confinement = new ThreadConfinement(device, "the timer", this::release);
    }

    /** {@return the stream into which the work has to go} */
    public Stream stream() {
        return stream;
    }

    /**
     * Runs the work again and again for so long, for clocks ramp up under load; waits for it.
     *
     * @param milliseconds how long at least
     * @param work         puts itself into {@link #stream}
     */
    public void warmUp(int milliseconds, Runnable work) {
        try (Call _ = confinement.enter()) {
            long deadline = System.nanoTime() + 1_000_000L * milliseconds;
            do {
                work.run();
                stream.synchronize();
            } while (System.nanoTime() < deadline);
        }
    }

    /**
     * Times several works in turn: each once untimed, then all of them in each round.
     *
     * @param rounds how many
     * @param works  each puts its work into {@link #stream}
     * @return for each of the works the time of one run
     */
    public List<Distribution> inTurn(int rounds, List<Runnable> works) {
        works.forEach(Runnable::run);
        List<Runnable> all = Collections.nCopies(rounds, works).stream().flatMap(List::stream).toList();
        List<Double> seconds = oneBehindTheOther(all);
        List<Distribution> distributions = new ArrayList<>();
        for (int work = 0; work < works.size(); work++) {
            List<Double> own = new ArrayList<>();
            for (int round = 0; round < rounds; round++) {
                own.add(seconds.get(round * works.size() + work));
            }
            distributions.add(Distribution.of(own));
        }
        return distributions;
    }

    /**
     * The time of one run of one work, as {@link #inTurn} takes it.
     *
     * @param rounds how many
     * @param work   puts itself into {@link #stream}
     * @return the time of one run
     */
    public Distribution time(int rounds, Runnable work) {
        return inTurn(rounds, List.of(work)).getFirst();
    }

    /**
     * The time of one run of a work where a captured graph of {@code repeats} of them is launched in each round.
     *
     * @param rounds  how many
     * @param repeats of the work in the graph
     * @param work    puts itself into {@link #stream}
     * @return the time of one run
     */
    public Distribution captured(int rounds, int repeats, Runnable work) {
        try (Graph graph = capture(repeats, work)) {
            return time(rounds, () -> stream.launch(graph)).over(repeats);
        }
    }

    /** How often a work fits into a graph that takes so long that its start does not count; runs it. */
    int repeats(Runnable work) {
        double once = time(1, work).median();
        return (int) Math.clamp(Math.ceil(GRAPH_SECONDS / Math.max(once, 1e-9)), 1, MOST_REPEATS);
    }

    Graph capture(int repeats, Runnable work) {
        try (Call _ = confinement.enter()) {
            return stream.capture(() -> {
                for (int repeat = 0; repeat < repeats; repeat++) {
                    work.run();
                }
            });
        }
    }

    /** Runs the works once each, in order, and waits; the time of each. */
    List<Double> oneBehindTheOther(List<Runnable> works) {
        try (Call _ = confinement.enter()) {
            while (events.size() <= works.size()) {
                events.add(resources.keep(device.newTimingEvent()));
            }
            events.getFirst().record(stream);
            for (int work = 0; work < works.size(); work++) {
                works.get(work).run();
                events.get(work + 1).record(stream);
            }
            events.get(works.size()).synchronize();
            List<Double> seconds = new ArrayList<>();
            for (int work = 0; work < works.size(); work++) {
                seconds.add(events.get(work + 1).millisecondsSince(events.get(work)) / 1e3);
            }
            return seconds;
        }
    }

    @Override
    public void close() {
        confinement.close();
    }

    private void release() {
        resources.keep(stream::synchronize);
        resources.close();
    }
}
