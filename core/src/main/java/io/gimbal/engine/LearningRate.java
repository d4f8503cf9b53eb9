package io.gimbal.engine;

import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;

/** A schedule of the learning rate, computed on the device from the step's number. */
public interface LearningRate {
    /** {@return whether the rate goes by epochs, so that it must know how many steps one has} */
    boolean countsEpochs();

    /**
     * Writes the launch that leaves this step's rate (one float) from the counters.
     *
     * @param program      takes the launches
     * @param counters     of steps
     * @param learningRate a float, to be written
     * @param epochSteps   how many steps an epoch has; 0 where that is not known
     */
    void step(ProgramBuilder program, Region counters, Region learningRate, int epochSteps);
}
