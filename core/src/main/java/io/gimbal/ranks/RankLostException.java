package io.gimbal.ranks;

/**
 * A rank ended, failed or fell silent, so that nothing can be exchanged any more. The message is a complete sentence
 * that names the rank, its host and its process: "rank 2 (10.0.0.7, pid 123) ended without a word".
 */
public final class RankLostException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    /** What {@link #rank} returns. */
    private final int rank;

    RankLostException(int rank, String message) {
        super(message);
        this.rank = rank;
    }

    /** {@return which rank was lost, from 0} */
    public int rank() {
        return rank;
    }

    /** The same for another thread, with that one's trace. */
    RankLostException again() {
        RankLostException again = new RankLostException(rank, getMessage());
        again.initCause(this);
        return again;
    }
}
