package io.gimbal.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.Blas;
import io.gimbal.cuda.CudaException;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcudnn.JCudnn;
import jcuda.nvrtc.JNvrtc;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A program that lets JCuda throw, as many do, gets the same from Gimbal as one that does not. */
@Tag("jcuda")
class JcudaExceptionsTest {
    private static final int NOT_READY = 600;

    private Device device;
    private Device panama;

    @BeforeEach
    void letJcudaThrow() {
        device = TestDevices.soft(BindingKind.JCUDA);
        panama = TestDevices.soft(BindingKind.PANAMA);
        setExceptions(true);
    }

    @AfterEach
    void setBack() {
        setExceptions(false);
        SoftDevice soft = device.softDevice().orElseThrow();
        TestDevices.reset(soft);
        panama.close();
        device.close();
    }

    private static void setExceptions(boolean enabled) {
        JCudaDriver.setExceptionsEnabled(enabled);
        JNvrtc.setExceptionsEnabled(enabled);
        JCublas2.setExceptionsEnabled(enabled);
        JCudnn.setExceptionsEnabled(enabled);
    }

    @Test
    void workThatIsNotDoneIsNoFailure() {
        SoftDevice soft = device.softDevice().orElseThrow();
        Stream stream = device.newStream();
        Event event = device.newEvent();
        event.record(stream);
        soft.stickyError(NOT_READY);
        try {
            assertFalse(stream.done());
            assertFalse(event.done());
        } finally {
            soft.stickyError(0);
        }
        stream.synchronize();
        assertTrue(event.done());
    }

    private interface Call {
        void of(Device device);
    }

    /** The failure by both bindings: the same to the letter. */
    private void failsAlike(Call call) {
        CudaException expected = assertThrows(CudaException.class, () -> call.of(panama));
        CudaException thrown = assertThrows(CudaException.class, () -> call.of(device));
        assertEquals(expected.getMessage(), thrown.getMessage());
        assertEquals(expected.getClass(), thrown.getClass());
        assertEquals(expected.status(), thrown.status());
        assertEquals(expected.function(), thrown.function());
    }

    @Test
    void theDriversFailuresAreTheSame() {
        failsAlike(on -> on.driver().free(0x5678));
        failsAlike(on -> on.driver().launchGraph(0x5678, 0));
        failsAlike(on -> on.driver().device(7));
        failsAlike(on -> on.driver().loadModule(new byte[] {1, 2, 3}));
        failsAlike(on -> on.driver().synchronizeStream(0x5678));
    }

    @Test
    void theCompilersFailuresAreTheSame() {
        failsAlike(on -> on.compiler().compile("none.cu", "int x;", java.util.List.of(), java.util.List.of()));
    }

    @Test
    void productsFailAlike() {
        failsAlike(on -> on.blas().gemm(on.newStream().blasHandle(), Blas.Product.FLOAT32, false, false, 4, 4, 4, 1f,
                256, 3, 256, 4, 0f, 256, 4));
    }

    @Test
    void convolutionsFailAlike() {
        failsAlike(on -> on.dnn().createDescriptor(12345));
        failsAlike(on -> {
            long tensor = on.dnn().createDescriptor(17);
            try {
                on.dnn().finalizeDescriptor(tensor);
            } finally {
                on.dnn().destroyDescriptor(tensor);
            }
        });
    }
}
