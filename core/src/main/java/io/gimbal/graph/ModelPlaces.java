package io.gimbal.graph;

import io.gimbal.program.Region;

/** Where parameters, their gradients and batch norms' statistics lie. */
public interface ModelPlaces {
    /** Values of a parameter in memory, added channels included. */
    long count(Parameter parameter);

    /** The float32 value. */
    Region value(Parameter parameter);

    /** What a product reads: the value, or its bf16 copy. */
    Region factor(Parameter parameter);

    /** Where the gradient goes; that of filters is in the precision's elements, all others' in float32. */
    Region gradient(Parameter parameter);

    Region runningMean(Statistics of);

    Region runningVariance(Statistics of);

    Region batchMean(Statistics of);

    Region batchVariance(Statistics of);

    /** Zeros, for each task two values a channel of the widest frozen batch norm. */
    Region zeros();
}
