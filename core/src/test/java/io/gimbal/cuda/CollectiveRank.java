package io.gimbal.cuda;

import io.gimbal.cuda.Collectives.Element;
import io.gimbal.cuda.Collectives.Reduction;
import io.gimbal.cuda.checked.CheckedBinding;
import io.gimbal.cuda.panama.PanamaBinding;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32;

/**
 * One rank, as a process of its own: it runs scenarios with the others and prints of each a line, its name with a sum
 * of all that came out, or what went wrong. Behind them it takes part in {@link Ending}.
 */
final class CollectiveRank implements AutoCloseable {
    /** What the ranks do at last. */
    enum Ending {
        /** All destroy the communicator. */
        DESTROY,
        /** All reduce without end; the one of the last rank is killed from outside. */
        KILLED,
        /** Rank 0 waits for the others, which do not come, and aborts from another thread. */
        ABORT
    }

    static final int LARGE_FLOATS = 3 << 18;

    private static final int MOST_BYTES = 4 * Integer.BYTES * LARGE_FLOATS;

    final Binding binding = CheckedBinding.of(PanamaBinding.ofSoftware(SoftwareSearch.places()));
    final Collectives collectives = binding.collectives();
    final Driver driver = binding.driver();
    final int ranks;
    final int rank;
    final long communicator;
    final long stream;
    private final int device;
    private final long send;
    private final long receive;
    private final long pinned;
    private final HostBuffer host;
    private final CRC32 sum = new CRC32();

    CollectiveRank(int ranks, int rank, byte[] uniqueId) {
        this.ranks = ranks;
        this.rank = rank;
        driver.initialize();
        device = driver.device(0);
        driver.setCurrentContext(driver.retainPrimaryContext(device));
        stream = driver.createStream();
        send = driver.allocate(MOST_BYTES);
        receive = driver.allocate(MOST_BYTES);
        pinned = driver.allocateHost(MOST_BYTES);
        host = driver.hostBuffer(pinned, MOST_BYTES);
        communicator = join(uniqueId);
    }

    private long join(byte[] uniqueId) {
        long joined = collectives.create(uniqueId, ranks, rank);
        while (!collectives.ready(joined)) {
            Thread.onSpinWait();
        }
        return joined;
    }

    @Override
    public void close() {
        driver.synchronizeContext();
        host.close();
        driver.setCurrentContext(0);
        driver.releasePrimaryContext(device);
    }

    public static void main(String[] arguments) throws InterruptedException {
        int ranks = Integer.parseInt(arguments[0]);
        int rank = Integer.parseInt(arguments[1]);
        byte[] first = HexFormat.of().parseHex(arguments[2]);
        byte[] second = HexFormat.of().parseHex(arguments[3]);
        try (CollectiveRank self = new CollectiveRank(ranks, rank, first)) {
            self.scenario("allReduce", self::allReduce);
            self.scenario("broadcast", self::broadcast);
            self.scenario("allGather", self::allGather);
            self.scenario("graph", self::graph);
            self.scenario("group", self::group);
            self.scenario("lateStreams", self::lateStreams);
            self.scenario("second", () -> self.second(second));
            self.end(Ending.valueOf(arguments[4]));
        }
        // Not by the end of main: what a test left running would keep it.
        System.exit(0);
    }

    void scenario(String name, Runnable body) {
        sum.reset();
        try {
            body.run();
            System.out.println(name + ": " + Long.toHexString(sum.getValue()));
        } catch (RuntimeException | AssertionError failed) {
            System.out.println(name + ": " + failed);
            System.exit(1);
        }
    }

    void allReduce() {
        for (Element element : Element.values()) {
            for (Reduction reduction : Reduction.values()) {
                for (int count : new int[] {0, 1, 7, 9001}) {
                    reduce(count, element, reduction);
                }
            }
        }
        reduce(LARGE_FLOATS, Element.FLOAT32, Reduction.SUM);
    }

