package io.gimbal.cuda;

/**
 * A CUDA library refused or failed a call. The message names the function, the status by name and number, and the
 * deciding arguments.
 */
public class CudaException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String function;
    private final int status;

    public CudaException(String function, int status, String message) {
        super(message);
        this.function = function;
        this.status = status;
    }

    /** The C function that failed. */
    public String function() {
        return function;
    }

    /** The status as the library returned it. */
    public int status() {
        return status;
    }
}
