package io.gimbal.config;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What becomes of a fault in what a user gave: it is thrown, as where work begins that needs all of it; or it is kept,
 * so that whatever else is at fault is found, too. Each is kept once. For one thread.
 */
public final class Faults {
    private final boolean thrown;
    private final Set<String> messages = new LinkedHashSet<>();

    private Faults(boolean thrown) {
        this.thrown = thrown;
    }

    /** The first fault is thrown. */
    public static Faults thrown() {
        return new Faults(true);
    }

    /** Faults are kept. */
    public static Faults kept() {
        return new Faults(false);
    }

    /** Tells one; throws it unless it is kept. */
    public void tell(UserException fault) {
        if (thrown) {
            throw fault;
        }
        messages.add(fault.getMessage());
    }

    /** What work makes; nothing where it is at fault, and the fault is kept. */
    public <T> Optional<T> attempt(Supplier<T> work) {
        try {
            return Optional.of(work.get());
        } catch (UserException fault) {
            tell(fault);
            return Optional.empty();
        }
    }

    /** What was kept, in the order in which it was found. */
    public List<String> messages() {
        return List.copyOf(messages);
    }
}
