package io.gimbal.report;

import io.gimbal.measure.PredictorMeter.Measured;
import io.gimbal.measure.PredictorMeter.Way;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.Map;

/**
 * What is told of a predictor's speed.
 *
 * @param ways what each came to
 */
public record PredictorReport(Map<Way, Measured> ways) {
    private static final int[] PERCENTS = {50, 95, 99, 100};

    /** {@return a row a way} */
    public Table table() {
        Table table = new Table("images come", "images/s", "of full batches", "images a batch", "an image",
                "half within", "95 % within", "99 % within", "longest");
        for (Way way : Way.values()) {
            Measured of = ways.get(way);
            table.row(way.text(), String.format(Locale.ROOT, "%.1f", 1 / of.seconds().median()),
                    String.format(Locale.ROOT, "%.2f", share(way)), String.format(Locale.ROOT, "%.2f", of.meanBatch()),
                    Figures.time(of.seconds().median()), Figures.time(of.latency(50)), Figures.time(of.latency(95)),
                    Figures.time(of.latency(99)), Figures.time(of.latency(100)));
        }
        return table;
    }

    /** The rate of a way over that of full batches. */
    private double share(Way way) {
        return ways.get(Way.FULL).seconds().median() / ways.get(way).seconds().median();
    }

    /**
     * Adds all of it to a JSON object.
     *
     * @param line takes the members
     */
    public void putJson(ObjectNode line) {
        ObjectNode all = line.putObject("ways");
        for (Way way : Way.values()) {
            Measured of = ways.get(way);
            ObjectNode node = all.putObject(way.text()).put("images", of.images()).put("images_a_batch", of.meanBatch())
                    .put("share_of_full_batches", share(way));
            Figures.put(node, "image_s", of.seconds());
            ObjectNode latencies = node.putObject("latency_s");
            for (int percent : PERCENTS) {
                latencies.put(Integer.toString(percent), of.latency(percent));
            }
        }
    }
}
