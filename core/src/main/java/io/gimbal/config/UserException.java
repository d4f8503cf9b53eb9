package io.gimbal.config;

/**
 * What the user gave cannot be used: a configuration, a file, an argument. The message is complete, for a reader who
 * has no stack trace: it names the file and the place, what stands there, what may, and where possible the remedy. The
 * command line prints it alone and exits with code 2.
 */
public final class UserException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Without a cause.
     *
     * @param message one or a few complete sentences
     */
    public UserException(String message) {
        super(Names.escaped(message));
    }

    /**
     * With what is behind it.
     *
     * @param message one or a few complete sentences, which already say what the cause says
     * @param cause   what was thrown underneath, kept for a debugger
     */
    public UserException(String message, Throwable cause) {
        super(Names.escaped(message), cause);
    }
}
