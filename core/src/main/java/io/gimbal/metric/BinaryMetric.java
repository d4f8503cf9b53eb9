package io.gimbal.metric;

import io.gimbal.device.ThreadConfinement;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Accuracy, %, of yes-or-no labels: a logit above 0 says yes, a target of at least one half is yes. Every channel of a
 * labelled place counts. The best constant is, channel by channel, the more frequent answer. A NaN logit counts as
 * wrong.
 */
public final class BinaryMetric implements Metric {
    private final ThreadConfinement confinement = new ThreadConfinement("the metric");
    private final int channels;
    private final float ignore;
    private final long[] yes;
    private long places;
    private long right;

    /**
     * Has seen nothing yet.
     *
     * @param channels labels a place
     * @param ignore   the value of all channels of an unlabelled place
     */
    public BinaryMetric(int channels, float ignore) {
        this.channels = channels;
        this.ignore = ignore;
        this.yes = new long[channels];
    }

    @Override
    public void add(FloatBuffer prediction, ByteBuffer target, long count) {
        confinement.require();
        Labels.check(prediction, channels, target, channels, count);
        for (int place = 0; place < count; place++) {
            if (Labels.unlabelled(target, place, channels, ignore)) {
                continue;
            }
            places++;
            for (int c = 0; c < channels; c++) {
                float logit = prediction.get(place * channels + c);
                boolean truth = target.getFloat(4 * (place * channels + c)) >= 0.5f;
                yes[c] += truth ? 1 : 0;
                right += truth ? (logit > 0 ? 1 : 0) : (logit <= 0 ? 1 : 0);
            }
        }
    }

    @Override
    public List<Score> scores() {
        confinement.require();
        long constant = 0;
        for (long count : yes) {
            constant += Math.max(count, places - count);
        }
        double all = places * channels / 100.0;
        return List.of(new Score("accuracy", "%", right / all, constant / all, true));
    }

    @Override
    public void reset() {
        confinement.require();
        java.util.Arrays.fill(yes, 0);
        places = 0;
        right = 0;
    }
}
