package io.gimbal.cuda;

import java.util.List;

/**
 * A binding of an artifact of its own, found by {@link java.util.ServiceLoader}. Either method throws an {@link
 * UnsatisfiedLinkError} with one sentence where the binding cannot be used; where a library of CUDA is missing, it is
 * calling it that throws.
 */
public interface BindingProvider {
    /** The GPU's libraries, wherever {@code search} finds them. */
    Binding ofGpu(LibrarySearch search);

    /** The software device, at the first of {@code places} where it is: absolute paths, each with what led there. */
    Binding ofSoftware(List<LibrarySearch.Place> places);
}
