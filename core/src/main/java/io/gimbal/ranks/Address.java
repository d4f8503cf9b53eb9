package io.gimbal.ranks;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;

/**
 * Where rank 0 is met. Immutable.
 *
 * @param host a name, an IPv4 address, or an IPv6 address without brackets
 * @param port of TCP, 0 to 65535; at 0 rank 0 listens at any port that is free
 */
public record Address(String host, int port) {
    private static final int MOST_PORT = 65_535;
    private static final String FORM = "HOST:PORT, such as node1:29400, 10.0.0.7:29400 or [fe80::1]:29400";

    /**
     * Checks the parts.
     *
     * @throws UserException if the host is empty, or the port is none
     */
    public Address {
        if (host == null || host.isBlank()) {
            throw new UserException("the host at which the ranks meet is empty, but must be a name or an address.");
        }
        if (port < 0 || port > MOST_PORT) {
            throw new UserException("the port at which the ranks meet is " + port + ", but must be 0 to " + MOST_PORT
                    + ".");
        }
    }

    /**
     * Reads {@code HOST:PORT}, with an IPv6 address in brackets.
     *
     * @param what what the text is, which a message begins with, such as {@code "--meet"}
     * @param text what the user wrote
     * @return the address
     * @throws UserException if it has another form
     */
    public static Address of(String what, String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        String bare = bracketed ? host.substring(1, host.length() - 1) : host;
        String port = text.substring(colon + 1);
        if (bare.isBlank() || !bracketed && host.contains(":") || !port.matches("[0-9]{1,5}")
                || Integer.parseInt(port) > MOST_PORT) {
            throw new UserException(what + " is " + Names.quote(text) + ", but must be " + FORM
                    + ", with a port of at most " + MOST_PORT + ".");
        }
        return new Address(bare, Integer.parseInt(port));
    }

    /** {@return {@code HOST:PORT}, as {@link #of} reads it} */
    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
