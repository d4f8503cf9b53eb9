package io.gimbal.cuda.checked;

import static io.gimbal.cuda.checked.CheckedSoftware.hex;
import static io.gimbal.cuda.checked.CheckedSoftware.refusesHandle;
import static io.gimbal.cuda.checked.CheckedSoftware.refusesPointer;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.CudaException;
import io.gimbal.cuda.Dnn;
import io.gimbal.device.TestConvolution;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Each refusal of the checked cuDNN, and the legal use beside it, on the software device. */
class CheckedDnnTest {
    private static final long NOWHERE = 0x1000;
    private static final int VARIANT_PACK = 16;
    private static final int DATA_POINTERS = 1001;
    private static final int WORKSPACE = 1003;
    private static final int POINTER = 6;
    /** bf16, for which the software device wants a workspace. */
    private static final int TYPE = TestConvolution.BFLOAT16;
    private static final TestConvolution.Shape SHAPE = new TestConvolution.Shape(1, 1, 4, 4, 8, 8, 3, 3,
            new int[] {1, 1}, new int[] {1, 1}, new int[] {1, 1});
    private static final long IMAGE_BYTES = 4 * 4 * 8 * 2;
    private static final long FILTER_BYTES = 8 * 3 * 3 * 8 * 2;

    private CheckedSoftware software;
    private CheckedDriver driver;
    private Dnn dnn;
    private long stream;
    private long handle;
    private long image;
    private long filter;
    private long output;

    @BeforeEach
    void open() {
        software = new CheckedSoftware();
        driver = software.driver;
        dnn = software.binding.dnn();
        stream = driver.createStream();
        handle = dnn.create();
        dnn.setStream(handle, stream);
        image = zeros(IMAGE_BYTES);
        filter = zeros(FILTER_BYTES);
        output = zeros(IMAGE_BYTES);
    }

    @AfterEach
    void close() {
        software.close();
    }

    private long zeros(long bytes) {
        long memory = driver.allocate(bytes);
        driver.fillBytes(memory, (byte) 0, bytes, stream);
        return memory;
    }

    private TestConvolution planned(Dnn through) {
        return new TestConvolution(through, handle).plan(TestConvolution.Operation.FORWARD, SHAPE, TYPE);
    }

