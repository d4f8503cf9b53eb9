package io.gimbal.device;

import io.gimbal.cuda.Compiler;
import io.gimbal.cuda.LibraryReport;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.cuda.panama.PanamaBinding;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * NVIDIA's NVRTC by itself: it compiles for a GPU that is not here, where there is neither a GPU nor a driver.
 * Thread-safe.
 *
 * @param compiler its functions; they throw the loader's error where it is missing
 * @param report   how the search for it went
 */
public record NvrtcLibrary(Compiler compiler, LibraryReport report) {
    private static final Map<List<String>, Map<String, KernelResources>> READ = new ConcurrentHashMap<>();

    /**
     * Looks for it. Never fails: see {@link #report}.
     *
     * @param search where to look
     * @return what was found, or why nothing was
     */
    public static NvrtcLibrary find(LibrarySearch search) {
        PanamaBinding.FoundCompiler found = PanamaBinding.nvrtc(search);
        return new NvrtcLibrary(found.compiler(), found.report());
    }

    /** {@return why it cannot be used: every place where it was looked for, and what to install} Empty if it can. */
    public String refusal() {
        return report.loaded() ? "" : report.describe() + "\nInstall NVIDIA's wheels (pip install --no-deps --target "
                + "FOLDER nvidia-cuda-nvrtc) and name their folder in " + LibrarySearch.WHEELS + ".";
    }

    /**
     * What each kernel of {@code kernels/FILE.cu} needs of a multiprocessor, by the kernel's name. A file is compiled
     * once for each architecture, which takes seconds, and kept on disk as those for a GPU are; a device of {@link
     * Device#openPtx} takes its PTX from the same.
     *
     * @param file         the subject, such as "elementwise"
     * @param architecture such as "sm_90"
     * @return the needs by the kernels' names
     * @throws IllegalArgumentException     if there is no such file
     * @throws io.gimbal.cuda.CudaException with the compiler's log if the file does not compile
     */
    public Map<String, KernelResources> resources(String file, String architecture) {
        return READ.computeIfAbsent(List.of(file, architecture, String.valueOf(report.path())), _ -> {
            KernelSource source = KernelSource.read(file);
            return KernelResources.read(new PtxCompiler(KeptKernels.over(compiler, report), architecture)
                    .compile(source.file(), source.text(), source.headers(),
                            KernelOptions.forArchitecture(architecture)).log());
        });
    }
}
