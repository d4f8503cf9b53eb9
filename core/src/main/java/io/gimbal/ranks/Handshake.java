package io.gimbal.ranks;

import io.gimbal.config.UserException;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.function.Function;

/**
 * How two processes prove to each other that they know the secret, and agree to be ranks of one training.
 *
 * <p>Rank 0 sends a <em>greeting</em>: magic, version, nonce. The other answers with a <em>hello</em>: the same of its
 * own, who it is, and the HMAC of both messages. Rank 0 ends with an <em>answer</em>: whether it is let in, why not,
 * and the HMAC of all three. So a stranger who connects learns nothing that depends on the secret, and since each
 * nonce is new, nothing that was recorded is of use. The frames' keys are HMACs of the three messages.
 */
final class Handshake {
    /** To be raised with any change of what is sent, in a meeting or after it. */
    static final int VERSION = 1;

    private static final byte[] MAGIC = "GIMBALRK".getBytes(StandardCharsets.US_ASCII);
    private static final int NONCE_BYTES = 32;
    private static final int PROOF_BYTES = 32;
    private static final int PREFIX_BYTES = MAGIC.length + Integer.BYTES + NONCE_BYTES;
    private static final int HELLO_BYTES = PREFIX_BYTES + Hello.BYTES + PROOF_BYTES;
    /** Verdict, where rank 0's secret is from, the sentence's length. */
    private static final int ANSWER_BYTES = 1 + 1 + Short.BYTES;
    private static final byte WELCOME = 1;
    private static final byte REFUSED = 2;
    private static final byte STRANGER = 3;
    private static final String JOINING = "gimbal ranks: joining\n";
    private static final String ANSWERING = "gimbal ranks: answering\n";
    private static final SecureRandom RANDOM = new SecureRandom();

    private Handshake() {}

    /** Rank 0 did not let a process in; the message says why, for rank 0's own reader. */
    static final class StrangerException extends IOException {
        private static final long serialVersionUID = 1L;

        StrangerException(String message) {
            super(message);
        }
    }

    /**
     * Rank 0's side.
     *
     * @param socket  of which nothing was read yet
     * @param secret  rank 0's
     * @param timing  how long the other may take
     * @param refusal asked once the other has proven that it knows the secret: why it is not let in; or an empty text
     * @return the keys, once it has been told that it is let in
     * @throws StrangerException if it was not let in
     * @throws IOException       if the connection ended, or took too long
     */
    static SessionKeys admit(Socket socket, Secret secret, Timing timing, Function<Hello, String> refusal)
            throws IOException {
        UnprovenInput input = new UnprovenInput(socket, timing.proof());
        byte[] greeting = prefix();
        socket.getOutputStream().write(greeting);
        byte[] hello = input.read(HELLO_BYTES);
        ByteBuffer from = ByteBuffer.wrap(hello);
        byte[] magic = new byte[MAGIC.length];
        from.get(magic);
        if (!Arrays.equals(magic, MAGIC)) {
            throw new StrangerException("it is no rank of Gimbal");
        }
        int version = from.getInt();
        if (version != VERSION) {
            throw new StrangerException("it is another Gimbal, whose ranks meet by version " + version + "; here it is "
                    + VERSION);
        }
        Hello who = Hello.decode(from.position(PREFIX_BYTES));
        if (!proves(hello, secret.authenticate(JOINING, greeting, body(hello)))) {
            socket.getOutputStream().write(joined(answer(STRANGER, secret, ""), new byte[PROOF_BYTES]));
            throw new StrangerException("it calls itself rank " + who.rank() + ", and its secret is not that of rank 0 "
                    + "(" + secret.place() + ")");
        }
        String why = refusal.apply(who);
        byte[] answer = answer(why.isEmpty() ? WELCOME : REFUSED, secret, why);
        byte[] proof = secret.authenticate(ANSWERING, greeting, hello, answer);
        socket.getOutputStream().write(joined(answer, proof));
        if (!why.isEmpty()) {
            throw new StrangerException(why);
        }
        return SessionKeys.derive(secret, greeting, hello, answer);
    }

