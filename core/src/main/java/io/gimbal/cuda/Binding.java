package io.gimbal.cuda;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * One way to reach one place: the five interfaces over a GPU's libraries or over the software device. The libraries
 * stay loaded for the life of the process. Where one is missing, every function of its interface throws the loader's
 * error. Thread-safe to the extent that each interface is.
 *
 * @param driver      the driver
 * @param compiler    the run-time compiler
 * @param blas        matrix products
 * @param dnn         convolutions
 * @param collectives what several ranks compute together; on a GPU its library is looked for by the first call
 * @param libraries   how the search for each library went, but for that one
 * @param switches    the switches of the software device; empty on a GPU
 */
public record Binding(Driver driver, Compiler compiler, Blas blas, Dnn dnn, Collectives collectives,
                      List<LibraryReport> libraries, Optional<Switches> switches) {
    public Binding {
        Objects.requireNonNull(driver, "driver is null");
        Objects.requireNonNull(compiler, "compiler is null");
        Objects.requireNonNull(blas, "blas is null");
        Objects.requireNonNull(dnn, "dnn is null");
        Objects.requireNonNull(collectives, "collectives is null");
        Objects.requireNonNull(switches, "switches is null");
        libraries = List.copyOf(libraries);
    }

    /** The same with another compiler. */
    public Binding with(Compiler other) {
        return new Binding(driver, other, blas, dnn, collectives, libraries, switches);
    }
}
