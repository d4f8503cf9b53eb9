package io.gimbal.graph;

import io.gimbal.program.Region;

/** Where parameters, their gradients and batch norms' statistics lie. */
public interface ModelPlaces {
    /**
     * {@return how many values of a parameter there are in memory, added channels included}
     *
     * @param parameter of the network
     */
    long count(Parameter parameter);

    /**
     * {@return the float32 value}
     *
     * @param parameter of the network
     */
    Region value(Parameter parameter);

    /**
     * {@return what a product reads: the value, or its bf16 copy}
     *
     * @param parameter of the network
     */
    Region factor(Parameter parameter);

    /**
     * {@return where the gradient goes; that of filters is in the precision's elements, all others' in float32}
     *
     * @param parameter of the network
     */
    Region gradient(Parameter parameter);

    /**
     * {@return the running means, float32}
     *
     * @param of a batch norm
     */
    Region runningMean(Statistics of);

    /**
     * {@return the running variances, float32}
     *
     * @param of a batch norm
     */
    Region runningVariance(Statistics of);

    /**
     * {@return the means of the batch, float32}
     *
     * @param of a batch norm
     */
    Region batchMean(Statistics of);

    /**
     * {@return the variances of the batch, float32}
     *
     * @param of a batch norm
     */
    Region batchVariance(Statistics of);

    /** {@return zeros, for each task two values a channel of the widest frozen batch norm} */
    Region zeros();
}
