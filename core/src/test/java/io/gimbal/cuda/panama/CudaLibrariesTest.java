package io.gimbal.cuda.panama;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class CudaLibrariesTest {
    @Test
    void aDriverOfCuda11IsRefusedInOneSentenceThatSaysWhatToInstall() {
        assertEquals("the CUDA driver is one of CUDA 11.8, and Gimbal needs 12.0 or newer: install NVIDIA's driver "
                + "525.60.13 or newer", CudaLibraries.versionRefusal(11080));
        assertEquals("", CudaLibraries.versionRefusal(12000));
        assertEquals("", CudaLibraries.versionRefusal(13000));
    }
}
