package io.gimbal.cuda;

/**
 * The library had not the memory, on the device or on the host: so it is now, and says nothing about what was asked.
 */
public final class AllocationFailedException extends CudaException {
    private static final long serialVersionUID = 1L;

    public AllocationFailedException(String function, int status, String message) {
        super(function, status, message);
    }
}
