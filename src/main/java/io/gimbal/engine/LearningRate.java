package io.gimbal.engine;

import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;

/** A schedule of the learning rate, computed on the device from the step's number. */
public interface LearningRate {
    /** Writes the launch that leaves this step's rate (one float) from the counters. */
    void step(ProgramBuilder program, Region counters, Region learningRate);
}
