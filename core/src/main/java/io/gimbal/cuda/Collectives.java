package io.gimbal.cuda;

/**
 * The slice of NCCL that Gimbal calls: what processes with a GPU each (ranks) compute together. A communicator is made
 * without blocking: {@link #create} returns at once, and {@link #ready} says when it can be used. Each collective is
 * put into a stream, as a kernel is, and into the graph where that stream is captured; all ranks must call the same
 * ones in the same order. Once another rank has ended, collectives do nothing more, those under way included, and
 * {@link #ready} throws what happened: so whoever launches graphs asks it from time to time.
 *
 * <p>A communicator is for one thread at a time, but for {@link #ready} and {@link #abort}, which any thread may call.
 * A call throws a {@link CudaException} for a status that says it failed, and an {@link IllegalStateException} for a
 * communicator that was destroyed or aborted.
 */
public interface Collectives {
    /** What buffers hold. */
    enum Element {
        /** {@code ncclUint8}. */
        BYTE(1),
        /** {@code ncclInt32}. */
        INT32(Integer.BYTES),
        /** {@code ncclInt64}. */
        INT64(Long.BYTES),
        /** {@code ncclFloat32}. */
        FLOAT32(Float.BYTES),
        /** {@code ncclFloat64}. */
        FLOAT64(Double.BYTES),
        /** {@code ncclBfloat16}. */
        BF16(2);

        private final int bytes;

        Element(int bytes) {
            this.bytes = bytes;
        }

        /** {@return the bytes of one} */
        public int bytes() {
            return bytes;
        }
    }

    /**
     * How the ranks' values become one. In which order a GPU's NCCL adds up is its own; the software device adds in the
     * order of the ranks, so that all runs have the same bits. Integers wrap, and their average is cut towards zero. A
     * maximum or minimum passes over what is not a number, unless there is nothing else.
     */
    enum Reduction {
        /** {@code ncclSum}. */
        SUM,
        /** {@code ncclMax}. */
        MAX,
        /** {@code ncclMin}. */
        MIN,
        /** {@code ncclAvg}. */
        AVERAGE
    }

    /** The bytes of a unique id. */
    int UNIQUE_ID_BYTES = 128;

    /** {@code ncclGetVersion}: such as 23007 for 2.30.7. */
    int version();

    /**
     * {@code ncclGetUniqueId}: {@value #UNIQUE_ID_BYTES} bytes by which the ranks of one communicator find each other.
     * One process makes it and hands it to the others, and must run until they have joined. Whoever has it can join: it
     * is a secret.
     */
    byte[] uniqueId();

    /**
     * {@code ncclCommInitRankConfig} without blocking, on the device whose context is current. In the end the caller
     * destroys or aborts it, also where it never becomes ready.
     *
     * @param ranks how many there are; all say the same
     * @param rank  this process's, from 0; no other's
     */
    long create(byte[] uniqueId, int ranks, int rank);

    /**
     * {@code ncclCommGetAsyncError}.
     *
     * @return false while the communicator is being made
     * @throws CudaException if it has failed: because of an argument, or since another rank has ended
     */
    boolean ready(long communicator);

    /**
     * {@code ncclAllReduce}: every rank gets the reduction of all ranks' values.
     *
     * @param send    device pointer to {@code count} elements
     * @param receive device pointer to as many; may be {@code send}
     */
    void allReduce(long send, long receive, long count, Element element, Reduction reduction, long communicator,
            long stream);

    /**
     * {@code ncclBroadcast}: every rank gets the root's values.
     *
     * @param send    device pointer to {@code count} elements; read on the root alone
     * @param receive device pointer to as many; may be {@code send}
     */
    void broadcast(long send, long receive, long count, Element element, int root, long communicator, long stream);

    /**
     * {@code ncclAllGather}: every rank gets all ranks' values, in the order of the ranks.
     *
     * @param send    device pointer to {@code count} elements
     * @param receive device pointer to {@code count} for each rank; {@code send} may be this rank's part of it
     * @param count   of each rank
     */
    void allGather(long send, long receive, long count, Element element, long communicator, long stream);

    /** {@code ncclGroupStart}: this thread's collectives begin together, at the end of the group. */
    void groupStart();

    /** {@code ncclGroupEnd}. */
    void groupEnd();

    /**
     * {@code ncclCommFinalize}, waited for, then {@code ncclCommDestroy}. All ranks call it, behind their last
     * collective, and it waits for all. Where it throws, because another rank has ended, the communicator still is to
     * be aborted.
     */
    void destroy(long communicator);

    /**
     * {@code ncclCommAbort}: ends what is under way and destroys the communicator without the other ranks, which get an
     * error. Any thread may call it while another is in a call of this communicator, which then throws.
     */
    void abort(long communicator);
}
