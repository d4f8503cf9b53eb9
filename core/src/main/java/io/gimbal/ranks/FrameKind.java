package io.gimbal.ranks;

/** What a frame between ranks that have met says. On the wire it is its place here. */
enum FrameKind {
    /** Nothing, but that the rank lives. */
    HEARTBEAT,
    /** To rank 0: this rank knows that it was let in. */
    JOINED,
    /** From rank 0: all have met; who they are. */
    MET,
    /** To rank 0: this rank has come to a broadcast. */
    BROADCAST,
    /** To rank 0: this rank has come to a gathering, with its message. */
    GATHER,
    /** From rank 0: a message that this rank waits for. */
    RESULT,
    /** From rank 0: a rank is lost, and how. */
    LOST,
    /** The rank ends because it failed, and why. */
    FAILED,
    /** The rank ends in good order. */
    GOODBYE
}
