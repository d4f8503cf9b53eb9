package io.gimbal.proof;

/** Placeholder until the profile of a step is there. */
final class Parts {
    Parts(Proof proof, Findings findings, SpeedPhase.Steps steps) {
    }

    void run(Clock clock) {
    }
}
