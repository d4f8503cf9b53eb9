package io.gimbal.metric;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/** What the metrics of real-valued labels share. */
final class Labels {
    private Labels() { }

    /** Whether all channels of a place hold the ignored value; an ignored value of NaN matches NaN. */
    static boolean unlabelled(ByteBuffer target, long place, int channels, float ignore) {
        for (int c = 0; c < channels; c++) {
            float value = target.getFloat(Math.toIntExact(4 * (place * channels + c)));
            if (value != ignore && !(Float.isNaN(value) && Float.isNaN(ignore))) {
                return false;
            }
        }
        return true;
    }

    static void check(FloatBuffer prediction, int predictionChannels, ByteBuffer target, int targetChannels,
            long places) {
        if (places < 0 || prediction.capacity() < places * predictionChannels
                || target.capacity() < 4 * places * targetChannels) {
            throw new IllegalArgumentException(places + " places of " + predictionChannels + " and " + targetChannels
                    + " channels do not fit in a prediction of " + prediction.capacity() + " floats and a target of "
                    + target.capacity() + " bytes");
        }
    }
}
