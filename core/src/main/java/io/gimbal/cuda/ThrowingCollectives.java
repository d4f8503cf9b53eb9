package io.gimbal.cuda;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.IntSupplier;

/**
 * NCCL over any binding's C functions: it checks every status, and waits where a call of a communicator that does not
 * block is still in progress.
 */
public final class ThrowingCollectives implements Collectives {
    private static final int SUCCESS = 0;
    private static final int INVALID_ARGUMENT = 4;
    private static final int IN_PROGRESS = 7;

    private static final int SUM = 0;
    private static final int MAX = 2;
    private static final int MIN = 3;
    private static final int AVERAGE = 4;

    private static final int UINT8 = 1;
    private static final int INT32 = 2;
    private static final int INT64 = 4;
    private static final int FLOAT32 = 7;
    private static final int FLOAT64 = 8;
    private static final int BFLOAT16 = 9;

    private static final long SHORTEST_PAUSE_NANOSECONDS = 20_000;
    private static final long LONGEST_PAUSE_NANOSECONDS = 10_000_000;
    /** A call that does not block returns long before; one that hangs all the same must not keep an abort waiting. */
    private static final Duration LONGEST_CALL = Duration.ofSeconds(5);

    private final RawCollectives raw;
    private final Duration longestCall;
    private final Map<Long, Communicator> communicators = new ConcurrentHashMap<>();
    private final ThreadLocal<Group> groups = ThreadLocal.withInitial(Group::new);

    /**
     * A communicator that lives. NCCL's abort frees it, so that no other call may come in: calls share the lock, and
     * abort takes it alone.
     */
    private static final class Communicator {
        final ReentrantReadWriteLock calls = new ReentrantReadWriteLock();
        volatile boolean over;
    }

    /** A thread's group, and what has been called in it. */
    private static final class Group {
        int depth;
        final Set<Long> communicators = new LinkedHashSet<>();
    }

    /** Checks the calls of {@code raw}. */
    public ThrowingCollectives(RawCollectives raw) {
        this(raw, LONGEST_CALL);
    }

    ThrowingCollectives(RawCollectives raw, Duration longestCall) {
        this.raw = Objects.requireNonNull(raw, "raw is null");
        this.longestCall = longestCall;
    }

    @Override
    public int version() {
        int[] version = new int[1];
        check(raw.version(version), "ncclGetVersion", "", 0);
        return version[0];
    }

    @Override
    public byte[] uniqueId() {
        byte[] uniqueId = new byte[UNIQUE_ID_BYTES];
        check(raw.uniqueId(uniqueId), "ncclGetUniqueId", "", 0);
        return uniqueId;
    }

    @Override
    public long create(byte[] uniqueId, int ranks, int rank) {
        String function = "ncclCommInitRankConfig";
        String arguments = "ranks " + ranks + ", rank " + rank;
        if (uniqueId.length != UNIQUE_ID_BYTES) {
            throw Failures.ofCollectives(function, INVALID_ARGUMENT, arguments, "the unique id has " + uniqueId.length
                    + " bytes: it must be the " + UNIQUE_ID_BYTES + " that ncclGetUniqueId gave");
        }
        long[] communicator = new long[1];
        int status = raw.create(communicator, ranks, uniqueId, rank);
        if (status != SUCCESS && status != IN_PROGRESS) {
            throw failure(function, status, arguments, 0);
        }
        communicators.put(communicator[0], new Communicator());
        return communicator[0];
    }

    @Override
    public boolean ready(long communicator) {
        return state("ncclCommGetAsyncError", "", communicator);
    }

    @Override
    public void allReduce(long send, long receive, long count, Element element, Reduction reduction, long communicator,
            long stream) {
        collective("ncclAllReduce", count + " " + element + ", " + reduction, communicator,
                () -> raw.allReduce(send, receive, count, type(element), number(reduction), communicator, stream));
    }

    @Override
    public void broadcast(long send, long receive, long count, Element element, int root, long communicator,
            long stream) {
        collective("ncclBroadcast", count + " " + element + ", root " + root, communicator,
                () -> raw.broadcast(send, receive, count, type(element), root, communicator, stream));
    }

    @Override
    public void allGather(long send, long receive, long count, Element element, long communicator, long stream) {
        collective("ncclAllGather", count + " " + element, communicator,
                () -> raw.allGather(send, receive, count, type(element), communicator, stream));
    }

    private void collective(String function, String arguments, long communicator, IntSupplier call) {
        int status = inCall(function, communicator, call);
        if (status != SUCCESS && status != IN_PROGRESS) {
            throw failure(function, status, arguments, communicator);
        }
        Group group = groups.get();
        if (group.depth > 0) {
            group.communicators.add(communicator);
        } else if (status == IN_PROGRESS) {
            await(function, arguments, communicator);
        }
    }

