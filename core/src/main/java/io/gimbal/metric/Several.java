package io.gimbal.metric;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;

/** Several metrics of one task, whose figures follow each other. */
record Several(List<Metric> metrics) implements Metric {
    @Override
    public void add(FloatBuffer prediction, ByteBuffer target, long places) {
        metrics.forEach(metric -> metric.add(prediction, target, places));
    }

    @Override
    public void endImage(int height, int width) {
        metrics.forEach(metric -> metric.endImage(height, width));
    }

    @Override
    public List<Score> scores() {
        return metrics.stream().flatMap(metric -> metric.scores().stream()).toList();
    }

    @Override
    public void reset() {
        metrics.forEach(Metric::reset);
    }
}