    /** The checked cuDNN, before whose execution something else happens. */
    private Dnn before(Runnable execution) {
        return (Dnn) Proxy.newProxyInstance(Dnn.class.getClassLoader(), new Class<?>[] {Dnn.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("execute")) {
                        execution.run();
                    }
                    try {
                        return method.invoke(dnn, arguments);
                    } catch (InvocationTargetException thrown) {
                        throw thrown.getCause();
                    }
                });
    }

    @Test
    void aConvolutionWhoseMemoryLivesRuns() {
        try (TestConvolution convolution = planned(dnn)) {
            assertTrue(convolution.workspaceBytes() > 0, "this test wants a workspace");
            long workspace = driver.allocate(convolution.workspaceBytes());
            convolution.execute(image, filter, output, workspace);
            driver.synchronizeStream(stream);
        }
    }

    @Test
    void aDataPointerMustBeLiveAndAlignedWhenItIsSet() {
        long freed = driver.allocate(64);
        driver.free(freed);
        long pinned = driver.allocateHost(64);
        long pack = dnn.createDescriptor(VARIANT_PACK);
        dnn.setAttribute(pack, DATA_POINTERS, POINTER, image, filter + 16, output);
        for (long bad : new long[] {freed, NOWHERE, 0, pinned, output + IMAGE_BYTES}) {
            refusesPointer(() -> dnn.setAttribute(pack, DATA_POINTERS, POINTER, image, bad, output),
                    "cudnnBackendSetAttribute: data pointer 1 " + hex(bad));
        }
        for (int offset : new int[] {2, 4, 8, 15}) {
            refusesPointer(() -> dnn.setAttribute(pack, DATA_POINTERS, POINTER, image, filter, output + offset),
                    "data pointer 2 " + hex(output + offset) + " must be a multiple of 16");
        }
        dnn.destroyDescriptor(pack);
    }

    @Test
    void aWorkspaceMustBeLiveOrNoneWhenItIsSet() {
        long freed = driver.allocate(64);
        driver.free(freed);
        long pack = dnn.createDescriptor(VARIANT_PACK);
        dnn.setAttribute(pack, WORKSPACE, POINTER, 0L);
        dnn.setAttribute(pack, WORKSPACE, POINTER, output);
        for (long bad : new long[] {freed, NOWHERE}) {
            refusesPointer(() -> dnn.setAttribute(pack, WORKSPACE, POINTER, bad),
                    "cudnnBackendSetAttribute: the workspace " + hex(bad));
        }
        dnn.destroyDescriptor(pack);
    }

    @Test
    void aWorkspaceWithFewerBytesThanThePlanNeedsIsRefused() {
        try (TestConvolution convolution = planned(dnn)) {
            long needed = convolution.workspaceBytes();
            long workspace = driver.allocate(needed + 16);
            convolution.execute(image, filter, output, workspace + 16);
            refusesPointer(() -> convolution.execute(image, filter, output, workspace + 17),
                    "cudnnBackendExecute: the workspace for the plan's " + needed + " bytes " + hex(workspace + 17),
                    "1 to " + (needed - 1) + " bytes", "not " + needed);
            refusesPointer(() -> convolution.execute(image, filter, output, 0), "the workspace for the plan's " + needed
                    + " bytes 0x0 lies in nothing that is allocated");
            driver.synchronizeStream(stream);
        }
    }

    @Test
    void whatWasFreedSinceItWasSetIsNotWorkedOn() {
        for (int freed = 0; freed < 4; freed++) {
            long mine = driver.allocate(FILTER_BYTES);
            try (TestConvolution convolution = planned(before(() -> driver.free(mine)))) {
                long workspace = driver.allocate(convolution.workspaceBytes());
                long[] pointers = {image, filter, output, workspace};
                String role = freed < 3 ? "data pointer " + freed : "the workspace";
                pointers[freed] = mine;
                refusesPointer(() -> convolution.execute(pointers[0], pointers[1], pointers[2], pointers[3]),
                        "cudnnBackendExecute: " + role, hex(mine), "which was freed");
            }
        }
    }

    @Test
    void aStreamThatWasDestroyedIsNeitherSetNorWorkedIn() {
        driver.synchronizeStream(stream);
        try (TestConvolution convolution = planned(before(() -> driver.destroyStream(stream)))) {
            long workspace = driver.allocate(convolution.workspaceBytes());
            refusesHandle(() -> convolution.execute(image, filter, output, workspace),
                    "cudnnBackendExecute: the stream " + hex(stream) + " was destroyed");
        }
        refusesHandle(() -> dnn.setStream(handle, stream), "cudnnSetStream: the stream " + hex(stream));
        dnn.setStream(handle, 0);
    }

    @Test
    void aHandleThatIsNoneIsRefusedEverywhere() {
        long graph = dnn.createDescriptor(15);
        dnn.setAttribute(graph, 800, 0, handle);
        dnn.destroy(handle);
        for (long bad : new long[] {handle, NOWHERE}) {
            String why = "the cuDNN handle " + hex(bad) + (bad == handle ? " was destroyed" : " was never created");
            refusesHandle(() -> dnn.destroy(bad), "cudnnDestroy: " + why);
            refusesHandle(() -> dnn.setStream(bad, stream), "cudnnSetStream: " + why);
            refusesHandle(() -> dnn.setAttribute(graph, 800, 0, bad), "cudnnBackendSetAttribute: " + why);
            refusesHandle(() -> dnn.execute(bad, graph, graph), "cudnnBackendExecute: " + why);
        }
        refusesHandle(() -> dnn.finalizeDescriptor(graph), "cudnnBackendFinalize: the cuDNN handle " + hex(handle)
                + " was destroyed");
        dnn.destroyDescriptor(graph);
    }

    @Test
    void aDescriptorThatIsNoneIsRefusedEverywhere() {
        long live = dnn.createDescriptor(15);
        long destroyed = dnn.createDescriptor(1);
        dnn.destroyDescriptor(destroyed);
        for (long bad : new long[] {destroyed, NOWHERE}) {
            List<Executable> calls = List.of(() -> dnn.destroyDescriptor(bad), () -> dnn.finalizeDescriptor(bad),
                    () -> dnn.setAttribute(bad, 106, 3, 2L), () -> dnn.setAttribute(bad, 100, 1, 0),
                    () -> dnn.setAttribute(bad, 700, 4, 1f), () -> dnn.setAttribute(bad, 907, 2, (byte) 0),
                    () -> dnn.attributeCount(bad, 106, 3), () -> dnn.attributeLongs(bad, 106, 3, 1),
                    () -> dnn.attributeInts(bad, 100, 1, 1), () -> dnn.attributeText(bad, 405, 10),
                    () -> dnn.attributeDescriptors(bad, 202, live), () -> dnn.attributeDescriptors(live, 202, bad),
                    () -> dnn.setAttribute(live, 801, 15, bad), () -> dnn.execute(handle, bad, live),
                    () -> dnn.execute(handle, live, bad));
            for (Executable call : calls) {
                refusesHandle(call, "the cuDNN descriptor " + hex(bad),
                        bad == destroyed ? " was destroyed" : " was never created");
            }
        }
        dnn.destroyDescriptor(live);
    }

    @Test
    void valuesOfAWrongNumberAreRefusedByTheLibrary() {
        long pack = dnn.createDescriptor(VARIANT_PACK);
        assertThrows(CudaException.class, () -> dnn.setAttribute(pack, WORKSPACE, POINTER, new long[0]));
        assertThrows(CudaException.class, () -> dnn.setAttribute(pack, WORKSPACE, POINTER, image, output));
        dnn.destroyDescriptor(pack);
    }
}
