package io.gimbal.measure;

import io.gimbal.config.UserException;
import io.gimbal.device.Device;
import io.gimbal.device.Precision;
import io.gimbal.device.Resources;
import io.gimbal.device.Stream;
import io.gimbal.device.ThreadConfinement.Call;
import io.gimbal.device.ThreadConfinement;
import io.gimbal.dnn.ConvolutionPlanner;
import io.gimbal.dnn.DescribedPlanner;
import io.gimbal.dnn.DeviceDescription;
import io.gimbal.dnn.DeviceLimits;
import io.gimbal.dnn.TimedPlanner;
import io.gimbal.engine.ModelLayout;
import io.gimbal.engine.StepLayout;
import io.gimbal.engine.StepPlan;
import io.gimbal.engine.StepProgram;
import io.gimbal.program.Peers;
import io.gimbal.program.ProgramBuilder;
import java.util.Optional;

/**
 * Plans training steps without running them, for one device and precision; a convolution that several steps have is
 * planned once. Closing the device closes it. For one thread, and refuses others by name ({@link ThreadConfinement}).
 */
public final class StepPlanner implements AutoCloseable {
    private static final String TITLE = "the planner of steps";

    private final String device;
    private final Optional<DeviceLimits> limits;
    private final ConvolutionPlanner convolutions;
    private final Resources resources = new Resources();
    private final ThreadConfinement confinement;

    /**
     * For the device at hand; engines that are not known from before are timed on it.
     *
     * @param device    on which the step would run
     * @param precision of its activations
     * @param planned   is run after each convolution, so that progress can be shown
     */
    public StepPlanner(Device device, Precision precision, Runnable planned) {
        this.device = device.name() + ", " + device.architecture();
        this.limits = DeviceDescription.limitsOf(device.name());
        this.confinement = new ThreadConfinement(device, TITLE, resources::close);
        try {
            Stream stream = resources.keep(device.newStream());
            convolutions = resources.keep(new TimedPlanner(device, stream, precision)).telling(planned);
        } catch (RuntimeException | Error failure) {
            confinement.closeAfter(failure);
            throw failure;
        }
    }

    /**
     * For a device that is described; needs cuDNN, but no driver.
     *
     * @param device    what is known of it
     * @param precision of its activations
     * @param planned   is run after each convolution, so that progress can be shown
     * @throws UserException where there is no cuDNN, or it does not take the description
     */
    public StepPlanner(DeviceDescription device, Precision precision, Runnable planned) {
        this.device = device.name() + ", " + device.architecture();
        this.limits = device.limits();
        this.confinement = new ThreadConfinement(TITLE, resources::close);
        this.convolutions = resources.keep(DescribedPlanner.of(device, precision)).telling(planned);
    }

    /**
     * Plans a step.
     *
     * @param plan what the step is made of
     * @return the step
     * @throws IllegalStateException if no engine may run one of its convolutions, with what each of them said
     */
    public PlannedStep plan(StepPlan plan) {
        try (Call _ = confinement.enter()) {
            return PlannedStep.write(device, limits, convolutions, plan);
        }
    }

    /**
     * Plans what several ranks exchange in a step.
     *
     * @param plan  what a rank's step is made of, with as many examples as the rank has
     * @param peers the ranks
     * @param link  between them
     * @return the exchanges
     */
    public PlannedRanks plan(StepPlan plan, Peers peers, Link link) {
        try (Call _ = confinement.enter()) {
            ProgramBuilder builder = new ProgramBuilder(convolutions, plan.precision(), peers);
            ModelLayout model = ModelLayout.of(plan);
            StepProgram.write(builder, plan, model, StepLayout.of(plan, model));
            return PlannedRanks.of(builder.instructions(), peers.count(), plan.graph().input().batch(), link,
                    plan.precision(), limits);
        }
    }

    @Override
    public void close() {
        confinement.close();
    }
}
