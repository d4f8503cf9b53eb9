package io.gimbal.proof;

/** Why the proof cannot be made as it was asked for, in a sentence for whoever asked. */
final class ProofException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ProofException(String message) {
        super(message);
    }
}
