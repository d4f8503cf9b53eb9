package io.gimbal.train;

import io.gimbal.device.Device;
import io.gimbal.device.Event;
import io.gimbal.device.PinnedMemory;
import io.gimbal.engine.TrainingStep;
import java.nio.ByteBuffer;

/** A step and the batches in page-locked memory that it takes in turn. Owns both. For one thread, as the step is. */
public final class BatchLoop implements AutoCloseable {
    private final TrainingStep step;
    private final PinnedMemory[] batches;
    private final Event uploaded;

    /**
     * Takes the step, and closes it if there is no memory for that many batches.
     *
     * @param device where the step is
     * @param step   is this loop's from now on
     * @param count  how many batches there are
     */
    public BatchLoop(Device device, TrainingStep step, int count) {
        this.step = step;
        batches = new PinnedMemory[count];
        try {
            for (int k = 0; k < count; k++) {
                batches[k] = step.keep(device.allocatePinned(step.layout().bytes()));
            }
            uploaded = step.keep(device.newEvent());
        } catch (RuntimeException | Error failure) {
            step.confinement().closeAfter(failure);
            throw failure;
        }
    }

    /** {@return the step, which stays this loop's} */
    public TrainingStep step() {
        return step;
    }

    /**
     * Where batch k lies, as the step's layout says.
     *
     * @param k from 0
     * @return its memory, which ends with the step
     */
    public PinnedMemory memory(int k) {
        return batches[k];
    }

    /**
     * Batch k, to be written.
     *
     * @param k from 0
     * @return its bytes, which may be written while no launched step reads them
     */
    public ByteBuffer batch(int k) {
        return batches[k].buffer();
    }

    /** Launches the next step on its batch; the host does not wait. */
    public void launch() {
        step.submit(batches[(int) (step.submitted() % batches.length)], 0, uploaded);
    }

    @Override
    public void close() {
        step.close();
    }
}