    @Override
    public void groupStart() {
        check(raw.groupStart(), "ncclGroupStart", "", 0);
        groups.get().depth++;
    }

    @Override
    public void groupEnd() {
        Group group = groups.get();
        int status = raw.groupEnd();
        if (group.depth > 0) {
            group.depth--;
        }
        if (group.depth > 0) {
            check(status, "ncclGroupEnd", "", 0);
            return;
        }
        Set<Long> called = Set.copyOf(group.communicators);
        group.communicators.clear();
        if (status != SUCCESS && status != IN_PROGRESS) {
            throw failure("ncclGroupEnd", status, "", 0);
        }
        if (status == IN_PROGRESS) {
            called.forEach(communicator -> await("ncclGroupEnd", "", communicator));
        }
    }

    @Override
    public void destroy(long communicator) {
        int status = inCall("ncclCommFinalize", communicator, () -> raw.finish(communicator));
        if (status != SUCCESS && status != IN_PROGRESS) {
            throw failure("ncclCommFinalize", status, "", communicator);
        }
        await("ncclCommFinalize", "", communicator);
        check(alone("ncclCommDestroy", communicator, () -> raw.destroy(communicator)), "ncclCommDestroy", "", 0);
    }

    @Override
    public void abort(long communicator) {
        check(alone("ncclCommAbort", communicator, () -> raw.abort(communicator)), "ncclCommAbort", "", 0);
    }

    /** Runs what frees the communicator, behind the calls that are under way. */
    private int alone(String function, long communicator, IntSupplier call) {
        Communicator freed = communicators.remove(communicator);
        if (freed == null) {
            throw refusal(function, communicator);
        }
        freed.over = true;
        boolean locked = lock(freed);
        try {
            return call.getAsInt();
        } finally {
            if (locked) {
                freed.calls.writeLock().unlock();
            }
        }
    }

    /** Waits for the calls under way, but not for one that hangs; whether it got the lock. */
    private boolean lock(Communicator communicator) {
        try {
            return communicator.calls.writeLock().tryLock(longestCall.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return communicator.calls.writeLock().tryLock();
        }
    }

    /** Runs a call that the communicator must outlive. */
    private int inCall(String function, long communicator, IntSupplier call) {
        Communicator called = communicators.get(communicator);
        if (called == null) {
            throw refusal(function, communicator);
        }
        called.calls.readLock().lock();
        try {
            if (called.over) {
                throw refusal(function, communicator);
            }
            return call.getAsInt();
        } finally {
            called.calls.readLock().unlock();
        }
    }

    private static IllegalStateException refusal(String function, long communicator) {
        return new IllegalStateException(function + ": the communicator 0x" + Long.toHexString(communicator)
                + " was destroyed or aborted, or never created through this binding: make another by create");
    }

    /** Whether the communicator has nothing in progress. */
    private boolean state(String function, String arguments, long communicator) {
        int[] state = new int[1];
        int status = inCall(function, communicator, () -> raw.asyncError(communicator, state));
        check(status, function, arguments, communicator);
        if (state[0] != SUCCESS && state[0] != IN_PROGRESS) {
            throw failure(function, state[0], arguments, communicator);
        }
        return state[0] == SUCCESS;
    }

    private void await(String function, String arguments, long communicator) {
        long pause = SHORTEST_PAUSE_NANOSECONDS;
        boolean interrupted = false;
        try {
            while (!state(function, arguments, communicator)) {
                try {
                    TimeUnit.NANOSECONDS.sleep(pause);
                } catch (InterruptedException later) {
                    interrupted = true;
                }
                pause = Math.min(2 * pause, LONGEST_PAUSE_NANOSECONDS);
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void check(int status, String function, String arguments, long communicator) {
        if (status != SUCCESS) {
            throw failure(function, status, arguments, communicator);
        }
    }

    private CudaException failure(String function, int status, String arguments, long communicator) {
        return Failures.ofCollectives(function, status, arguments, raw.lastError(communicator));
    }

    private static int type(Element element) {
        return switch (element) {
            case BYTE -> UINT8;
            case INT32 -> INT32;
            case INT64 -> INT64;
            case FLOAT32 -> FLOAT32;
            case FLOAT64 -> FLOAT64;
            case BF16 -> BFLOAT16;
        };
    }

    private static int number(Reduction reduction) {
        return switch (reduction) {
            case SUM -> SUM;
            case MAX -> MAX;
            case MIN -> MIN;
            case AVERAGE -> AVERAGE;
        };
    }
}
