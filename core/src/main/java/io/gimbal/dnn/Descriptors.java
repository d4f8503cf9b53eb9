package io.gimbal.dnn;

import io.gimbal.cuda.Dnn;
import java.util.ArrayList;
import java.util.List;

/** cuDNN's descriptors that are needed only while something is built from them; closing destroys them. */
final class Descriptors implements AutoCloseable {
    private final Dnn dnn;
    private final List<Long> made = new ArrayList<>();

    Descriptors(Dnn dnn) {
        this.dnn = dnn;
    }

    long create(int type) {
        long descriptor = dnn.createDescriptor(type);
        made.add(descriptor);
        return descriptor;
    }

    @Override
    public void close() {
        made.reversed().forEach(dnn::destroyDescriptor);
        made.clear();
    }
}
