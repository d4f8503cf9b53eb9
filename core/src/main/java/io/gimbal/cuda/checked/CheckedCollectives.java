package io.gimbal.cuda.checked;

import io.gimbal.cuda.Collectives;
import io.gimbal.cuda.checked.MemoryRange.Kind;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * NCCL, which refuses
 * <ul>
 * <li>with an {@link IllegalArgumentException}: a buffer that is not, as a whole, in one live allocation of device
 *     memory, or not aligned to its elements; a negative count; a root that is no rank;</li>
 * <li>with an {@link IllegalStateException}: a communicator or stream that was destroyed, aborted or never created; the
 *     end of a group that this thread has not started.</li>
 * </ul>
 * That another thread aborts a communicator while a call of it is under way is allowed. Thread-safe.
 */
public final class CheckedCollectives implements Collectives {
    private static final String ALL_REDUCE = "ncclAllReduce";
    private static final String BROADCAST = "ncclBroadcast";
    private static final String ALL_GATHER = "ncclAllGather";

    private final Collectives collectives;
    private final MemoryChecks memory;
    private final Handles streams;
    private final Handles communicators = new Handles("communicator");
    private final Map<Long, Membership> memberships = new ConcurrentHashMap<>();
    private final Set<Long> destroying = ConcurrentHashMap.newKeySet();
    private final ThreadLocal<Integer> groups = ThreadLocal.withInitial(() -> 0);

    private record Membership(int ranks, int rank) {}

    CheckedCollectives(Collectives collectives, MemoryChecks memory, Handles streams) {
        this.collectives = collectives;
        this.memory = memory;
        this.streams = streams;
    }

    @Override
    public int version() {
        return collectives.version();
    }

    @Override
    public byte[] uniqueId() {
        return collectives.uniqueId();
    }

    @Override
    public long create(byte[] uniqueId, int ranks, int rank) {
        long communicator = collectives.create(uniqueId, ranks, rank);
        memberships.put(communicator, new Membership(ranks, rank));
        return communicators.created(communicator);
    }

    @Override
    public boolean ready(long communicator) {
        communicators.require("ncclCommGetAsyncError", communicator);
        return collectives.ready(communicator);
    }

    @Override
    public void allReduce(long send, long receive, long count, Element element, Reduction reduction, long communicator,
            long stream) {
        membership(ALL_REDUCE, communicator, stream);
        requireBuffer(ALL_REDUCE, "the send buffer", send, count, element);
        requireBuffer(ALL_REDUCE, "the receive buffer", receive, count, element);
        collectives.allReduce(send, receive, count, element, reduction, communicator, stream);
    }

    @Override
    public void broadcast(long send, long receive, long count, Element element, int root, long communicator,
            long stream) {
        Membership membership = membership(BROADCAST, communicator, stream);
        if (root < 0 || root >= membership.ranks()) {
            throw new IllegalArgumentException(BROADCAST + ": the root is " + root + ": it may be 0 to "
                    + (membership.ranks() - 1));
        }
        if (root == membership.rank()) {
            requireBuffer(BROADCAST, "the send buffer", send, count, element);
        }
        requireBuffer(BROADCAST, "the receive buffer", receive, count, element);
        collectives.broadcast(send, receive, count, element, root, communicator, stream);
    }

    @Override
    public void allGather(long send, long receive, long count, Element element, long communicator, long stream) {
        Membership membership = membership(ALL_GATHER, communicator, stream);
        requireBuffer(ALL_GATHER, "the send buffer", send, count, element);
        long all = count > Long.MAX_VALUE / membership.ranks() ? Long.MAX_VALUE : count * membership.ranks();
        requireBuffer(ALL_GATHER, "the receive buffer", receive, all, element);
        collectives.allGather(send, receive, count, element, communicator, stream);
    }

    private Membership membership(String function, long communicator, long stream) {
        communicators.require(function, communicator);
        CheckedDriver.requireStream(streams, function, stream);
        return memberships.get(communicator);
    }

    private void requireBuffer(String function, String role, long address, long count, Element element) {
        if (count < 0) {
            throw new IllegalArgumentException(function + ": the count is " + count + ": it must not be negative");
        }
        MemoryChecks.requireAligned(function, role, address, element.bytes());
        long bytes = count > Long.MAX_VALUE / element.bytes() ? Long.MAX_VALUE : count * element.bytes();
        memory.requireInside(function, role, Kind.DEVICE, address, bytes);
    }

    @Override
    public void groupStart() {
        collectives.groupStart();
        groups.set(groups.get() + 1);
    }

    @Override
    public void groupEnd() {
        if (groups.get() == 0) {
            throw new IllegalStateException("ncclGroupEnd: the thread '" + Thread.currentThread().getName()
                    + "' has started no group: call groupStart on it first");
        }
        groups.set(groups.get() - 1);
        collectives.groupEnd();
    }

    @Override
    public void destroy(long communicator) {
        communicators.destroy("ncclCommDestroy", communicator, destroyed -> {
            Membership membership = memberships.remove(destroyed);
            destroying.add(destroyed);
            try {
                collectives.destroy(destroyed);
            } catch (RuntimeException | Error failed) {
                memberships.put(destroyed, membership);
                throw failed;
            } finally {
                destroying.remove(destroyed);
            }
        });
    }

    /** Also while another thread is destroying it, which waits for the other ranks. */
    @Override
    public void abort(long communicator) {
        if (destroying.contains(communicator)) {
            collectives.abort(communicator);
            return;
        }
        communicators.destroy("ncclCommAbort", communicator, aborted -> {
            memberships.remove(aborted);
            collectives.abort(aborted);
        });
    }
}
