package io.gimbal.dnn;

import io.gimbal.device.Precision;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** What cuDNN says of an engine's numbers, numbered as in {@code cudnnBackendNumericalNote_t}. */
public enum NumericalNote {
    TENSOR_CORE,
    DOWN_CONVERT_INPUTS,
    REDUCED_PRECISION_REDUCTION,
    FFT,
    NONDETERMINISTIC,
    WINOGRAD,
    WINOGRAD_TILE_4X4,
    WINOGRAD_TILE_6X6,
    WINOGRAD_TILE_13X13,
    STRICT_NAN_PROPAGATION;

    private static final NumericalNote[] BY_NUMBER = values();
    /** Sums are float32 in every precision, and the same bits in every run. */
    private static final Set<NumericalNote> NEVER = EnumSet.of(NONDETERMINISTIC, REDUCED_PRECISION_REDUCTION);
    private static final Set<NumericalNote> NEVER_IN_FLOAT32 = EnumSet.of(TENSOR_CORE, DOWN_CONVERT_INPUTS);

    /** The note of that number; empty for one that a newer cuDNN has. */
    static Optional<NumericalNote> of(int number) {
        return number >= 0 && number < BY_NUMBER.length ? Optional.of(BY_NUMBER[number]) : Optional.empty();
    }

    /** Whether an engine with these notes keeps what the precision promises. */
    static boolean allowed(Precision precision, Collection<NumericalNote> notes) {
        return notes.stream().noneMatch(NEVER::contains)
                && (precision != Precision.FLOAT32 || notes.stream().noneMatch(NEVER_IN_FLOAT32::contains));
    }
}
