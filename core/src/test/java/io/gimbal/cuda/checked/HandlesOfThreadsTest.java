package io.gimbal.cuda.checked;

import static io.gimbal.cuda.checked.CheckedSoftware.refusesHandle;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.Blas;
import io.gimbal.cuda.Blas.Product;
import io.gimbal.cuda.Dnn;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A handle of cuBLAS or cuDNN is for one thread at a time. The libraries behind are made up: what is told to block does
 * so until it is let go, so that a thread is inside for certain.
 */
class HandlesOfThreadsTest {
    private static final long HANDLE = 1;
    private static final long OTHER = 2;
    private static final long DESCRIPTOR = 7;

    private final MemoryChecks memory = new MemoryChecks();
    private final Handles streams = new Handles("stream");
    private final CountDownLatch inside = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);
    private final List<Long> created = new ArrayList<>(List.of(HANDLE, OTHER));
    private final AtomicReference<Throwable> problem = new AtomicReference<>();
    private Thread holder;

    @AfterEach
    void letTheHolderGo() throws InterruptedException {
        leave();
    }

    /** A library that answers 0 or nothing, hands out {@link #created} in turn, and blocks in one of its functions. */
    private <T> T library(Class<T> type, String blocking) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type},
                (proxy, method, arguments) -> {
                    if (method.getName().equals(blocking)) {
                        inside.countDown();
                        assertTrue(release.await(1, TimeUnit.MINUTES));
                    }
                    return switch (method.getName()) {
                        case "create" -> created.removeFirst();
                        case "createDescriptor" -> DESCRIPTOR;
                        case "version" -> method.getReturnType() == int.class ? (Object) 1 : (Object) 1L;
                        case "attributeLongs" -> new long[] {0};
                        default -> null;
                    };
                }));
    }

    private void hold(Runnable call) throws InterruptedException {
        holder = new Thread(call, "holder");
        holder.setUncaughtExceptionHandler((thread, what) -> problem.set(what));
        holder.start();
        assertTrue(inside.await(1, TimeUnit.MINUTES));
    }

    private void leave() throws InterruptedException {
        release.countDown();
        holder.join();
        assertEquals(null, problem.get());
    }

    private static void product(Blas blas, long handle) {
        // Nothing to compute: no memory is looked at.
        blas.gemm(handle, Product.FLOAT32, false, false, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1);
    }

    @Test
    void aBlasHandleInsideACallOfOneThreadIsRefusedToAnother() throws InterruptedException {
        Blas blas = new CheckedBlas(library(Blas.class, "gemm"), memory, streams);
        blas.create();
        blas.create();
        hold(() -> product(blas, HANDLE));
        String by = "the cuBLAS handle 0x1 is in use by the thread 'holder'";
        refusesHandle(() -> product(blas, HANDLE), "cublasGemmEx: " + by, Thread.currentThread().getName());
        refusesHandle(() -> blas.setStream(HANDLE, 0), "cublasSetStream_v2: " + by);
        refusesHandle(() -> blas.setWorkspace(HANDLE, 0, 0), "cublasSetWorkspace_v2: " + by);
        refusesHandle(() -> blas.version(HANDLE), "cublasGetVersion_v2: " + by);
        refusesHandle(() -> blas.destroy(HANDLE), "cublasDestroy_v2: " + by);
        blas.setStream(OTHER, 0);
        leave();
        product(blas, HANDLE);
        blas.destroy(HANDLE);
    }

    @Test
    void aDnnHandleInsideACallOfOneThreadIsRefusedToAnother() throws InterruptedException {
        Dnn dnn = new CheckedDnn(library(Dnn.class, "execute"), memory, streams);
        dnn.create();
        dnn.create();
        dnn.createDescriptor(5);
        dnn.setAttribute(DESCRIPTOR, 400, 0, HANDLE);
        hold(() -> dnn.execute(HANDLE, DESCRIPTOR, DESCRIPTOR));
        String by = "the cuDNN handle 0x1 is in use by the thread 'holder'";
        refusesHandle(() -> dnn.execute(HANDLE, DESCRIPTOR, DESCRIPTOR), "cudnnBackendExecute: " + by);
        refusesHandle(() -> dnn.setStream(HANDLE, 0), "cudnnSetStream: " + by);
        refusesHandle(() -> dnn.setAttribute(DESCRIPTOR, 400, 0, HANDLE), "cudnnBackendSetAttribute: " + by);
        refusesHandle(() -> dnn.finalizeDescriptor(DESCRIPTOR), "cudnnBackendFinalize: " + by);
        refusesHandle(() -> dnn.destroy(HANDLE), "cudnnDestroy: " + by);
        dnn.setStream(OTHER, 0);
        dnn.attributeText(DESCRIPTOR, 405, 9);
        leave();
        dnn.finalizeDescriptor(DESCRIPTOR);
        dnn.execute(HANDLE, DESCRIPTOR, DESCRIPTOR);
        dnn.destroy(HANDLE);
    }

    @Test
    void aHandleThatIsBeingDestroyedCountsAsDestroyedAndItsNumberMayBeGivenAgain() throws InterruptedException {
        created.set(1, HANDLE);
        Blas blas = new CheckedBlas(library(Blas.class, "destroy"), memory, streams);
        blas.create();
        hold(() -> blas.destroy(HANDLE));
        refusesHandle(() -> product(blas, HANDLE), "was destroyed");
        assertEquals(HANDLE, blas.create());
        product(blas, HANDLE);
        leave();
        product(blas, HANDLE);
    }

    @Test
    void aCallThatFailsLeavesTheHandleFree() throws InterruptedException {
        Blas blas = new CheckedBlas(library(Blas.class, "gemm"), memory, streams);
        blas.create();
        refusesHandle(() -> blas.setStream(HANDLE, 0x55), "the stream 0x55 was never created");
        refusesHandle(() -> product(blas, OTHER), "was never created");
        hold(() -> product(blas, HANDLE));
        leave();
        blas.version(HANDLE);
    }
}
