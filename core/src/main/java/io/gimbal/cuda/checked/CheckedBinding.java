package io.gimbal.cuda.checked;

import io.gimbal.cuda.Binding;

/**
 * Makes of any binding one that refuses misuse of pointers and handles before the C function is called; see {@link
 * CheckedDriver}, {@link CheckedBlas}, {@link CheckedDnn} and {@link CheckedCollectives}. What was allocated or created
 * past it, or through another one, it takes for foreign until the driver is asked about it ({@link
 * CheckedDriver#allocationRange}, {@link CheckedDriver#streamContext}). The compiler takes neither pointers nor handles
 * and stays as it is. Thread-safe to the extent that the binding is.
 */
public final class CheckedBinding {
    /** Whether devices check their binding: the system property {@code gimbal.checked} is "true". */
    public static final boolean ON = Boolean.getBoolean("gimbal.checked");

    private CheckedBinding() {}

    /** Checks the calls to {@code binding} that go through what is returned. */
    public static Binding of(Binding binding) {
        CheckedDriver driver = new CheckedDriver(binding.driver());
        return new Binding(driver, binding.compiler(),
                new CheckedBlas(binding.blas(), driver.memory(), driver.streams()),
                new CheckedDnn(binding.dnn(), driver.memory(), driver.streams()),
                new CheckedCollectives(binding.collectives(), driver.memory(), driver.streams()),
                binding.libraries(), binding.switches());
    }
}
