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

    /**
     * The first fault is thrown.
     *
     * @return one that keeps nothing
     */
    public static Faults thrown() {
        return new Faults(true);
    }

    /**
     * Faults are kept.
     *
     * @return one that has kept nothing yet
     */
    public static Faults kept() {
        return new Faults(false);
    }

    /**
     * Tells one; throws it unless it is kept.
     *
     * @param fault what is wrong
     */
    public void tell(UserException fault) {
        if (thrown) {
            throw fault;
        }
        messages.add(fault.getMessage());
    }

    /**
     * What work makes; nothing where it is at fault, and the fault is kept.
     *
     * @param <T>  what is made
     * @param work makes it
     * @return it, where the work is not at fault
     */
    public <T> Optional<T> attempt(Supplier<T> work) {
        try {
            return Optional.of(work.get());
        } catch (UserException fault) {
            tell(fault);
            return Optional.empty();
        }
    }

    /** {@return what was kept, in the order in which it was found} */
    public List<String> messages() {
        return List.copyOf(messages);
    }
}
