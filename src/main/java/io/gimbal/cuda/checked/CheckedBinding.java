package io.gimbal.cuda.checked;

import io.gimbal.cuda.Binding;
import io.gimbal.cuda.Compiler;
import io.gimbal.cuda.LibraryReport;
import io.gimbal.cuda.Switches;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A binding that refuses misuse of pointers and handles before the C function of the wrapped one is called; see {@link
 * CheckedDriver}, {@link CheckedBlas} and {@link CheckedDnn}. What was allocated or created past it, or through another
 * one, it takes for foreign. Thread-safe to the extent that the wrapped binding is.
 */
public final class CheckedBinding implements Binding {
    /** Whether devices wrap their binding in a checked one: the system property {@code gimbal.checked} is "true". */
    public static final boolean ON = Boolean.getBoolean("gimbal.checked");

    private final Binding binding;
    private final CheckedDriver driver;
    private final CheckedBlas blas;
    private final CheckedDnn dnn;

    /** Checks the calls to {@code binding} that go through this. */
    public CheckedBinding(Binding binding) {
        this.binding = Objects.requireNonNull(binding, "binding is null");
        this.driver = new CheckedDriver(binding.driver());
        this.blas = new CheckedBlas(binding.blas(), driver.memory(), driver.streams());
        this.dnn = new CheckedDnn(binding.dnn(), driver.memory(), driver.streams());
    }

    @Override
    public CheckedDriver driver() {
        return driver;
    }

    /** The wrapped binding's own: it takes neither pointers nor handles. */
    @Override
    public Compiler compiler() {
        return binding.compiler();
    }

    @Override
    public CheckedBlas blas() {
        return blas;
    }

    @Override
    public CheckedDnn dnn() {
        return dnn;
    }

    @Override
    public List<LibraryReport> libraries() {
        return binding.libraries();
    }

    @Override
    public Optional<Switches> switches() {
        return binding.switches();
    }
}
