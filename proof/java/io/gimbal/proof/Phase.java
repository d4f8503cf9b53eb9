package io.gimbal.proof;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The parts of the proof, in their order. */
public enum Phase {
    MACHINE("what the machine is and can do"),
    CORRECT("whether Gimbal computes there what the reference does"),
    SANITIZE("whether the kernels touch only what they may, and in order"),
    SPEED("how fast a step is, beside PyTorch, and where its time goes"),
    LEARN("whether the paper's network learns real scenes, and how fast"),
    RANKS("whether several GPUs compute what one does, and what that costs");

    /** What a phase may take. */
    static final int SECONDS = 8 * 60;

    private final String subject;

    Phase(String subject) {
        this.subject = subject;
    }

    public String title() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What it tells, in words. */
    public String subject() {
        return subject;
    }

    static Optional<Phase> named(String title) {
        return Arrays.stream(values()).filter(phase -> phase.title().equals(title)).findFirst();
    }

    static List<String> titles() {
        return Arrays.stream(values()).map(Phase::title).toList();
    }
}
