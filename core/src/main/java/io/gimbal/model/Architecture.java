package io.gimbal.model;

import io.gimbal.config.UserException;

/**
 * A multi-task network of the survey (arXiv 2004.13379), for any tasks and any size of image. Immutable.
 *
 * @see Composed
 * @see Astmt
 */
public sealed interface Architecture permits Composed, Astmt {
    /**
     * The network, whose parameters can start from the published ones of its backbone.
     *
     * @param channels of the images
     * @param height   of the images
     * @param width    of the images
     * @param tasks    what is predicted
     * @return the network, to which nothing need be added
     * @throws UserException where architecture, backbone, tasks and size do not go together: it says which, and what
     *                       does
     */
    Network network(int channels, int height, int width, PredictedTasks tasks);
}
