package io.gimbal.cuda.panama;

import io.gimbal.cuda.Binding;
import io.gimbal.cuda.Blas;
import io.gimbal.cuda.Compiler;
import io.gimbal.cuda.CudaLibrary;
import io.gimbal.cuda.Dnn;
import io.gimbal.cuda.Driver;
import io.gimbal.cuda.LibraryReport;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.cuda.Switches;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * The binding by the foreign function interface, of a GPU's libraries or of the software device. Making one never
 * fails: where a library or a function is missing, calling it throws an {@link UnsatisfiedLinkError} with every place
 * tried. The JVM wants {@code --enable-native-access=ALL-UNNAMED} for it.
 */
public final class PanamaBinding implements Binding {
    private final Driver driver;
    private final Compiler compiler;
    private final Blas blas;
    private final Dnn dnn;
    private final Switches switches;
    private final List<LibraryReport> libraries;

    private PanamaBinding(SharedLibrary driver, SharedLibrary compiler, SharedLibrary blas, SharedLibrary dnn,
            Switches switches, List<LibraryReport> libraries) {
        Supplier<String> detail = switches == null ? () -> "" : newMessages(switches);
        this.driver = new PanamaDriver(driver, detail);
        this.compiler = new PanamaCompiler(compiler);
        this.blas = new PanamaBlas(blas, detail);
        this.dnn = new PanamaDnn(dnn);
        this.switches = switches;
        this.libraries = List.copyOf(libraries);
    }

    /** The GPU's libraries, wherever {@code search} finds them. */
    public static PanamaBinding ofGpu(LibrarySearch search) {
        // cuDNN opens cuBLAS and NVRTC by soname when it needs them; opened before, they are found wherever they lie.
        SharedLibrary driver = open(CudaLibrary.DRIVER, search, "cuInit");
        SharedLibrary compiler = open(CudaLibrary.COMPILER, search, "nvrtcVersion");
        // NVRTC opens its builtins by soname too, but has no run path that would find them beside itself.
        compiler.preloadBeside("libnvrtc-builtins.so*");
        SharedLibrary blas = open(CudaLibrary.BLAS, search, "cublasCreate_v2");
        SharedLibrary dnn = open(CudaLibrary.DNN, search, "cudnnGetVersion");
        List<LibraryReport> reports = List.of(driver.report(), compiler.report(), blas.report(), dnn.report());
        return new PanamaBinding(driver, compiler, blas, dnn, null, reports);
    }

    /** The software device, at the first of {@code places} where it is: absolute paths, each with what led there. */
    public static PanamaBinding ofSoftware(List<LibrarySearch.Place> places) {
        // OpenMP reads this when it is loaded. Its threads would spin between kernels and take the cores from the data's
        // threads: a step took 2.4 s instead of 0.9 to 1.4 s on two busy cores. On idle ones a step of half a second is
        // the same; one of 7 ms takes 12, which OMP_WAIT_POLICY=active gives back.
        SharedLibrary.setDefault("OMP_WAIT_POLICY", "passive");
        SharedLibrary library = SharedLibrary.open("software device", places, "softcudaSet");
        Switches switches = library.report().loaded() ? new PanamaSwitches(library) : null;
        return new PanamaBinding(library, library, library, library, switches, List.of(library.report()));
    }

    /** The software device in one file. */
    public static PanamaBinding ofSoftware(Path library) {
        String path = library.toAbsolutePath().normalize().toString();
        return ofSoftware(List.of(new LibrarySearch.Place(path, path, "as given")));
    }

    private static SharedLibrary open(CudaLibrary library, LibrarySearch search, String witness) {
        return SharedLibrary.open(library.title(), search.places(library), witness);
    }

    /** The software device's last message, once: at a later failure it would explain the wrong thing. */
    private static Supplier<String> newMessages(Switches switches) {
        AtomicReference<String> told = new AtomicReference<>("");
        return () -> {
            String message = switches.lastMessage();
            return message.equals(told.getAndSet(message)) ? "" : message;
        };
    }

    @Override
    public Driver driver() {
        return driver;
    }

    @Override
    public Compiler compiler() {
        return compiler;
    }

    @Override
    public Blas blas() {
        return blas;
    }

    @Override
    public Dnn dnn() {
        return dnn;
    }

    @Override
    public List<LibraryReport> libraries() {
        return libraries;
    }

    @Override
    public Optional<Switches> switches() {
        return Optional.ofNullable(switches);
    }
}
