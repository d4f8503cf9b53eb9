package io.gimbal.ranks;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** The side of a meeting of a rank that is not rank 0: looks for that one until it answers, and waits for the rest. */
final class Joining {
    private static final byte[] NOTHING = {};
    private static final String ENDED = "what listens there has ended the connection";

    private final Meeting meeting;
    private final Timing timing;
    private final Hello hello;
    private final Patience patience;

    Joining(Meeting meeting, Consumer<String> progress, Timing timing, String release) {
        this.meeting = meeting;
        this.timing = timing;
        hello = new Hello(meeting.rank(), meeting.ranks(), ProcessHandle.current().pid(), new SecureRandom().nextLong(),
                release);
        patience = new Patience(meeting.patience(), timing, progress);
    }

    /** A host that has no address. */
    static UserException unknown(Address address, UnknownHostException failure) {
        return new UserException(address + ": the host " + Names.quote(address.host()) + " is not known on this "
                + "machine. Give the name or the address of the machine of rank 0.", failure);
    }

    /** Waits until all have met. */
    Ranks meet() {
        try {
            while (true) {
                try {
                    return attempt();
                } catch (IOException failure) {
                    rest(reason(failure));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while meeting other ranks", e);
        }
    }

    private Ranks attempt() throws IOException, InterruptedException {
        Socket socket = connect();
        try {
            SessionKeys keys = Handshake.join(socket, meeting, hello, timing);
            Connection connection = new Connection(socket, keys.toRankZero(), keys.fromRankZero(), timing);
            Admitted admitted = new Admitted(connection);
            connection.send(FrameKind.JOINED, NOTHING);
            connection.start("rank " + meeting.rank() + " and rank 0", admitted);
            return await(admitted);
        } catch (IOException | InterruptedException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /** To the first of the host's addresses that answers. */
    private Socket connect() throws IOException {
        IOException failure = null;
        for (InetAddress address : addresses()) {
            Socket socket = new Socket();
            try {
                socket.setTcpNoDelay(true);
                socket.connect(new InetSocketAddress(address, meeting.address().port()),
                        Math.toIntExact(timing.proof().toMillis()));
                requireAnother(socket);
                return socket;
            } catch (IOException e) {
                socket.close();
                failure = e;
            }
        }
        throw failure;
    }

    /**
     * TCP lets a socket that was given the very port that it looks for meet itself, where nobody listens there yet; and
     * then nobody could. Closed without lingering, it leaves the port free at once.
     */
    private static void requireAnother(Socket socket) throws IOException {
        if (socket.getLocalSocketAddress().equals(socket.getRemoteSocketAddress())) {
            socket.setSoLinger(true, 0);
            throw new ConnectException("Connection refused");
        }
    }

    private List<InetAddress> addresses() {
        try {
            return List.of(InetAddress.getAllByName(meeting.address().host()));
        } catch (UnknownHostException e) {
            throw unknown(meeting.address(), e);
        }
    }

    private Ranks await(Admitted admitted) throws IOException, InterruptedException {
        while (true) {
            try {
                return admitted.met.get(patience.untilNext(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException notYet) {
                if (patience.left() <= 0) {
                    admitted.giveUp("gave up waiting for the other ranks after " + patience.describe());
                    throw new UserException("rank 0 was met at " + meeting.address() + ", but not all other ranks "
                            + "came there within " + patience.describe() + ". Rank 0 says which are missing.");
                }
                patience.note(() -> "rank 0 is met at " + meeting.address() + "; waiting for the other ranks");
            } catch (ExecutionException ended) {
                switch (ended.getCause()) {
                    case RankLostException failed -> throw failed.again();
                    case IOException gone -> throw gone;
                    default -> throw new IllegalStateException(ended.getCause());
                }
            }
        }
    }

    /** Waits before the next attempt, or ends where there is no time for one. */
    private void rest(String reason) throws InterruptedException {
        if (patience.left() <= timing.retry().toNanos()) {
            throw new UserException("rank 0 was not met at " + meeting.address() + " within " + patience.describe()
                    + ": " + reason + ". Start rank 0, and see what it says; if it runs, this machine must be able to "
                    + "connect to its host at that port.");
        }
        patience.note(() -> "waiting for rank 0 at " + meeting.address());
        Thread.sleep(timing.retry());
    }

    private static String reason(IOException failure) {
        return switch (failure) {
            case ConnectException refused when String.valueOf(refused.getMessage()).contains("refused") ->
                "the connection was refused, since nothing listens there, or no more because all have met";
            case SocketTimeoutException silent -> "nothing there has answered";
            case EOFException ended -> ENDED;
            case SocketException reset when String.valueOf(reset.getMessage()).contains("reset") -> ENDED;
            default -> String.valueOf(failure.getMessage());
        };
    }

    /** This rank has been let in, and waits for the others; later, it is what is told of the connection to rank 0. */
    private final class Admitted implements Connection.Listener {
        private final CompletableFuture<Ranks> met = new CompletableFuture<>();
        private final Connection connection;
        /** Used by the reading thread alone. */
        private Ranks ranks;

        Admitted(Connection connection) {
            this.connection = connection;
        }

        void giveUp(String why) {
            connection.sendLast(FrameKind.FAILED, Sentence.encode(why));
            connection.closeAfterwards(System.nanoTime() + timing.farewell().toNanos());
        }

        @Override
        public void received(Frame frame) {
            if (ranks != null) {
                ranks.received(0, frame);
            } else if (frame.kind() == FrameKind.MET) {
                ranks = new Ranks(meeting.rank(), members(frame.payload()), Map.of(0, connection), timing);
                met.complete(ranks);
            } else if (frame.kind() == FrameKind.FAILED) {
                met.completeExceptionally(new RankLostException(0, "rank 0 at " + meeting.address() + " failed: "
                        + Sentence.decode(frame.payload())));
            }
        }

        /** Rank 0 does not know by which of its names and addresses it is met. */
        private List<Member> members(byte[] table) {
            List<Member> members = new ArrayList<>(MemberTable.decode(table));
            members.set(0, new Member(0, meeting.address().host(), members.getFirst().pid()));
            return members;
        }

        @Override
        public void ended(String how) {
            if (ranks != null) {
                ranks.ended(0, how);
            } else {
                met.completeExceptionally(new IOException("it was met, but " + how + " before all others were"));
            }
        }
    }
}
