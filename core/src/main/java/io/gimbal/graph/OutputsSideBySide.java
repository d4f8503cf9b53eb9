package io.gimbal.graph;

/** An operation whose outputs stand side by side in the channels of one tensor. */
public interface OutputsSideBySide {
    /** Channels of the one tensor. */
    int channels(Pitches pitches);

    /** The channel at which an output begins. */
    int offset(Pitches pitches, Value output);
}
