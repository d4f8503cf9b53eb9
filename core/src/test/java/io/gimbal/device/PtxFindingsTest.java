package io.gimbal.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.CudaException;
import io.gimbal.cuda.Driver;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the device that runs PTX finds in a kernel that is right, and in mutants of it, each with one fault. */
class PtxFindingsTest {
    private static final int MISALIGNED = 716;
    private static final int ILLEGAL_ADDRESS = 700;
    private static final int LAUNCH_FAILED = 719;
    private static final int INVALID_PTX = 218;
    private static final int BLOCKS = 2;
    private static final int PACKS = 256 * BLOCKS;
    private static final int NAN_BITS = 0x7fc00000;
    private static final String RACE = "a race in shared memory";
    private static final String GLOBAL_RACE = "a race in global memory";
    private static final String BARRIER = "a barrier that not all threads reach";
    private static final String OUTSIDE = "an access outside of memory";
    private static final String NO_VALUE = "a use of what has no value";
    private static final String UNWRITTEN = "stores what shared memory gave that nobody has written, at mirror\\.cu:";
    private static final Pattern MARK = Pattern.compile("\\{([^}]*)}");

    @BeforeAll
    static void needsNvrtc() {
        PtxUnderTest.assumeNvrtc();
    }

    /** The kernel's text with some of it exchanged. */
    private static String source(String... exchanges) {
        try (InputStream stream = PtxFindingsTest.class.getResourceAsStream("mirror.cu")) {
            String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            for (int i = 0; i < exchanges.length; i += 2) {
                assertEquals(2, (" " + text + " ").split(Pattern.quote(exchanges[i])).length,
                        exchanges[i] + " stands there once");
                text = text.replace(exchanges[i], exchanges[i + 1]);
            }
            return text;
        } catch (IOException unreadable) {
            throw new AssertionError(unreadable);
        }
    }

