package io.gimbal.site;

/** Something in the documentation is wrong; the message says where, and what to do. */
public final class SiteException extends RuntimeException {
    private static final long serialVersionUID = 1;

    SiteException(String message) {
        super(message);
    }
}
