package io.gimbal.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Percentiles are the least latency that so many do not exceed. */
class LatenciesTest {
    private static Duration nanoseconds(long count) {
        return Duration.ofNanos(count);
    }

    @Test
    void withoutAnyAllIsNought() {
        assertEquals(new PredictorStatistics(3, 0, 0, Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO),
                new Latencies().statistics(3));
        assertEquals(0, new Latencies().statistics(0).meanBatch());
    }

    @Test
    void oneIsEveryPercentile() {
        Latencies latencies = new Latencies();
        latencies.addBatch();
        latencies.add(7);
        assertEquals(new PredictorStatistics(0, 1, 1, nanoseconds(7), nanoseconds(7), nanoseconds(7), nanoseconds(7)),
                latencies.statistics(0));
    }

    @Test
    void ofTwoHundredTheyAreTheRanks() {
        Latencies latencies = new Latencies();
        for (int i = 200; i >= 1; i--) {
            latencies.add(i);
        }
        latencies.addBatch();
        latencies.addBatch();
        PredictorStatistics statistics = latencies.statistics(0);
        assertEquals(nanoseconds(100), statistics.median());
        assertEquals(nanoseconds(190), statistics.percent95());
        assertEquals(nanoseconds(198), statistics.percent99());
        assertEquals(nanoseconds(200), statistics.longest());
        assertEquals(100, statistics.meanBatch());
    }

    @Test
    void onlyTheLastCount() {
        Latencies latencies = new Latencies();
        latencies.add(1_000_000);
        for (int i = 0; i < 4096; i++) {
            latencies.add(5);
        }
        assertEquals(nanoseconds(5), latencies.statistics(0).longest());
        assertEquals(4097, latencies.statistics(0).predicted());
    }
}
