package io.gimbal.cuda;

/**
 * The wording of a failed call, the same for all bindings: the C function with the arguments that decide, the status by
 * number and name ({@link Statuses}), and what the library says beyond it. Arguments and details are empty texts where
 * there are none. Nothing here throws; what is returned is for the caller to throw.
 */
public final class Failures {
    private static final int DNN_8_ALLOCATION_FAILED = 2;
    private static final int DNN_8_ARCH_MISMATCH = 6;
    private static final int DNN_8_NOT_SUPPORTED = 9;
    private static final int DNN_9_FIRST_NOT_SUPPORTED = 3000;
    private static final int DNN_9_LAST_NOT_SUPPORTED = 3999;
    private static final int DNN_9_HOST_ALLOCATION_FAILED = 4003;
    private static final int DNN_9_DEVICE_ALLOCATION_FAILED = 4004;

    private Failures() {}

    /**
     * A failed call of the driver.
     *
     * @param words  {@code cuGetErrorString}'s; they stand behind the status's name
     * @param detail what the library says about this failure, in brackets at the end
     */
    public static CudaException ofDriver(String function, int status, String arguments, String words, String detail) {
        String name = Statuses.DRIVER.name(status);
        String told = words.isBlank() ? name : name + ": " + words.strip();
        return new CudaException(function, status, message(function, status, told, arguments, detail));
    }

    /**
     * A failed call of NVRTC.
     *
     * @param log the program's, on lines of its own at the end
     */
    public static CudaException ofCompiler(String function, int status, String arguments, String log) {
        String message = message(function, status, Statuses.COMPILER.name(status), arguments, "");
        return new CudaException(function, status, log.isBlank() ? message : message + "\n" + log.strip());
    }

    /**
     * A failed call of cuBLAS.
     *
     * @param detail what the library says about this failure, in brackets at the end
     */
    public static CudaException ofBlas(String function, int status, String arguments, String detail) {
        String name = Statuses.BLAS.name(status);
        return new CudaException(function, status, message(function, status, name, arguments, detail));
    }

    /**
     * A failed call of NCCL.
     *
     * @param detail what the library says about this failure, in brackets at the end
     */
    public static CudaException ofCollectives(String function, int status, String arguments, String detail) {
        String name = Statuses.COLLECTIVES.name(status);
        return new CudaException(function, status, message(function, status, name, arguments, detail));
    }

    /**
     * A failed call of cuDNN: an {@link UnsupportedGraphException} where the library says that it cannot run this,
     * which is {@code CUDNN_STATUS_NOT_SUPPORTED} or {@code CUDNN_STATUS_ARCH_MISMATCH} of cuDNN 8, and 3000 to 3999
     * of cuDNN 9; an {@link AllocationFailedException} where it had no memory.
     *
     * @param detail  {@code cudnnGetLastErrorString}'s, in brackets at the end; read before any further call, which
     *                may replace it
     * @param version the running library's, by {@link Dnn#version()}
     */
    public static CudaException ofDnn(String function, int status, String arguments, String detail, long version) {
        String message = message(function, status, Statuses.ofDnn(version).name(status), arguments, detail);
        if (isUnsupported(status, version)) {
            return new UnsupportedGraphException(function, status, message);
        }
        return isForWantOfMemory(status, version) ? new AllocationFailedException(function, status, message)
                : new CudaException(function, status, message);
    }

    private static boolean isUnsupported(int status, long version) {
        if (Statuses.isBeforeDnn9(version)) {
            return status == DNN_8_NOT_SUPPORTED || status == DNN_8_ARCH_MISMATCH;
        }
        return status >= DNN_9_FIRST_NOT_SUPPORTED && status <= DNN_9_LAST_NOT_SUPPORTED;
    }

    private static boolean isForWantOfMemory(int status, long version) {
        if (Statuses.isBeforeDnn9(version)) {
            return status == DNN_8_ALLOCATION_FAILED;
        }
        return status == DNN_9_HOST_ALLOCATION_FAILED || status == DNN_9_DEVICE_ALLOCATION_FAILED;
    }

    private static String message(String function, int status, String name, String arguments, String detail) {
        String message = function + "(" + arguments + ") failed with status " + status + ", " + name;
        return detail.isBlank() ? message : message + " (" + detail.strip() + ")";
    }
}
