package io.gimbal.model;

import java.util.List;

/** How tasks share the backbone: the encoder-focused half of the survey (arXiv 2004.13379, section 2.2). */
public sealed interface Encoder permits HardSharing, CrossStitch, NddrCnn, Mtan {
    /**
     * Adds its blocks.
     *
     * @param blocks   takes them
     * @param backbone of which it is
     * @param tasks    by name, in order
     * @return what it leaves for each task
     * @throws io.gimbal.config.UserException if it cannot be of that backbone
     */
    Trunk build(Blocks blocks, Backbone backbone, List<String> tasks);
}
