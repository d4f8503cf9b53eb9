package io.gimbal.cuda;

/**
 * The library cannot run an operation graph or an engine configuration: an answer while engines are tried, not a
 * defect.
 */
public final class UnsupportedGraphException extends CudaException {
    private static final long serialVersionUID = 1L;

    public UnsupportedGraphException(String function, int status, String message) {
        super(function, status, message);
    }
}
