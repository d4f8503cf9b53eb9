package io.gimbal.metric;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** Labels and predictions for tests. */
final class Buffers {
    private Buffers() { }

    static ByteBuffer floats(float... values) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(4 * values.length).order(ByteOrder.nativeOrder());
        buffer.asFloatBuffer().put(values);
        return buffer;
    }

    static ByteBuffer integers(int... values) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(4 * values.length).order(ByteOrder.nativeOrder());
        buffer.asIntBuffer().put(values);
        return buffer;
    }

    static FloatBuffer prediction(float... values) {
        return FloatBuffer.wrap(values);
    }

    static Score find(Metric metric, String name) {
        return metric.scores().stream().filter(score -> score.name().equals(name)).findFirst().orElseThrow();
    }
}
