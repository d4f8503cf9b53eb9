package io.gimbal.cuda;

import java.util.List;
import java.util.Optional;

/**
 * One way to reach one place: the four interfaces over a GPU's libraries or over the software device. The libraries
 * stay loaded for the life of the process. Thread-safe to the extent that each interface is.
 */
public interface Binding {
    /**
     * The driver. Its functions throw the loader's error where the library is missing; so do those of the other three.
     */
    Driver driver();

    /** The run-time compiler. */
    Compiler compiler();

    /** Matrix products. */
    Blas blas();

    /** Convolutions. */
    Dnn dnn();

    /** How the search for each library went. */
    List<LibraryReport> libraries();

    /** The switches of the software device; empty on a GPU. */
    Optional<Switches> switches();
}