    /**
     * The other ranks' side.
     *
     * @param socket  of which nothing was read yet
     * @param meeting with whom
     * @param who     as what
     * @param timing  how long rank 0 may take
     * @return the keys
     * @throws UserException if this rank is not let in, or whoever answers is not rank 0
     * @throws IOException   if the connection ended or took too long, as it does where rank 0 ends
     */
    static SessionKeys join(Socket socket, Meeting meeting, Hello who, Timing timing) throws IOException {
        UnprovenInput input = new UnprovenInput(socket, timing.proof());
        byte[] greeting = input.read(PREFIX_BYTES);
        requireGimbal(ByteBuffer.wrap(greeting), meeting.address());
        byte[] unproven = joined(prefix(), who.encode());
        byte[] hello = joined(unproven, meeting.secret().authenticate(JOINING, greeting, unproven));
        socket.getOutputStream().write(hello);
        byte[] head = input.read(ANSWER_BYTES);
        ByteBuffer from = ByteBuffer.wrap(head);
        byte verdict = from.get();
        int origin = from.get();
        int length = Short.toUnsignedInt(from.getShort());
        if (length > Sentence.mostBytes()) {
            throw notRankZero(meeting.address());
        }
        byte[] sentence = input.read(length);
        byte[] answer = joined(head, sentence);
        byte[] proof = input.read(PROOF_BYTES);
        boolean proven = MessageDigest.isEqual(proof,
                meeting.secret().authenticate(ANSWERING, greeting, hello, answer));
        if (!proven) {
            throw verdict == STRANGER ? otherSecret(meeting, origin) : notRankZero(meeting.address());
        }
        if (verdict != WELCOME) {
            throw new UserException("rank 0 at " + meeting.address() + " has not let rank " + meeting.rank()
                    + " in: " + Sentence.decode(sentence) + ".");
        }
        return SessionKeys.derive(meeting.secret(), greeting, hello, answer);
    }

    private static void requireGimbal(ByteBuffer greeting, Address address) {
        byte[] magic = new byte[MAGIC.length];
        greeting.get(magic);
        if (!Arrays.equals(magic, MAGIC)) {
            throw new UserException(address + ": what answers there is no rank 0 of Gimbal. Give all ranks the host "
                    + "and the port of rank 0, at which nothing else may listen.");
        }
        int version = greeting.getInt();
        if (version != VERSION) {
            throw new UserException(address + ": rank 0 there is another Gimbal, whose ranks meet by version " + version
                    + "; here it is " + VERSION + ". All ranks must run the same release.");
        }
    }

    private static UserException notRankZero(Address address) {
        return new UserException(address + ": what answers there does not know this rank's secret, or what it said "
                + "was changed on its way. Give all ranks the host and the port of rank 0, and the same secret.");
    }

    private static UserException otherSecret(Meeting meeting, int origin) {
        Secret.Origin[] origins = Secret.Origin.values();
        String words = origin >= 0 && origin < origins.length ? origins[origin].words() : "from elsewhere";
        return new UserException("the secret of rank " + meeting.rank() + " (" + meeting.secret().place()
                + ") is not that of rank 0 at " + meeting.address() + " (" + words + "). Give all ranks the same, by "
                + "the environment variable " + Secret.VARIABLE + " or by a file of the same content.");
    }

    private static byte[] prefix() {
        byte[] nonce = new byte[NONCE_BYTES];
        RANDOM.nextBytes(nonce);
        return ByteBuffer.allocate(PREFIX_BYTES).put(MAGIC).putInt(VERSION).put(nonce).array();
    }

    private static byte[] answer(byte verdict, Secret secret, String why) {
        byte[] sentence = Sentence.encode(why);
        return ByteBuffer.allocate(ANSWER_BYTES + sentence.length).put(verdict)
                .put((byte) secret.origin().ordinal()).putShort((short) sentence.length).put(sentence).array();
    }

    private static byte[] body(byte[] message) {
        return Arrays.copyOf(message, message.length - PROOF_BYTES);
    }

    private static boolean proves(byte[] message, byte[] proof) {
        return MessageDigest.isEqual(Arrays.copyOfRange(message, message.length - PROOF_BYTES, message.length), proof);
    }

    private static byte[] joined(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length).put(first).put(second).array();
    }
}
