package io.gimbal.cuda.jcuda;

import io.gimbal.cuda.Binding;
import io.gimbal.cuda.Blas;
import io.gimbal.cuda.Collectives;
import io.gimbal.cuda.Compiler;
import io.gimbal.cuda.Dnn;
import io.gimbal.cuda.Driver;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.cuda.ThrowingBlas;
import io.gimbal.cuda.ThrowingCollectives;
import io.gimbal.cuda.ThrowingCompiler;
import io.gimbal.cuda.ThrowingDnn;
import io.gimbal.cuda.ThrowingDriver;
import io.gimbal.cuda.panama.CudaLibraries;
import io.gimbal.cuda.panama.LastDnnError;
import io.gimbal.cuda.panama.PanamaCollectives;
import io.gimbal.cuda.panama.SharedLibrary;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.function.Supplier;

/**
 * The binding by JCuda, over a GPU's libraries or over the software device. JCuda's natives are loaded once in a
 * process and bind to what bears their sonames then: a process has one place to compute by JCuda, and another is
 * refused. Making a binding throws an {@link UnsatisfiedLinkError} with one sentence where JCuda cannot be used; where
 * a library of CUDA is missing, it is calling it that throws, as with the other binding.
 */
final class JcudaBinding {
    private final CudaLibraries libraries;

    private JcudaBinding(CudaLibraries libraries) {
        this.libraries = libraries;
    }

    /** The GPU's libraries, wherever {@code search} finds them. */
    static Binding ofGpu(LibrarySearch search) {
        return new JcudaBinding(CudaLibraries.ofGpu(search)).bind();
    }

    /** The software device, at the first of {@code places} where it is: absolute paths, each with what led there. */
    static Binding ofSoftware(List<LibrarySearch.Place> places) {
        return new JcudaBinding(CudaLibraries.ofSoftware(places)).bind();
    }

    private Binding bind() {
        JcudaNatives.requirePlatform(System.getProperty("os.name"), System.getProperty("os.arch"));
        Supplier<String> messages = libraries.newMessages();
        Driver driver = bind(JcudaLibrary.DRIVER, libraries.driver(), Driver.class,
                () -> new ThrowingDriver(new JcudaDriver(), messages));
        Compiler compiler = bind(JcudaLibrary.COMPILER, libraries.compiler(), Compiler.class,
                () -> new ThrowingCompiler(new JcudaCompiler()));
        Blas blas = bind(JcudaLibrary.BLAS, libraries.blas(), Blas.class,
                () -> new ThrowingBlas(new JcudaBlas(), messages));
        Dnn dnn = bind(JcudaLibrary.DNN, libraries.dnn(), Dnn.class,
                () -> new ThrowingDnn(new JcudaDnn(new LastDnnError(libraries.dnn()))));
        // JCuda has no NCCL of CUDA 12 or 13, and needs none: a communicator is a handle, as a stream is.
        Collectives collectives = new ThrowingCollectives(new PanamaCollectives(libraries.collectives()));
        return new Binding(driver, compiler, blas, dnn, collectives, libraries.reports(), libraries.switches());
    }

    /** One of the four, or one that throws whatever is called. */
    private <T> T bind(JcudaLibrary library, SharedLibrary found, Class<T> type, Supplier<T> binding) {
        UnsatisfiedLinkError missing = found.missing();
        if (missing == null) {
            Forwarder.stand(library, found.report().path());
            JcudaNatives.load(library);
            return binding.get();
        }
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type},
                (proxy, method, arguments) -> {
                    throw missing;
                }));
    }
}
