package io.gimbal.device;

import io.gimbal.cuda.Binding;
import io.gimbal.cuda.BindingProvider;
import io.gimbal.cuda.CudaException;
import io.gimbal.cuda.Driver;
import io.gimbal.cuda.LibraryReport;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.cuda.SoftwareSearch;
import io.gimbal.cuda.panama.CudaLibraries;
import io.gimbal.cuda.panama.PanamaBinding;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.ServiceLoader;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Which device to open, and why. */
final class DeviceChoice {
    /** Its place among a binding's libraries. */
    private static final int COMPILER = 1;

    private DeviceChoice() {}

    /** The libraries to run on, and why these, if {@link DeviceKind#AUTO} took them for want of a GPU. */
    private record Choice(Binding binding, String reason) {
        Device open(BindingKind by) {
            return new Device(binding, by, reason, OptionalLong.empty());
        }
    }

    static Device open(DeviceKind kind, BindingKind by) {
        return choose(kind, by).open(by);
    }

    static Device openSoft(Path library) {
        String path = library.toAbsolutePath().normalize().toString();
        return software(BindingKind.PANAMA, List.of(new LibrarySearch.Place(path, path, "as given")), "")
                .open(BindingKind.PANAMA);
    }

    static Device openPtx(PtxCompiler compiler) {
        Binding soft = software(BindingKind.PANAMA, SoftwareSearch.places(), "").binding();
        return new Choice(soft.with(compiler), "").open(BindingKind.PANAMA);
    }

    static Device of(DeviceKind kind, BindingKind by, long context) {
        Choice choice = choose(kind, by);
        return new Device(choice.binding(), by, choice.reason(), OptionalLong.of(context));
    }

    static Path load(DeviceKind kind, BindingKind by) {
        return Path.of(choose(kind, by).binding().libraries().getFirst().path());
    }

    private static Choice choose(DeviceKind kind, BindingKind by) {
        return switch (kind) {
            case GPU -> gpu(by);
            case SOFT -> software(by, SoftwareSearch.places(), "");
            case AUTO -> either(by);
        };
    }

    private static Binding gpuBinding(BindingKind by) {
        LibrarySearch search = LibrarySearch.ofProcess();
        Binding binding = switch (by) {
            case PANAMA -> PanamaBinding.ofGpu(search);
            case JCUDA -> byJcuda(provider -> provider.ofGpu(search));
        };
        return binding.with(KeptKernels.over(binding.compiler(), binding.libraries().get(COMPILER)));
    }

    private static Binding softwareBinding(BindingKind by, List<LibrarySearch.Place> places) {
        return switch (by) {
            case PANAMA -> PanamaBinding.ofSoftware(places);
            case JCUDA -> byJcuda(provider -> provider.ofSoftware(places));
        };
    }

    private static Binding byJcuda(Function<BindingProvider, Binding> binding) {
        BindingProvider provider = ServiceLoader.load(BindingProvider.class, BindingProvider.class.getClassLoader())
                .findFirst().orElseThrow(() -> new IllegalStateException("JCuda cannot be used: io.gimbal:gimbal-jcuda "
                + "is not among this program's libraries: add it, or use the binding panama"));
        try {
            return binding.apply(provider);
        } catch (UnsatisfiedLinkError refused) {
            throw new IllegalStateException("JCuda cannot be used: " + refused.getMessage(), refused);
        }
    }

    private static Choice gpu(BindingKind by) {
        Binding binding = gpuBinding(by);
        String refusal = gpuRefusal(binding);
        if (!refusal.isEmpty()) {
            throw new IllegalStateException("no GPU can be used: " + refusal + missing(binding));
        }
        return new Choice(binding, "");
    }

    private static Choice either(BindingKind by) {
        // The driver first and alone: what JCuda's natives ask for must not be loaded before it is known from where.
        String refusal = gpuRefusal();
        if (refusal.isEmpty()) {
            Binding binding = gpuBinding(by);
            refusal = libraryRefusal(binding);
            if (refusal.isEmpty()) {
                return new Choice(binding, "");
            }
        }
        return software(by, SoftwareSearch.places(), "no GPU: " + refusal);
    }

