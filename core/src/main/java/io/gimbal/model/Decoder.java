package io.gimbal.model;

/** How tasks' predictions are made, and what tasks learn from each other's (arXiv 2004.13379, section 2.3). */
public sealed interface Decoder permits Heads, PadNet, MtiNet, Jtrl, PapNet {
    /**
     * Adds its blocks, and says what predicts for each task.
     *
     * @param blocks takes them
     * @param trunk  what the encoder left
     * @param tasks  what is predicted
     * @throws io.gimbal.config.UserException if it does not fit the tasks, or what the trunk leaves for them
     */
    void build(Blocks blocks, Trunk trunk, PredictedTasks tasks);

    /** {@return whether it can have tasks that are predicted at first only, for the others to learn from} */
    default boolean takesAuxiliary() {
        return false;
    }
}
