package io.gimbal.cuda.panama;

import io.gimbal.cuda.CudaException;
import io.gimbal.cuda.CudaLibrary;
import io.gimbal.cuda.LibraryReport;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.cuda.Switches;
import io.gimbal.cuda.ThrowingDriver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * The libraries behind a binding, opened: a GPU's, or the software device, which is all of them in one. Opening never
 * fails: each tells whether it was found.
 *
 * @param driver      the driver
 * @param compiler    NVRTC
 * @param blas        cuBLAS
 * @param dnn         cuDNN
 * @param collectives opens NCCL, which is large and which few programs need
 * @param switches    the switches of the software device; empty on a GPU, and where it was not found
 */
public record CudaLibraries(SharedLibrary driver, SharedLibrary compiler, SharedLibrary blas, SharedLibrary dnn,
                            Supplier<SharedLibrary> collectives, Optional<Switches> switches) {
    /** The oldest driver that does, as {@code cuDriverGetVersion} has it. */
    private static final int OLDEST_DRIVER = 12000;
    /** By these a driver is known and tells its version; one that is too old may lack others. */
    private static final List<List<String>> DRIVER_OF_ANY_VERSION = List.of(List.of("cuInit"),
            List.of("cuDriverGetVersion"));

    /** The GPU's libraries, wherever {@code search} finds them. */
    public static CudaLibraries ofGpu(LibrarySearch search) {
        // cuDNN opens cuBLAS and NVRTC by soname when it needs them; opened before, they are found wherever they lie.
        SharedLibrary driver = open(CudaLibrary.DRIVER, search, DRIVER_OF_ANY_VERSION);
        SharedLibrary compiler = nvrtc(search);
        SharedLibrary blas = open(CudaLibrary.BLAS, search, NativeLoader.names(BlasFunctions.class));
        SharedLibrary dnn = open(CudaLibrary.DNN, search, NativeLoader.names(DnnFunctions.class));
        return new CudaLibraries(driver, compiler, blas, dnn, () -> nccl(search), Optional.empty());
    }

    private static SharedLibrary nccl(LibrarySearch search) {
        return open(CudaLibrary.COLLECTIVES, search, NativeLoader.names(CollectiveFunctions.class)).advising(
                "Ranks on several GPUs need it: install it by 'pip install nvidia-nccl-cu13' (for CUDA 12: "
                + "nvidia-nccl-cu12), or NVIDIA's package libnccl2");
    }

    /** NVRTC alone, wherever {@code search} finds it. */
    static SharedLibrary nvrtc(LibrarySearch search) {
        SharedLibrary compiler = open(CudaLibrary.COMPILER, search, NativeLoader.names(CompilerFunctions.class));
        // It opens its builtins by soname, but has no run path that would find them beside itself.
        compiler.preloadBeside("libnvrtc-builtins.so*");
        return compiler;
    }

    /** The software device, at the first of {@code places} where it is: absolute paths, each with what led there. */
    public static CudaLibraries ofSoftware(List<LibrarySearch.Place> places) {
        // OpenMP reads this when it is loaded. Its threads would spin between kernels and take the cores from the
        // data's threads: a step took 2.4 s instead of 0.9 to 1.4 s on two busy cores. On idle ones a step of half a
        // second is the same; one of 7 ms takes 12, which OMP_WAIT_POLICY=active gives back.
        SharedLibrary.setDefault("OMP_WAIT_POLICY", "passive");
        SharedLibrary library = SharedLibrary.open("software device", places, List.of("libdnnl.so.3", "libgomp.so.1"),
                NativeLoader.names(SwitchFunctions.class, DriverFunctions.class, CompilerFunctions.class,
                BlasFunctions.class, DnnFunctions.class, CollectiveFunctions.class));
        Optional<Switches> switches = library.report().loaded() ? Optional.of(new PanamaSwitches(library))
                : Optional.empty();
        return new CudaLibraries(library, library, library, library, () -> library, switches);
    }

    private static SharedLibrary open(CudaLibrary library, LibrarySearch search, List<List<String>> functions) {
        return SharedLibrary.open(library.title(), search.places(library), List.of(), functions);
    }

    /**
     * Why the driver alone shows that no GPU can be used, in a few words; empty if it shows none. Opens no other
     * library.
     */
    public static String driverRefusal(LibrarySearch search) {
        SharedLibrary library = open(CudaLibrary.DRIVER, search, DRIVER_OF_ANY_VERSION);
        if (!library.report().loaded()) {
            return "the " + library.report().title() + " (libcuda.so.1) could not be loaded" + oddFile(search,
                    library.report());
        }
        ThrowingDriver driver = new ThrowingDriver(new PanamaDriver(library), () -> "");
        try {
            String refusal = versionRefusal(driver.version());
            Optional<String> missing = library.firstMissing(NativeLoader.names(DriverFunctions.class));
            if (!refusal.isEmpty() || missing.isPresent()) {
                return refusal.isEmpty() ? library.report().path() + " has no function " + missing.get() : refusal;
            }
            driver.initialize();
            return driver.deviceCount() == 0 ? "the CUDA driver finds no device" : "";
        } catch (CudaException refused) {
            return refused.getMessage();
        }
    }

    /** Of a search that found nothing: the first file that was there, and why it is not the library. */
    private static String oddFile(LibrarySearch search, LibraryReport report) {
        List<LibrarySearch.Place> places = search.places(CudaLibrary.DRIVER);
        for (int i = 0; i < places.size(); i++) {
            String file = places.get(i).load();
            if (file != null && Path.of(file).isAbsolute() && Files.exists(Path.of(file))) {
                LibraryReport.Attempt attempt = report.attempts().get(i);
                return "; " + attempt.place() + " " + attempt.reason();
            }
        }
        return "";
    }

    /** Why a driver of this version cannot be used; empty if it can. */
    static String versionRefusal(int version) {
        return version >= OLDEST_DRIVER ? "" : "the CUDA driver is one of CUDA " + version / 1000 + "."
                + version % 1000 / 10 + ", and Gimbal needs 12.0 or newer: install NVIDIA's driver 525.60.13 or newer";
    }

    /** How the search for each library but NCCL went: four reports for a GPU, one for the software device. */
    public List<LibraryReport> reports() {
        return driver == dnn ? List.of(driver.report())
                : List.of(driver.report(), compiler.report(), blas.report(), dnn.report());
    }

    /**
     * What the software device said of its last failure, once: at a later failure it would explain the wrong thing.
     * Empty on a GPU.
     */
    public Supplier<String> newMessages() {
        if (switches.isEmpty()) {
            return () -> "";
        }
        AtomicReference<String> told = new AtomicReference<>("");
        return () -> {
            String message = switches.get().lastMessage();
            return message.equals(told.getAndSet(message)) ? "" : message;
        };
    }
}