    /** In place and not. */
    private void reduce(int count, Element element, Reduction reduction) {
        boolean numbersOnly = reduction == Reduction.SUM || reduction == Reduction.AVERAGE;
        ByteBuffer own = CollectiveValues.of(rank, count, element, numbersOnly);
        ByteBuffer expected = CollectiveValues.reduced(ranks, count, element, reduction, numbersOnly);
        for (long from : new long[] {send, receive}) {
            upload(from, own);
            collectives.allReduce(from, receive, count, element, reduction, communicator, stream);
            expect(receive, expected, element + " " + reduction + " of " + count + (from == send ? "" : " in place"));
        }
    }

    void broadcast() {
        for (int root = 0; root < ranks; root++) {
            for (int count : new int[] {0, 1, root == 0 ? LARGE_FLOATS : 40_001}) {
                ByteBuffer expected = CollectiveValues.of(root, count, Element.FLOAT32, true);
                upload(send, CollectiveValues.of(rank, count, Element.FLOAT32, true));
                collectives.broadcast(send, receive, count, Element.FLOAT32, root, communicator, stream);
                expect(receive, expected, count + " from " + root);
                collectives.broadcast(send, send, count, Element.FLOAT32, root, communicator, stream);
                expect(send, expected, count + " in place from " + root);
            }
        }
    }

    void allGather() {
        for (int count : new int[] {0, 1, 7, LARGE_FLOATS}) {
            ByteBuffer all = CollectiveValues.empty(count * ranks, Element.BF16);
            for (int other = 0; other < ranks; other++) {
                all.put(CollectiveValues.of(other, count, Element.BF16, true));
            }
            all.flip();
            ByteBuffer own = CollectiveValues.of(rank, count, Element.BF16, true);
            upload(send, own);
            collectives.allGather(send, receive, count, Element.BF16, communicator, stream);
            expect(receive, all, "" + count);
            long part = receive + (long) rank * own.limit();
            driver.fillBytes(receive, (byte) 0, all.limit(), stream);
            upload(part, own);
            collectives.allGather(part, receive, count, Element.BF16, communicator, stream);
            expect(receive, all, count + " in place");
        }
    }

    /** Each launch adds up what the launch before it left. */
    void graph() {
        int count = 5000;
        upload(receive, CollectiveValues.of(rank, count, Element.INT32, true));
        driver.beginCapture(stream);
        collectives.allReduce(receive, receive, count, Element.INT32, Reduction.SUM, communicator, stream);
        long graph = driver.endCapture(stream);
        long executable = driver.instantiateGraph(graph);
        driver.launchGraph(executable, stream);
        driver.launchGraph(executable, stream);
        ByteBuffer expected = CollectiveValues.reduced(ranks, count, Element.INT32, Reduction.SUM, true);
        for (int i = 0; i < count; i++) {
            expected.putInt(4 * i, expected.getInt(4 * i) * ranks);
        }
        expect(receive, expected, "two launches");
        driver.destroyExecutableGraph(executable);
        driver.destroyGraph(graph);
    }

    void group() {
        int count = 3000;
        upload(send, CollectiveValues.of(rank, count, Element.INT64, true));
        collectives.groupStart();
        collectives.allReduce(send, receive, count, Element.INT64, Reduction.MAX, communicator, stream);
        collectives.groupStart();
        collectives.broadcast(send, send, count, Element.INT64, ranks - 1, communicator, stream);
        collectives.groupEnd();
        collectives.groupEnd();
        expect(receive, CollectiveValues.reduced(ranks, count, Element.INT64, Reduction.MAX, true), "first");
        expect(send, CollectiveValues.of(ranks - 1, count, Element.INT64, true), "second");
    }

    void lateStreams() {
        Switches switches = binding.switches().orElseThrow();
        switches.set("late_streams", 1);
        reduce(40_001, Element.FLOAT32, Reduction.SUM);
        switches.set("late_streams", 0);
    }