    /** The line that bears a mark. */
    private static int line(String text, String mark) {
        List<String> lines = text.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).endsWith("// [" + mark + "]")) {
                return i + 1;
            }
        }
        throw new AssertionError("no line is marked " + mark);
    }

    /** What a launch leaves, or, by {@link #expected}, what is due. */
    private record Outcome(float[] y, int[] pairs, int[] roots, float[] means, float[] sums) {
        void assertIs(Outcome due) {
            assertArrayEquals(due.pairs, pairs, "pairs");
            assertArrayEquals(due.roots, roots, "bits of the roots");
            assertArrayEquals(due.y, y, "y");
            // The kernel adds in another order, and may fuse a product with a sum.
            assertArrayEquals(due.means, means, 1e-5f, "means");
            assertArrayEquals(due.sums, sums, 1e-3f, "sums");
        }
    }

    /** Multiples of 1/16, whose sums and products are exact, and whose halves are bf16's. */
    private static float[] input() {
        float[] values = new float[4 * PACKS];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i * 37 % 101 - 40) / 16f;
        }
        return values;
    }

    private static float sum(float[] x, int pack) {
        return x[4 * pack] + x[4 * pack + 1] + x[4 * pack + 2] + x[4 * pack + 3];
    }

    private static Outcome expected(int channels) {
        float[] x = input();
        Outcome due = new Outcome(new float[4 * PACKS], new int[PACKS], new int[PACKS], new float[PACKS],
                new float[BLOCKS]);
        for (int pack = 0; pack < PACKS; pack++) {
            float opposite = sum(x, pack / 256 * 256 + 255 - pack % 256);
            for (int k = 0; k < 4; k++) {
                due.y[4 * pack + k] = x[4 * pack + k] * opposite;
                due.means[pack] += k < channels ? due.y[4 * pack + k] / channels : 0;
            }
            due.pairs[pack] = BFloat16.of(x[4 * pack]) & 0xffff | BFloat16.of(x[4 * pack + 1]) << 16;
            float sum = sum(x, pack);
            due.roots[pack] = sum < 0 ? NAN_BITS : Float.floatToRawIntBits((float) Math.sqrt(sum));
            due.sums[pack / 256] += 2 * sum;
        }
        return due;
    }

    /** Compiles and launches a text of the kernel, over memory with guarded ends. */
    private static Outcome run(String text, int channels) {
        try (Device device = PtxUnderTest.open()) {
            SoftDevice soft = device.softDevice().orElseThrow();
            soft.guard(true);
            try {
                return run(device, text, channels);
            } finally {
                soft.guard(false);
            }
        }
    }

    private static Outcome run(Device device, String text, int channels) {
        Driver driver = device.driver();
        long module = driver.loadModule(device.compiler().compile("mirror.cu", text, List.of(),
                KernelOptions.forArchitecture(device.architecture())).image());
        Stream stream = device.newStream();
        DeviceMemory x = TestDevices.memory(device, input());
        DeviceMemory y = device.allocate(16L * PACKS);
        DeviceMemory pairs = device.allocate(4L * PACKS);
        DeviceMemory roots = device.allocate(4L * PACKS);
        DeviceMemory means = device.allocate(4L * PACKS);
        DeviceMemory sums = device.allocate(4L * BLOCKS);
        driver.launchKernel(driver.function(module, "mirror"), BLOCKS, 1, 1, Kernel.BLOCK_THREADS, 1, 1, 0,
                stream.handle(), new Object[] {x.address(), y.address(), pairs.address(), roots.address(),
                    means.address(), sums.address(), channels});
        stream.synchronize();
        Outcome outcome = new Outcome(TestDevices.floats(device, y), TestDevices.ints(device, pairs),
                TestDevices.ints(device, roots), TestDevices.floats(device, means),
                TestDevices.floats(device, sums));
        driver.unloadModule(module);
        return outcome;
    }

    /** With 2 and 3 channels it reads shared memory that nobody wrote, and does not use it. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void aKernelThatIsRightGivesItsNumbersAndNoFinding(int channels) {
        run(source(), channels).assertIs(expected(channels));
    }

    /**
     * A fault.
     *
     * @param exchanges text of the kernel and what stands in its place
     * @param finding   a pattern for the message; {MARK} is the number of the line that bears the mark
     */
    private record Mutant(String fault, int status, String finding, String... exchanges) {
        @Override
        public String toString() {
            return fault;
        }
    }

    /** How a finding begins: its kind, the line that bears the mark, and the thread. */
    private static String at(String kind, String mark, int block, int thread) {
        return ": " + kind + " at mirror\\.cu:{" + mark + "}: block " + block + ", thread " + thread + " \\(lane "
                + thread % 32 + " of warp " + thread / 32 + "\\) ";
    }

    static List<Mutant> mutants() {
        return List.of(
                new Mutant("a barrier missing between a write and the read by others", LAUNCH_FAILED,
                        at(RACE, "write", 0, 128) + "writes what thread 127 has read, with nothing that orders the two",
                        "__syncthreads();  // [written]", ""),
                new Mutant("a barrier missing between a read and the write by others", LAUNCH_FAILED,
                        at(RACE, "opposite", 0, 128) + "reads what thread 127 has written",
                        "__syncthreads();  // [read]", ""),
                new Mutant("a barrier missing between a second write and the read by others", LAUNCH_FAILED,
                        at(RACE, "again", 0, 128) + "writes what thread 0 has read",
                        "__syncthreads();  // [written again]", ""),
                new Mutant("a barrier missing before one thread reads what each warp writes", LAUNCH_FAILED,
                        at(NO_VALUE, "sums", 0, 0) + UNWRITTEN + "{all}",
                        "__syncthreads();  // [warps written]", ""),
                new Mutant("a barrier that half of the threads pass by", LAUNCH_FAILED,
                        at(BARRIER, "twice", 0, 0) + "waits here while thread 224 waits at mirror\\.cu:{warps written}",
                        "% 256];  // [twice]", "% 256]; if (t < 128) __syncthreads();  // [twice]"),
                new Mutant("threads that leave before a barrier", LAUNCH_FAILED,
                        at(BARRIER, "read", 0, 192) + "waits for 56 threads that have left the kernel",
                        "__syncthreads();  // [read]", "if (t >= 200) return;\n    __syncthreads();  // [read]"),
                new Mutant("a load of one beyond the end", ILLEGAL_ADDRESS,
                        at(OUTSIDE, "load", 1, 255) + "reads 16 bytes 0 bytes behind the end of an allocation of 8192",
                        "(x)[at];  // [load]", "(x)[at + 1];  // [load]"),
                new Mutant("a store of one beyond the end", ILLEGAL_ADDRESS,
                        at(OUTSIDE, "store", 1, 255) + "writes 16 bytes 0 bytes behind the end of an allocation of",
                        "(y)[at] = own;  // [store]", "(y)[at + 1] = own;  // [store]"),
                new Mutant("a store of a pack at half of its size", MISALIGNED,
                        at("a misaligned access", "store", 0, 0) + "writes 16 bytes at an address that is 8 bytes off",
                        "(y)[at] = own;  // [store]", "(y + 2)[at] = own;  // [store]"),
                new Mutant("a load of a pack at the address of a single float", MISALIGNED,
                        at("a misaligned access", "load", 0, 0) + "reads 16 bytes at an address that is 4 bytes off",
                        "(x)[at];  // [load]", "(x + 1)[at];  // [load]"),
                new Mutant("a write behind all shared memory", ILLEGAL_ADDRESS,
                        at("an access outside of shared memory", "warp", 0, 224) + "writes 4 bytes where no array is",
                        "warps[t / 32] = twice;  // [warp]", "warps[t / 32 + t / 224 * 9999] = twice;  // [warp]"),
                new Mutant("two blocks that write one place", LAUNCH_FAILED,
                        at(GLOBAL_RACE, "sums", 1, 0) + "writes what block 0, thread 0 has written",
                        "sums[blockIdx.x] = all;", "sums[0] = all;"),
                new Mutant("two threads that write one place", LAUNCH_FAILED,
                        at(GLOBAL_RACE, "sums", 0, 1) + "writes what thread 0 has written",
                        "if (t == 0) sums", "if (t < 2) sums"),
                new Mutant("a load by the read-only cache of what the launch has written", LAUNCH_FAILED,
                        at("a load through the read-only cache", "means", 0, 0)
                        + "reads what thread 0 has written in the same launch",
                        "means[at] = pack.x", "means[at] = __ldg(y + 4 * at) * 0 + pack.x"),
                new Mutant("a value of shared memory that nobody wrote", LAUNCH_FAILED,
                        at(NO_VALUE, "sums", 0, 0) + UNWRITTEN + "{all}",
                        "if (t % 32 == 0) warps", "if (t % 64 == 0) warps"),
                new Mutant("a channel that is not there, used", LAUNCH_FAILED,
                        at(NO_VALUE, "means", 0, 0) + UNWRITTEN + "{pack}",
                        "(channels > 3 ? pack.w : 0)", "(channels > 2 ? pack.w : 0)"),
                new Mutant("a lane that leaves before a shuffle", LAUNCH_FAILED,
                        at("a shuffle that not all lanes reach", "shuffle", 0, 0)
                        + "waits for lane 31, which has left the kernel",
                        "    for (int offset = 16;", "    if (t % 32 == 31) return;\n    for (int offset = 16;"),
                new Mutant("an instruction that is not known", INVALID_PTX,
                        ", mirror\\.cu:{again}: the instruction 'vadd4\\.u32\\.u32\\.u32 .*' is not known",
                        "tile[t] = 2 * opposite;  // [again]", "int out; asm(\"vadd4.u32.u32.u32 %0, %1, %2, %3;\" : "
                        + "\"=r\"(out) : \"r\"(t), \"r\"(t), \"r\"(t)); tile[t] = 2 * opposite + out;  // [again]"));
    }

    @ParameterizedTest
    @MethodSource("mutants")
    void aFaultIsFoundAndItsKindKernelLineAndThreadsAreTold(Mutant mutant) {
        String text = source(mutant.exchanges);
        String pattern = MARK.matcher(mutant.finding).replaceAll(mark -> line(text, mark.group(1)) + "");
        CudaException found = assertThrows(CudaException.class, () -> run(text, 3));
        assertTrue(Pattern.compile("\\(mirror" + pattern).matcher(found.getMessage()).find(),
                () -> found.getMessage() + "\nis not as\n" + pattern);
        assertEquals(mutant.status, found.status(), found.getMessage());
    }

    /** What only the GPU's code has, and no other way runs. */
    @Test
    void wrongNumbersOfTheGpusOwnCodeShow() {
        Outcome due = expected(4);
        Outcome swapped = run(source(": \"f\"(high), \"f\"(low)", ": \"f\"(low), \"f\"(high)"), 4);
        assertFalse(Arrays.equals(due.pairs, swapped.pairs), "halves that are swapped");
        assertEquals(due.pairs[0] << 16 | due.pairs[0] >>> 16, swapped.pairs[0]);
        Outcome infinite = run(source("__int_as_float(0x7fc00000)", "__int_as_float(0x7f800000)"), 4);
        assertFalse(Arrays.equals(due.roots, infinite.roots), "infinity where no number is due");
    }
}
