package io.gimbal.engine;

import io.gimbal.device.Device;
import io.gimbal.device.Precision;
import io.gimbal.device.Resources;
import io.gimbal.device.Stream;
import io.gimbal.device.ThreadConfinement;
import io.gimbal.device.ThreadConfinement.Call;
import java.util.Map;

/**
 * A network's parameters and statistics on a device for {@linkplain InferenceStep inference} alone: without gradients,
 * moments or a training step.
 *
 * <p>Owns its device memory and stream; closing the device closes it. For one thread, as a {@link TrainingStep} is; the
 * inference steps over it each for a thread of its own.
 */
public final class LoadedModel implements AutoCloseable {
    private final Resources resources = new Resources();
    private final ThreadConfinement confinement;
    private final ModelMemory model;

    /**
     * Puts them on the device.
     *
     * @param device    where they are put
     * @param graph     the network, of whatever batch
     * @param precision of the network's activations
     * @param values    by name, as {@link ModelMemory#write} takes them
     * @throws IllegalArgumentException as that does
     */
    public LoadedModel(Device device, NetworkGraph graph, Precision precision, Map<String, float[]> values) {
        confinement = new ThreadConfinement(device, "the model", resources::close);
        try (Call _ = confinement.enter()) {
            Stream stream = resources.keep(device.newStream());
            model = new ModelMemory(device, stream, confinement, graph, precision);
            resources.keep(model::close);
            model.write(values);
        } catch (RuntimeException | Error e) {
            confinement.closeAfter(e);
            throw e;
        }
    }

    /** {@return the memory, to build inference steps over; it ends with this} */
    public ModelMemory memory() {
        return model;
    }

    /**
     * Gives everything back; inference steps over the model are closed, too. Closing again does nothing.
     *
     * @throws IllegalStateException if a call of one is under way; nothing is closed then
     */
    @Override
    public void close() {
        model.end().close();
    }
}
