package io.gimbal.engine;

import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** An optimiser of the network's parameters, over the flat buffers. */
public interface Optimizer {
    /** {@return how many moment buffers of the parameters' size it keeps} */
    int moments();

    /** {@return the parameters that it moves otherwise than the rest; none where it moves all alike} */
    List<ParameterGroup> groups();

    /** {@return the norm, over all parameters together, above which gradients are scaled down to it; above 0} */
    OptionalDouble clipNorm();

    /**
     * What an optimiser's step reads and moves besides the model.
     *
     * @param moments      that many as {@link #moments}
     * @param learningRate a float
     * @param counters     of steps; the second already counts this one
     * @param accepted     0 where the step changes nothing
     * @param groups       the number of the group of each run of parameters, a byte a run, as {@code optimizer.cu} has
     *                     it; empty where there are no groups
     * @param factors      floats [groups][2]: of the rate, of the decay; empty where there are no groups
     * @param clip         a float that gradients are multiplied by first; empty where they are not clipped
     */
    record Memory(Region[] moments, Region learningRate, Region counters, Region accepted,
            Optional<Region> groups, Optional<Region> factors, Optional<Region> clip) {
    }

    /**
     * Writes the launch that updates every parameter. A step that was not accepted changes nothing.
     *
     * @param program takes the launches
     * @param model   where parameters and gradients lie
     * @param memory  what else it reads and moves
     */
    void step(ProgramBuilder program, ModelLayout model, Memory memory);
}
