package io.gimbal.engine;

import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;

/** An optimiser of the network's parameters, over the flat buffers. */
public interface Optimizer {
    /** How many moment buffers of the parameters' size it keeps. */
    int moments();

    /**
     * Writes the launch that updates every parameter. A step that was not accepted changes nothing.
     *
     * @param moments that many as {@link #moments}
     */
    void step(ProgramBuilder program, ModelLayout model, Region[] moments, Region learningRate, Region counters,
            Region accepted);
}
