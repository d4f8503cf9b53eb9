package io.gimbal.cuda.panama;

import io.gimbal.cuda.Binding;
import io.gimbal.cuda.Compiler;
import io.gimbal.cuda.LibraryReport;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.cuda.ThrowingBlas;
import io.gimbal.cuda.ThrowingCollectives;
import io.gimbal.cuda.ThrowingCompiler;
import io.gimbal.cuda.ThrowingDnn;
import io.gimbal.cuda.ThrowingDriver;
import java.util.List;
import java.util.function.Supplier;

/**
 * The binding by the foreign function interface, of a GPU's libraries or of the software device. Making one never
 * fails: where a library or a function is missing, calling it throws an {@link UnsatisfiedLinkError} with every place
 * tried. The JVM wants {@code --enable-native-access=ALL-UNNAMED} for it.
 */
public final class PanamaBinding {
    private PanamaBinding() {}

    /** The GPU's libraries, wherever {@code search} finds them. */
    public static Binding ofGpu(LibrarySearch search) {
        return of(CudaLibraries.ofGpu(search));
    }

    /** The software device, at the first of {@code places} where it is: absolute paths, each with what led there. */
    public static Binding ofSoftware(List<LibrarySearch.Place> places) {
        return of(CudaLibraries.ofSoftware(places));
    }

    /** NVRTC and how the search for it went. */
    public record FoundCompiler(Compiler compiler, LibraryReport report) {}

    /** NVRTC without the rest of CUDA, wherever {@code search} finds it: it needs neither a driver nor a GPU. */
    public static FoundCompiler nvrtc(LibrarySearch search) {
        SharedLibrary library = CudaLibraries.nvrtc(search);
        return new FoundCompiler(new ThrowingCompiler(new PanamaCompiler(library)), library.report());
    }

    private static Binding of(CudaLibraries libraries) {
        Supplier<String> messages = libraries.newMessages();
        return new Binding(new ThrowingDriver(new PanamaDriver(libraries.driver()), messages),
                new ThrowingCompiler(new PanamaCompiler(libraries.compiler())),
                new ThrowingBlas(new PanamaBlas(libraries.blas()), messages),
                new ThrowingDnn(new PanamaDnn(libraries.dnn())),
                new ThrowingCollectives(new PanamaCollectives(libraries.collectives())), libraries.reports(),
                libraries.switches());
    }
}
