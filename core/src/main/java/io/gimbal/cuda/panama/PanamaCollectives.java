package io.gimbal.cuda.panama;

import static io.gimbal.cuda.panama.Calls.call;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.gimbal.cuda.NativeArrays;
import io.gimbal.cuda.RawCollectives;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/**
 * NCCL by method handles. Its library, of a quarter of a GB, is opened by the first call, since most programs have one
 * GPU. Thread-safe to the extent that NCCL is.
 */
public final class PanamaCollectives implements RawCollectives {
    // ncclConfig_t as NCCL 2.18's NCCL_CONFIG_INITIALIZER has it: size, magic, version, then blocking, cgaClusterSize,
    // minCTAs, maxCTAs, netName and splitShare. A library copies as many bytes as the first field says, gives the
    // fields behind them their defaults, and reads by the third what was new in a later version: so any from 2.18 on
    // takes it as that of a program compiled with 2.18's header, and no field of a newer one is ever misread.
    private static final int CONFIG_BYTES = 48;
    private static final int CONFIG_MAGIC = 0xcafebeef;
    private static final int CONFIG_VERSION = 21800;
    private static final int UNDEFINED = Integer.MIN_VALUE;

    private final Supplier<SharedLibrary> library;

    /** Opened once, whichever thread calls first. */
    private static final class Once implements Supplier<SharedLibrary> {
        private final Supplier<SharedLibrary> opening;
        private SharedLibrary opened;

        Once(Supplier<SharedLibrary> opening) {
            this.opening = opening;
        }

        @Override
        public synchronized SharedLibrary get() {
            if (opened == null) {
                opened = opening.get();
            }
            return opened;
        }
    }

    private volatile CollectiveFunctions bound;

    /**
     * NCCL in a library that is opened when it is first called.
     *
     * @param library opens it, at most once
     */
    public PanamaCollectives(Supplier<SharedLibrary> library) {
        this.library = new Once(library);
    }

    private CollectiveFunctions functions() {
        CollectiveFunctions functions = bound;
        if (functions == null) {
            functions = NativeLoader.bind(CollectiveFunctions.class, library.get());
            bound = functions;
        }
        return functions;
    }

    @Override
    public int version(int[] version) {
        return NativeArrays.ints(version, 1, out -> call(functions().version(), out));
    }

    @Override
    public String lastError(long communicator) {
        return SharedLibrary.text(Calls.callLong(functions().lastError(), communicator));
    }

    @Override
    public int uniqueId(byte[] uniqueId) {
        return NativeArrays.bytes(uniqueId, out -> call(functions().uniqueId(), out));
    }

    @Override
    public int create(long[] communicator, int ranks, byte[] uniqueId, int rank) {
        CollectiveFunctions functions = functions();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment created = arena.allocate(JAVA_LONG);
            MemorySegment id = arena.allocate(CType.UNIQUE_ID.layout());
            MemorySegment.copy(uniqueId, 0, id, JAVA_BYTE, 0, uniqueId.length);
            int status = (int) functions.create().invokeExact(created.address(), ranks, id, rank,
                    configuration(arena).address());
            communicator[0] = created.get(JAVA_LONG, 0);
            return status;
        } catch (Throwable problem) {
            throw Calls.rethrown(problem);
        }
    }

    private static MemorySegment configuration(Arena arena) {
        MemorySegment config = arena.allocate(CONFIG_BYTES, Long.BYTES);
        config.set(JAVA_LONG, 0, CONFIG_BYTES);
        config.set(JAVA_INT, 8, CONFIG_MAGIC);
        config.set(JAVA_INT, 12, CONFIG_VERSION);
        config.set(JAVA_INT, 16, 0);  // blocking
        config.set(JAVA_INT, 20, UNDEFINED);  // cgaClusterSize
        config.set(JAVA_INT, 24, UNDEFINED);  // minCTAs
        config.set(JAVA_INT, 28, UNDEFINED);  // maxCTAs
        config.set(JAVA_LONG, 32, 0);  // netName
        config.set(JAVA_INT, 40, UNDEFINED);  // splitShare
        config.set(JAVA_INT, 44, UNDEFINED);  // trafficClass from 2.25 on; before, nothing
        return config;
    }

    @Override
    public int asyncError(long communicator, int[] status) {
        return NativeArrays.ints(status, 1, out -> call(functions().asyncError(), communicator, out));
    }

    @Override
    public int allReduce(long send, long receive, long count, int type, int reduction, long communicator,
            long stream) {
        return call(functions().allReduce(), send, receive, count, type, reduction, communicator, stream);
    }

    @Override
    public int broadcast(long send, long receive, long count, int type, int root, long communicator, long stream) {
        return call(functions().broadcast(), send, receive, count, type, root, communicator, stream);
    }

    @Override
    public int allGather(long send, long receive, long count, int type, long communicator, long stream) {
        return call(functions().allGather(), send, receive, count, type, communicator, stream);
    }

    @Override
    public int groupStart() {
        return call(functions().groupStart());
    }

    @Override
    public int groupEnd() {
        return call(functions().groupEnd());
    }

    @Override
    public int finish(long communicator) {
        return call(functions().finish(), communicator);
    }

    @Override
    public int destroy(long communicator) {
        return call(functions().destroy(), communicator);
    }

    @Override
    public int abort(long communicator) {
        return call(functions().abort(), communicator);
    }
}
