package io.gimbal.cuda;

/**
 * NCCL's C functions as a binding calls them: each returns the status, and writes what it yields to the start of an
 * array. {@link ThrowingCollectives} checks the statuses; types and reductions are numbered as in {@code nccl.h}.
 */
public interface RawCollectives {
    /** {@code ncclGetVersion}. */
    int version(int[] version);

    /** {@code ncclGetLastError}: what the library says of its last failure; of a communicator, or 0 for any. */
    String lastError(long communicator);

    /** {@code ncclGetUniqueId}. */
    int uniqueId(byte[] uniqueId);

    /** {@code ncclCommInitRankConfig} with a configuration whose {@code blocking} is 0. */
    int create(long[] communicator, int ranks, byte[] uniqueId, int rank);

    /** {@code ncclCommGetAsyncError}. */
    int asyncError(long communicator, int[] status);

    /** {@code ncclAllReduce}. */
    int allReduce(long send, long receive, long count, int type, int reduction, long communicator, long stream);

    /** {@code ncclBroadcast}. */
    int broadcast(long send, long receive, long count, int type, int root, long communicator, long stream);

    /** {@code ncclAllGather}. */
    int allGather(long send, long receive, long count, int type, long communicator, long stream);

    /** {@code ncclGroupStart}. */
    int groupStart();

    /** {@code ncclGroupEnd}. */
    int groupEnd();

    /** {@code ncclCommFinalize}. */
    int finish(long communicator);

    /** {@code ncclCommDestroy}. */
    int destroy(long communicator);

    /** {@code ncclCommAbort}. */
    int abort(long communicator);
}
