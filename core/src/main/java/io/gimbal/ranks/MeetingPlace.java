package io.gimbal.ranks;

import io.gimbal.config.Release;
import io.gimbal.config.UserException;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Where rank 0 listens, before anybody is met: for a process that takes any port that is free, and then starts the
 * other ranks, which it tells the port. For one thread at a time; any thread may close it.
 *
 * {@snippet :
 * Secret secret = Secret.random();
 * try (MeetingPlace place = MeetingPlace.open(new Address("127.0.0.1", 0))) {
 *     startTheOthers(place.address(), secret);
 *     try (Ranks ranks = place.meet(4, secret, Duration.ofMinutes(10), System.err::println)) {
 *         ranks.broadcast(first);
 *     }
 * }
 * }
 */
public final class MeetingPlace implements AutoCloseable {
    private static final int BACKLOG = 1024;

    private final Address address;
    private final ServerSocket server;

    private MeetingPlace(Address address, ServerSocket server) {
        this.address = address;
        this.server = server;
    }

    /**
     * Listens at an address of this machine, and at no other: at 127.0.0.1 nobody from elsewhere can connect, at
     * 0.0.0.0 all who reach any of its addresses.
     *
     * @param address with port 0 for any that is free
     * @return the place, to be closed
     * @throws UserException if it cannot be listened there: the host is unknown or no address of this machine, or the
     *                       port is in use, or not this user's to take
     */
    public static MeetingPlace open(Address address) {
        try {
            ServerSocket server = new ServerSocket();
            try {
                // A port on which connections of an earlier training are still being wound up is free.
                server.setReuseAddress(true);
                server.bind(new InetSocketAddress(InetAddress.getByName(address.host()), address.port()), BACKLOG);
            } catch (IOException e) {
                server.close();
                throw e;
            }
            return new MeetingPlace(new Address(address.host(), server.getLocalPort()), server);
        } catch (UnknownHostException unknown) {
            throw Joining.unknown(address, unknown);
        } catch (IOException e) {
            throw new UserException(address + ": rank 0 cannot listen there: " + reason(address, e) + ".", e);
        }
    }

    private static String reason(Address address, IOException failure) {
        String said = String.valueOf(failure.getMessage());
        if (!(failure instanceof BindException) && !(failure instanceof SocketException)) {
            return said;
        }
        if (said.contains("in use")) {
            return "port " + address.port() + " is in use, maybe by another training. Give all ranks another port, or "
                    + "end what listens there ('ss -ltnp' tells)";
        }
        if (said.contains("assign")) {
            return address.host() + " is no address of this machine. Start rank 0 on the machine of that address, or "
                    + "give all ranks an address of this one";
        }
        if (said.contains("ermission")) {
            return "port " + address.port() + " is not for this user. Give all ranks another port, of 1024 or above";
        }
        return said;
    }

    /** {@return the host as it was given, and the port at which it is listened} */
    public Address address() {
        return address;
    }

    /**
     * Meets the other ranks, as rank 0, and listens no more.
     *
     * @param ranks    how many there are, this one among them
     * @param secret   which all have
     * @param patience how long to wait for all
     * @param progress told in sentences, in this thread, what is waited for and who was not let in
     * @return the ranks that have met, to be closed
     * @throws UserException         if not all have come in time; the message names those that are missing
     * @throws IllegalStateException if the thread is interrupted, as it stays marked, with an {@link
     *                               InterruptedException} as its cause; or if this is closed
     */
    public Ranks meet(int ranks, Secret secret, Duration patience, Consumer<String> progress) {
        return meet(new Meeting(0, ranks, address, secret, patience), progress, Timing.USUAL, Release.text());
    }

    Ranks meet(Meeting meeting, Consumer<String> progress, Timing timing, String release) {
        if (server.isClosed()) {
            throw new IllegalStateException("at " + address + " nobody listens any more: a place is for one meeting");
        }
        try (this) {
            return new Reception(server, meeting, progress, timing, release).meet();
        }
    }

    /** Listens no more. Ranks that have met stay together. */
    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException closed) {
            // It is listened no more, whatever else went wrong.
        }
    }
}
