package io.gimbal.ranks;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * As what a rank wants to be let in: the second message of a meeting, of a fixed length.
 *
 * @param rank    that it was started as
 * @param ranks   that it was told there are
 * @param pid     its process on its host
 * @param asker   a number that is its own, so that it is known again where its connection ended and it asks anew
 * @param release of Gimbal that it runs
 */
record Hello(int rank, int ranks, long pid, long asker, String release) {
    private static final int RELEASE_BYTES = 64;
    /** Of what {@link #encode} makes. */
    static final int BYTES = 2 * Integer.BYTES + 2 * Long.BYTES + RELEASE_BYTES;

    byte[] encode() {
        byte[] text = Arrays.copyOf(release.getBytes(StandardCharsets.UTF_8), RELEASE_BYTES);
        return ByteBuffer.allocate(BYTES).putInt(rank).putInt(ranks).putLong(pid).putLong(asker).put(text).array();
    }

    /** As who is told it knows it: a long release is cut. */
    Hello asTold() {
        return decode(ByteBuffer.wrap(encode()));
    }

    static Hello decode(ByteBuffer from) {
        int rank = from.getInt();
        int ranks = from.getInt();
        long pid = from.getLong();
        long asker = from.getLong();
        byte[] text = new byte[RELEASE_BYTES];
        from.get(text);
        return new Hello(rank, ranks, pid, asker, Sentence.decode(text));
    }
}
