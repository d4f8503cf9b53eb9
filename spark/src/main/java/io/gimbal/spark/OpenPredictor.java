package io.gimbal.spark;

import io.gimbal.data.Field;
import io.gimbal.device.Device;
import io.gimbal.predict.Model;
import io.gimbal.predict.Predictor;
import java.util.concurrent.Semaphore;

/** A predictor with the device that it is on, which is its own: so the end of one cannot touch another's. */
final class OpenPredictor implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(OpenPredictor.class.getName());
    /** One is predicted, one waits behind it, and one is being read or handed on. */
    private static final int BATCHES_AHEAD = 3;

    private final ModelSource source;
    private final Device device;
    private final Predictor predictor;
    private final Semaphore ahead;

    private OpenPredictor(ModelSource source, Device device, Predictor predictor, Semaphore ahead) {
        this.source = source;
        this.device = device;
        this.predictor = predictor;
        this.ahead = ahead;
    }

    static OpenPredictor open(ModelSource source) {
        Model model = source.load();
        Device device = Device.open(source.device());
        try {
            Predictor predictor = model.predictor(device, source.options());
            LOG.log(System.Logger.Level.INFO, "{0} predicts on {1}", source.location(), device.describe());
            return new OpenPredictor(source, device, predictor, new Semaphore(ahead(model, predictor.batch())));
        } catch (RuntimeException | Error e) {
            try (device) {
                throw e;
            }
        }
    }

    /** As many as keep the device busy, and a quarter of Java's heap holds with what is predicted of them. */
    private static int ahead(Model model, int batch) {
        long values = (long) model.height() * model.width() * model.channels();
        for (Field field : model.fields()) {
            values += field.predicted() * field.places(model.height(), model.width());
        }
        long held = Runtime.getRuntime().maxMemory() / 4 / (Float.BYTES * values);
        return (int) Math.min(held, (long) BATCHES_AHEAD * batch);
    }

    Device device() {
        return device;
    }

    Predictor predictor() {
        return predictor;
    }

    /**
     * How many photos all tasks together may have under way, besides one each: without that one, two iterators of one
     * task could wait for each other.
     */
    Semaphore ahead() {
        return ahead;
    }

    /** Finishes what was accepted, and refuses what comes. */
    @Override
    public void close() {
        LOG.log(System.Logger.Level.INFO, "{0} predicts no more", source.location());
        try (device; predictor) {
            // Both are closed, the predictor first, whatever becomes of it.
        }
    }
}