    private static Choice software(BindingKind by, List<LibrarySearch.Place> places, String reason) {
        Binding binding = softwareBinding(by, places);
        LibraryReport report = binding.libraries().getFirst();
        if (!report.loaded()) {
            String tried = report.attempts().isEmpty()
                    ? "nowhere to look: set " + SoftwareSearch.PROPERTY + " or " + SoftwareSearch.VARIABLE + " to "
                    + SoftwareSearch.FILE
                    : report.describe();
            throw new IllegalStateException((reason.isEmpty() ? "" : reason + "; ") + "no software device can be used: "
                    + tried);
        }
        return new Choice(binding, reason);
    }

    /** Why the driver alone shows that no GPU can be used, in a few words; empty if it shows none. */
    static String gpuRefusal() {
        return CudaLibraries.driverRefusal(LibrarySearch.ofProcess());
    }

    /** Why no GPU can be used, in a few words; empty if one can. */
    private static String gpuRefusal(Binding binding) {
        String refusal = gpuRefusal();
        return refusal.isEmpty() ? libraryRefusal(binding) : refusal;
    }

    /** Why the libraries do not do, in a few words; empty if they do. */
    private static String libraryRefusal(Binding binding) {
        String missing = binding.libraries().stream().filter(report -> !report.loaded()).map(LibraryReport::title)
                .collect(Collectors.joining(" and "));
        return missing.isEmpty() ? "" : missing + " could not be loaded"
                + LibrarySearch.ofProcess().older().map(file -> "; " + file + " is of an older CUDA, and Gimbal needs "
                + "CUDA 12 or 13: install NVIDIA's wheels of one of them, or point CUDA_HOME at it").orElse("");
    }

    private static String missing(Binding binding) {
        return binding.libraries().stream().filter(report -> !report.loaded()).map(report -> "\n" + report.describe())
                .collect(Collectors.joining());
    }

    static Survey survey() {
        return new Survey(surveyGpu(gpuBinding(BindingKind.PANAMA)),
                surveySoftware(softwareBinding(BindingKind.PANAMA, SoftwareSearch.places())));
    }

    private static Survey.Place surveyGpu(Binding binding) {
        String refusal = gpuRefusal(binding);
        List<String> versions = List.of(
                version(binding, 0, () -> driverVersion(binding.driver().version())),
                version(binding, COMPILER, () -> binding.compiler().version()),
                version(binding, 2, () -> ""),
                version(binding, 3, () -> dnnVersion(binding.dnn().version())), collectivesVersion(binding));
        List<String> devices = new ArrayList<>();
        if (refusal.isEmpty()) {
            Driver driver = binding.driver();
            for (int ordinal = 0; ordinal < driver.deviceCount(); ordinal++) {
                devices.add(device(driver, driver.device(ordinal)));
            }
        }
        return new Survey.Place("GPU", devices, versions, refusal);
    }

    private static Survey.Place surveySoftware(Binding binding) {
        LibraryReport report = binding.libraries().getFirst();
        if (!report.loaded()) {
            return new Survey.Place("software device", List.of(), List.of(report.describe()),
                    "its library could not be loaded");
        }
        Driver driver = binding.driver();
        driver.initialize();
        return new Survey.Place("software device", List.of(device(driver, driver.device(0))),
                List.of(report.describe(), "cuDNN interface " + dnnVersion(binding.dnn().version())), "");
    }

    private static String device(Driver driver, int device) {
        return driver.deviceName(device) + ", " + (driver.totalMemory(device) >> 20) + " MiB";
    }

    private static String version(Binding binding, int index, Supplier<String> version) {
        LibraryReport report = binding.libraries().get(index);
        if (!report.loaded()) {
            return report.describe();
        }
        try {
            return (report.title() + " " + version.get()).strip() + ": " + report.path();
        } catch (CudaException refused) {
            return report.describe() + " (" + refused.getMessage() + ")";
        }
    }

    /** It is not among the libraries that a device needs, and loaded for this alone. */
    private static String collectivesVersion(Binding binding) {
        try {
            return "NCCL " + blasVersion(binding.collectives().version());
        } catch (CudaException | UnsatisfiedLinkError refused) {
            return refused.getMessage();
        }
    }

    /** "13.0" for 13000. */
    static String driverVersion(int version) {
        return version / 1000 + "." + version % 1000 / 10;
    }

    /** "13.1.0" for 130100; NCCL counts alike. */
    static String blasVersion(int version) {
        return version / 10000 + "." + version % 10000 / 100 + "." + version % 100;
    }

    /** "9.24.0" for 92400, "8.9.7" for 8907. */
    static String dnnVersion(long version) {
        long major = version >= 90000 ? 10000 : 1000;
        return version / major + "." + version % major / 100 + "." + version % 100;
    }
}
