package io.gimbal.cuda.jcuda;

import io.gimbal.cuda.Binding;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.cuda.panama.RealLibrariesTest;
import org.junit.jupiter.api.Tag;

/** NVIDIA's own libraries by JCuda; those of CUDA 13 through the libraries of {@code native/forward}. */
@Tag("jcuda-gpu")
class JcudaRealLibrariesTest extends RealLibrariesTest {
    @Override
    protected Binding bind(LibrarySearch search) {
        return JcudaBinding.ofGpu(search);
    }
}