    /** Beside the first, which goes on. */
    void second(byte[] uniqueId) {
        long other = join(uniqueId);
        require(binding.switches().orElseThrow().get("live_communicators") == 2, "two communicators live");
        upload(send, CollectiveValues.of(rank, 9, Element.FLOAT64, true));
        collectives.allReduce(send, receive, 9, Element.FLOAT64, Reduction.MIN, other, stream);
        expect(receive, CollectiveValues.reduced(ranks, 9, Element.FLOAT64, Reduction.MIN, true), "");
        collectives.destroy(other);
        require(binding.switches().orElseThrow().get("live_communicators") == 1, "one communicator lives");
        reduce(7, Element.FLOAT32, Reduction.SUM);
    }

    private void end(Ending ending) throws InterruptedException {
        switch (ending) {
            case DESTROY -> scenario("destroy", () -> collectives.destroy(communicator));
            case KILLED -> reduceWithoutEnd();
            case ABORT -> abort();
        }
    }

    private void reduceWithoutEnd() {
        System.out.println("without end");
        try {
            while (true) {
                collectives.allReduce(send, receive, LARGE_FLOATS, Element.FLOAT32, Reduction.SUM, communicator,
                        stream);
                driver.synchronizeStream(stream);
            }
        } catch (CudaException failed) {
            System.out.println("noticed: " + failed.getMessage());
        }
        scenario("afterwards", this::streamGoesOn);
    }

    /** The stream does; the communicator does not. */
    private void streamGoesOn() {
        upload(send, CollectiveValues.of(0, 9, Element.INT32, true));
        expect(send, CollectiveValues.of(0, 9, Element.INT32, true), "a copy");
        try {
            collectives.ready(communicator);
            throw new AssertionError("the communicator is ready");
        } catch (CudaException failed) {
            require(failed.status() == 6, failed.getMessage());
        }
        collectives.abort(communicator);
        require(binding.switches().orElseThrow().get("live_communicators") == 0, "a communicator lives");
        require(binding.switches().orElseThrow().get("sticky_error") == 0, "an error sticks");
    }

    private void abort() throws InterruptedException {
        if (rank == 0) {
            // The others do not call it.
            collectives.allReduce(send, receive, 1000, Element.FLOAT32, Reduction.SUM, communicator, stream);
            Thread aborting = new Thread(() -> collectives.abort(communicator));
            require(!driver.streamDone(stream), "the stream is done");
            aborting.start();
            driver.synchronizeStream(stream);
            aborting.join();
            System.out.println("aborted: " + refusedAfterwards());
            return;
        }
        try {
            while (true) {
                collectives.ready(communicator);
                Thread.sleep(5);
            }
        } catch (CudaException failed) {
            System.out.println("noticed: " + failed.getMessage());
        }
        collectives.abort(communicator);
    }

    private boolean refusedAfterwards() {
        try {
            collectives.allReduce(send, receive, 1, Element.FLOAT32, Reduction.SUM, communicator, stream);
            return false;
        } catch (IllegalStateException destroyed) {
            return true;
        }
    }

    private void upload(long to, ByteBuffer values) {
        if (values.limit() == 0) {
            return;
        }
        driver.synchronizeStream(stream);
        host.view().put(values.duplicate());
        driver.copyHostToDevice(to, pinned, values.limit(), stream);
        driver.synchronizeStream(stream);
    }

    private void expect(long from, ByteBuffer expected, String what) {
        int bytes = expected.limit();
        if (bytes == 0) {
            driver.synchronizeStream(stream);
            return;
        }
        driver.copyDeviceToHost(pinned, from, bytes, stream);
        driver.synchronizeStream(stream);
        byte[] got = new byte[bytes];
        host.view().get(got);
        sum.update(got);
        int differs = Arrays.mismatch(got, expected.array());
        require(differs < 0, what + ": byte " + differs + " of " + bytes + " differs");
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }
}
