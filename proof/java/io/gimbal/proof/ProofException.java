package io.gimbal.proof;

/** Why the proof cannot be made as it was asked for, in a sentence for whoever asked. */
public final class ProofException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ProofException(String message) {
        super(message);
    }
}
