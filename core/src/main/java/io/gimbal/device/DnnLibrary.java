package io.gimbal.device;

import io.gimbal.cuda.Binding;
import io.gimbal.cuda.Dnn;
import io.gimbal.cuda.LibraryReport;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.cuda.panama.PanamaBinding;

/**
 * NVIDIA's cuDNN by itself: it can plan for a device that is not here, where there is neither a GPU nor a driver.
 *
 * @param dnn    its functions; they throw the loader's error where it is missing
 * @param report how the search for it went
 */
public record DnnLibrary(Dnn dnn, LibraryReport report) {
    /**
     * Looks for it. Never fails: see {@link #report}.
     *
     * @param search where to look
     * @return what was found, or why nothing was
     */
    public static DnnLibrary find(LibrarySearch search) {
        Binding binding = PanamaBinding.ofGpu(search);
        return new DnnLibrary(binding.dnn(), binding.libraries().getLast());
    }
}
