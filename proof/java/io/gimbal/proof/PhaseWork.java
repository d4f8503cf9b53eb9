package io.gimbal.proof;

import io.gimbal.proof.page.Findings;

/** What a phase does. */
@FunctionalInterface
public interface PhaseWork {
    /**
     * Measures, and tells what it finds piece by piece: a piece that fails is a finding, and the others still run.
     *
     * @param clock what is left of the phase's time, which no process may go beyond
     */
    void run(Proof proof, Findings findings, Clock clock);
}
