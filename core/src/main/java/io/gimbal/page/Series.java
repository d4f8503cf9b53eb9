package io.gimbal.page;

import io.gimbal.shaded.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Arrays;

/**
 * One figure over a training's steps, in buckets of equally many steps: of each the mean, the least and the largest of
 * what was finite. Not thread-safe.
 */
final class Series {
    private final double[] sum;
    private final double[] low;
    private final double[] high;
    private final long[] count;

    Series(int buckets) {
        sum = new double[buckets];
        low = new double[buckets];
        high = new double[buckets];
        count = new long[buckets];
        clear(0);
    }

    private void clear(int from) {
        Arrays.fill(sum, from, sum.length, 0);
        Arrays.fill(low, from, low.length, Double.POSITIVE_INFINITY);
        Arrays.fill(high, from, high.length, Double.NEGATIVE_INFINITY);
        Arrays.fill(count, from, count.length, 0);
    }

    /** Takes a figure in; what is not finite counts for nothing. */
    void add(int bucket, double value) {
        if (Double.isFinite(value)) {
            sum[bucket] += value;
            low[bucket] = Math.min(low[bucket], value);
            high[bucket] = Math.max(high[bucket], value);
            count[bucket]++;
        }
    }

    /** Makes one bucket of two neighbours each. */
    void halve() {
        for (int to = 0; 2 * to < sum.length; to++) {
            int from = 2 * to;
            sum[to] = sum[from] + sum[from + 1];
            low[to] = Math.min(low[from], low[from + 1]);
            high[to] = Math.max(high[from], high[from + 1]);
            count[to] = count[from] + count[from + 1];
        }
        clear(sum.length / 2);
    }

    /** Writes {@code mean} and, unless buckets are of one step each, {@code low} and {@code high}. */
    void write(JsonGenerator json, int buckets, boolean single) throws IOException {
        json.writeStartObject();
        array(json, "mean", buckets, bucket -> sum[bucket] / count[bucket]);
        if (!single) {
            array(json, "low", buckets, bucket -> low[bucket]);
            array(json, "high", buckets, bucket -> high[bucket]);
        }
        json.writeEndObject();
    }

    /** The means of the first buckets; NaN where nothing finite was. */
    double[] means(int buckets) {
        double[] means = new double[buckets];
        Arrays.setAll(means, bucket -> sum[bucket] / count[bucket]);
        return means;
    }

    private interface Figure {
        double of(int bucket);
    }

    private void array(JsonGenerator json, String name, int buckets, Figure figure) throws IOException {
        json.writeArrayFieldStart(name);
        for (int bucket = 0; bucket < buckets; bucket++) {
            if (count[bucket] == 0) {
                json.writeNull();
            } else {
                PageNumbers.write(json, figure.of(bucket));
            }
        }
        json.writeEndArray();
    }
}
