package io.gimbal.graph;

/** An operation whose outputs stand side by side in the channels of one tensor. */
public interface OutputsSideBySide {
    /**
     * {@return how many channels the one tensor has}
     *
     * @param pitches of the values
     */
    int channels(Pitches pitches);

    /**
     * {@return the channel at which an output begins}
     *
     * @param pitches of the values
     * @param output  one of the values that the operation leaves
     */
    int offset(Pitches pitches, Value output);
}
