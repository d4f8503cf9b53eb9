package io.gimbal.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.device.NvrtcLibrary;
import io.gimbal.device.PtxUnderTest;
import io.gimbal.picture.NpyBytes;
import io.gimbal.picture.NumberArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Kernels of plain CUDA C++ by the real NVRTC, their PTX run on the software device. */
class KernelBenchTest {
    private static final Path FOLDER = Path.of("core/src/test/resources/io/gimbal/measure");
    private static final Path ORDINARY = FOLDER.resolve("ordinary.cu");
    private static final Path FAULTY = FOLDER.resolve("faulty.cu");
    private static final Map<Path, CompiledFile> COMPILED = new HashMap<>();
    private static final Map<String, CompiledKernel> KERNELS = new HashMap<>();

    private static NvrtcLibrary nvrtc;

    @TempDir
    private Path folder;

    @BeforeAll
    static void findNvrtc() {
        PtxUnderTest.assumeNvrtc();
        nvrtc = NvrtcLibrary.find(LibrarySearch.ofProcess());
    }

    private static CompiledKernel compiled(Path file, String kernel) {
        CompiledFile compiled = COMPILED.computeIfAbsent(file, _ -> CudaFile.read(file).compile(nvrtc,
                KernelCounter.ARCHITECTURE));
        return KERNELS.computeIfAbsent(file + kernel, _ -> compiled.kernel(kernel));
    }

    private static MeasuredKernel run(Path file, String kernel, String arguments, String grid, String block,
            String shared, KernelBench.Settings settings, List<NumberArray> due) {
        CompiledKernel own = compiled(file, kernel);
        try (Device device = Device.open(DeviceKind.SOFT); KernelBench bench = new KernelBench(device, nvrtc,
                settings)) {
            return bench.measure(own, KernelArgument.parse(arguments), KernelLaunch.parse(grid, block, shared), due);
        }
    }

    private static MeasuredKernel run(Path file, String kernel, String arguments, String grid, String block,
            NumberArray... due) {
        return run(file, kernel, arguments, grid, block, "0", KernelBench.Settings.USUAL, List.of(due));
    }

    /** The message by which a launch is refused. */
    private static String refusal(String kernel, String arguments, String grid, String block) {
        return assertThrows(UserException.class, () -> run(FAULTY, kernel, arguments, grid, block)).getMessage();
    }

    private static int line(String mark) throws IOException {
        List<String> lines = Files.readAllLines(FAULTY);
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).endsWith("// [" + mark + "]")) {
                return i + 1;
            }
        }
        throw new AssertionError("no line is marked " + mark);
    }

    private Path floats(String name, double[] numbers, int... shape) throws IOException {
        return NpyBytes.write(folder.resolve(name), "<f4", (to, i) -> to.putFloat((float) numbers[i]), shape);
    }

    private static double[] random(int count) {
        Random random = new Random(count);
        return random.doubles(count, -1, 1).map(value -> (float) value).toArray();
    }

    private static void assertPassed(MeasuredKernel measured) {
        assertEquals(1, measured.checks().size());
        assertTrue(measured.passed(), () -> measured.checks().toString());
        assertTrue(measured.counts().orElseThrow().warpInstructions() > 0);
        assertTrue(measured.least().orElseThrow().seconds() > 0);
        assertTrue(measured.times().isEmpty());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 31, 5000})
    void aReductionGivesTheSum(int n) throws IOException {
        double[] x = random(n);
        double sum = 0;
        for (double value : x) {
            sum += value;
        }
        Path file = floats("x.npy", x, n);
        NumberArray due = NumberArray.read(floats("sum.npy", new double[] {sum}, 1));
        // Of 5000 numbers up to 1, added in float32 in another order.
        MeasuredKernel measured = run(ORDINARY, "reduction", "float[" + n + "]=" + file + ", out float[1]=zeros, int="
                + n,
                "3", "96", "0", new KernelBench.Settings(1, 1_000_000, OptionalLong.empty(), OptionalDouble.of(1e-4)),
                List.of(due));
        assertPassed(measured);
        assertEquals(4L * n + 4, measured.bytes());
        assertEquals(3, measured.counts().orElseThrow().blocks());
        assertEquals(List.of(), measured.findings());
    }

    @ParameterizedTest
    @CsvSource({"1,1", "33,70", "64,64"})
    void aTransposeHasEachNumberInItsPlace(int rows, int columns) throws IOException {
        double[] x = random(rows * columns);
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i % columns * rows + i / columns] = x[i];
        }
        String from = "float[" + rows + "x" + columns + "]=" + floats("x.npy", x, rows, columns);
        assertPassed(run(ORDINARY, "transpose", "out float[" + columns + "x" + rows + "], " + from + ", int=" + rows
                + ", int=" + columns, "ceil(" + columns + "/32)xceil(" + rows + "/32)", "32x8",
                NumberArray.read(floats("y.npy", y, columns, rows))));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 999, 20000})
    void aHistogramBySharedAtomicsCountsEachValue(int n) throws IOException {
        int[] bins = new int[256];
        byte[] values = new byte[n];
        new Random(n).nextBytes(values);
        for (byte value : values) {
            bins[value & 255]++;
        }
        Path x = NpyBytes.write(folder.resolve("x.npy"), "|u1", (to, i) -> to.put(values[i]), n);
        Path due = NpyBytes.write(folder.resolve("bins.npy"), "<u4", (to, i) -> to.putInt(bins[i]), 256);
        MeasuredKernel measured = run(ORDINARY, "histogram", "uint8[" + n + "]=" + x + ", out uint[256]=zeros, "
                + "uint64=" + n,
                "4", "128", "1024", KernelBench.Settings.USUAL, List.of(NumberArray.read(due)));
        assertPassed(measured);
        // Lanes that update one word of shared memory take turns.
        assertTrue(n == 1 || measured.counts().orElseThrow().conflicts() > 1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 33, 768})
    void aLayerNormOfHalfPrecisionIsRight(int columns) throws IOException {
        int rows = 3;
        double[] weight = random(columns);
        short[] x = new short[rows * columns];
        double[] y = new double[x.length];
        Random random = new Random(columns);
        for (int i = 0; i < x.length; i++) {
            x[i] = Float.floatToFloat16((float) random.nextGaussian());
        }
        for (int row = 0; row < rows; row++) {
            double sum = 0;
            double squares = 0;
            for (int i = 0; i < columns; i++) {
                double value = Float.float16ToFloat(x[row * columns + i]);
                sum += value;
                squares += value * value;
            }
            double mean = sum / columns;
            double inverse = 1 / Math.sqrt(squares / columns - mean * mean + 0.01);
            for (int i = 0; i < columns; i++) {
                y[row * columns + i] = (Float.float16ToFloat(x[row * columns + i]) - mean) * inverse * weight[i] + 0.5;
            }
        }
        Path from = NpyBytes.write(folder.resolve("x.npy"), "<f2", (to, i) -> to.putShort(x[i]), rows, columns);
        String shape = "[" + rows + "x" + columns + "]";
        // The usual tolerance of half: two units in the last place of numbers between 1 and 2.
        assertPassed(run(ORDINARY, "layer_norm", "out half" + shape + ", half" + shape + "=" + from + ", float["
                + columns
                + "]=" + floats("w.npy", weight, columns) + ", float[" + columns + "]=0.5, int=" + columns
                + ", float=0.01",
                rows + "", "64", NumberArray.read(floats("y.npy", y, rows, columns))));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 257, 1000})
    void aStencilByConstantMemoryIsRight(int n) throws IOException {
        double[] x = random(n);
        double[] weights = {0.4f, 0.2f, 0.075f, 0.025f};
        double[] y = new double[n];
        for (int i = 0; i < n; i++) {
            for (int k = -3; k <= 3; k++) {
                y[i] += i + k < 0 || i + k >= n ? 0 : weights[Math.abs(k)] * x[i + k];
            }
        }
        Path from = NpyBytes.write(folder.resolve("x.npy"), "<f8", (to, i) -> to.putDouble(x[i]), n);
        Path due = NpyBytes.write(folder.resolve("y.npy"), "<f8", (to, i) -> to.putDouble(y[i]), n);
        // Sums of seven float64 products in another order.
        assertPassed(run(ORDINARY, "stencil", "out double[" + n + "], double[" + n + "]=" + from + ", int=" + n,
                "ceil(" + n + "/block)", "256", "0", new KernelBench.Settings(1, 1_000_000, OptionalLong.empty(),
                        OptionalDouble.of(1e-14)), List.of(NumberArray.read(due))));
    }

    @Test
    void aWrongResultIsToldWithItsPlace() throws IOException {
        NumberArray due = NumberArray.read(floats("due.npy", new double[] {0, 2, 2}, 3));
        MeasuredKernel measured = run(FAULTY, "beyond", "out float[3], float[3]=1, int=3", "1", "3", due);
        assertFalse(measured.passed());
        assertEquals("Output 1 is wrong in 1 of 3 numbers by more than 1e-05: number 0 is 2.0, where 0.0 is due.",
                measured.checks().getFirst().text());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "softmax|out float[4x200], float[4x200]=random, int=200|4|256|race|a race in shared memory|"
                + "writes what thread 31 has read, with nothing that orders the two",
        "beyond|out float[1000], float[1000]=random, int=1000|4|256|beyond|an access outside of memory|"
                + "block 3, thread 232 .* reads 4 bytes .*behind the end of an allocation of 4000 bytes",
        "misaligned|out float[128], float[200]=random|1|32|misaligned|a misaligned access|at an address that is 4 "
                + "bytes off",
        "early_sum|out float[1], float[512]=random|2|256|early|a race in global memory|"
                + "block 1, thread 0 .* updates what block 0, thread \\d+'s block has written",
        "early_count|out int[64]|1|64|count|a race in shared memory|reads what thread \\d+ and others have updated",
        "endless|out int[2]=zeros|1|1|endless|a launch that does not end|executed 20000 instructions",
        "dots|out int[1], int[3]=random|1|1|unknown|the instruction 'dp4a.s32.s32|is not known"})
    void aFaultIsToldByNameAndLine(String kernel, String arguments, String grid, String block, String mark, String what,
            String pattern) throws IOException {
        String message = assertThrows(UserException.class, () -> run(FAULTY, kernel, arguments, grid, block, "0",
                new KernelBench.Settings(1, 20_000, OptionalLong.empty(), OptionalDouble.empty()), List.of()))
                .getMessage();
        assertTrue(message.startsWith(FAULTY + ": " + kernel), message);
        assertTrue(message.contains(what) && message.contains("faulty.cu:" + line(mark)), message);
        assertTrue(Pattern.compile(pattern).matcher(message).find(), message);
    }

    @Test
    void aKernelThatSpillsIsToldByNameLineAndBytes() throws IOException {
        MeasuredKernel measured = run(FAULTY, "hungry", "out float[1024], float[5000]=random, int=5000", "1", "1024");
        assertTrue(measured.resources().spillBytes() > 0);
        assertEquals(64, measured.resources().registers());
        assertEquals("hungry at faulty.cu:" + line("spill") + " spills: it has too few registers (64), and stores and "
                + "loads " + measured.resources().spillBytes() + " bytes of them a thread.",
                measured.findings().getFirst());
        assertEquals(1, measured.resident().getAsInt());
        assertEquals(0.5, measured.occupancy());
    }

    @Test
    void loadsThatAreNotCoalescedAreToldByLineAndSectors() throws IOException {
        MeasuredKernel measured = run(FAULTY, "uncoalesced", "out float[64], float[64x48]=random, int=64, int=48", "1",
                "64");
        // A warp's request for a column takes a sector of 32 bytes a row; four would hold 32 numbers.
        assertEquals(List.of("faulty.cu:" + line("uncoalesced") + ": its loads are not coalesced: they take 3072 "
                + "sectors of 32 bytes, where 384 hold what they ask for (8.0 times)."), measured.findings());
    }

    @Test
    void banksThatConflictAreToldByLine() throws IOException {
        assertEquals(List.of("faulty.cu:" + line("conflict") + ": banks of shared memory conflict: its requests take "
                + "1024 passes, where 32 would do (32.0 times)."),
                run(FAULTY, "conflicting", "out float[32x32], float[32x32]=random", "1", "32x32").findings());
    }

    @Test
    void argumentsThatAreNotTheKernelsAreRefusedByPlace() {
        assertTrue(refusal("beyond", "out float[9], int=9", "1", "9").contains("beyond at faulty.cu:")
                && refusal("beyond", "out float[9], int=9", "1", "9").contains(
                        "takes 3 arguments, (float*, const float*, int), not 2."));
        assertTrue(refusal("beyond", "float[9]=1, float[9]=1, float=9", "1", "9").contains(
                "has int for parameter 3, and argument 3 is float=9.0: give it int."));
        assertTrue(refusal("beyond", "double[9]=1, float[9]=1, int=9", "1", "9").contains("give it float."));
        assertTrue(refusal("beyond", "float=1, float[9]=1, int=9", "1", "9").contains("it takes an array, not a "
                + "number."));
        assertTrue(refusal("beyond", "float[9]=1, float[9]=1, int[1]=9", "1", "9").contains(
                "it takes a number, not an array."));
        assertTrue(refusal("beyond", "out float[9], out float[9]=1, int=9", "1", "9").contains("leave out 'out'"));
        assertTrue(refusal("misaligned", "out float[9], float[9]=1", "1", "1").contains("in groups of 4"));
    }

    @Test
    void launchesThatNoDeviceMakesAreRefused() {
        String given = "out float[9], float[9]=1, int=9";
        assertTrue(refusal("beyond", given, "1", "1025").contains("1025 threads; a block has at most 1024"));
        assertTrue(refusal("beyond", given, "1", "1x1x65").contains("at most 64 along z"));
        assertTrue(refusal("beyond", given, "1x65536", "1").contains("along y and z it has at most 65535"));
        assertTrue(assertThrows(UserException.class, () -> run(ORDINARY, "histogram",
                "uint8[1]=0, out uint[256]=zeros, uint64=1", "1", "32", "49153", KernelBench.Settings.USUAL, List.of()))
                .getMessage().contains("at most 49152"));
        assertTrue(refusal("hungry", "out float[9], float[9]=1, int=9", "1", "32x33").contains("1056 threads"));
    }

    @Test
    void arraysThatDoNotFitAreRefusedBeforeAnyIsAllocated() {
        assertTrue(refusal("beyond", "out float[9], float[2147483647x1000000]=1, int=9", "1", "9").contains(
                "The arrays take 8.6 PB, and Gimbal software device"));
        assertTrue(refusal("beyond", "float[2147483647x1000000000]=1, float[2147483647x1000000000]=1, int=9", "1", "9")
                .contains("Make them smaller"));
    }

    @Test
    void anArrayToCheckByMustBeTheOutputs() throws IOException {
        NumberArray other = NumberArray.read(floats("due.npy", new double[4], 2, 2));
        NumberArray whole = NumberArray.read(NpyBytes.write(folder.resolve("i.npy"), "<i4", (to, i) -> to.putInt(i),
                4));
        String given = "out float[4], float[4]=1, int=4";
        assertTrue(assertThrows(UserException.class, () -> run(FAULTY, "beyond", given, "1", "4", other)).getMessage()
                .contains("by an array of float32 of the shape [2, 2]"));
        assertTrue(assertThrows(UserException.class, () -> run(FAULTY, "beyond", given, "1", "4", whole)).getMessage()
                .contains("by an array of int32"));
        assertTrue(assertThrows(UserException.class, () -> run(FAULTY, "beyond", given, "1", "4", other, other))
                .getMessage().startsWith("2 arrays are given to check by, and 1 arguments are outputs"));
    }

    @Test
    void aKernelThatIsNotThereIsRefusedWithThoseThatAre() {
        String message = assertThrows(UserException.class, () -> compiled(ORDINARY, "reduce")).getMessage();
        assertEquals(ORDINARY + ": it has no kernel 'reduce'; its kernels are reduction, transpose, histogram, "
                + "layer_norm, stencil.", message);
        for (String hidden : List.of("mangled", "never_made")) {
            assertTrue(assertThrows(UserException.class, () -> compiled(FAULTY, hidden)).getMessage().contains(
                    "the kernel '" + hidden + "' is not extern \"C\""), hidden);
        }
    }

    @Test
    void aFileThatDoesNotCompileIsRefusedWithTheCompilersLogAndTheLine() throws IOException {
        Path file = Files.writeString(folder.resolve("wrong.cu"), "extern \"C\" __global__ void k(float* y) {\n"
                + "    y[0] = missing;\n}\n");
        String message = assertThrows(UserException.class, () -> compiled(file, "k")).getMessage();
        assertTrue(message.startsWith(file + ": NVRTC does not compile it for sm_90:\n"), message);
        assertTrue(message.contains("wrong.cu(2): error: identifier \"missing\" is undefined")
                && message.contains("y[0] = missing;"), message);
        assertThrows(UserException.class, () -> CudaFile.read(folder.resolve("none.cu")));
        assertThrows(UserException.class, () -> CudaFile.read(folder));
    }

    @Test
    void aFileMayIncludeWhatLiesBesideItAndCudasHeaders() throws IOException {
        Files.writeString(folder.resolve("own.cuh"), "using real = __nv_bfloat16;\n");
        Path file = Files.writeString(folder.resolve("includes.cu"), "#include <cuda_bf16.h>\n#include \"own.cuh\"\n"
                + "#define KERNEL extern \"C\" __global__ void\nKERNEL k(real* y, const real* x) {\n"
                + "    y[threadIdx.x] = __float2bfloat16(-__bfloat162float(x[threadIdx.x]));\n}");
        NumberArray due = NumberArray.read(floats("due.npy", new double[] {-1.5, -1.5, -1.5}, 3));
        assertPassed(run(file, "k", "out bf16[3], bf16[3]=1.5", "1", "3", due));
    }

    @Test
    void whatTheOtherKernelsOfAFileNeedDoesNotMatter() {
        assertEquals(List.of(), run(FAULTY, "beyond", "out float[4], float[4]=1, int=4", "1", "4").findings());
    }

    @Test
    void twoKernelsAreHeldAgainstEachOtherAndTimedInTurn() throws IOException {
        Path file = Files.writeString(folder.resolve("two.cu"), "extern \"C\" __global__ void half_of(float* y, const "
                + "float* x) { y[threadIdx.x] = x[threadIdx.x] / 2; }\nextern \"C\" __global__ void third_of(float* y, "
                + "const float* x) { y[threadIdx.x] = x[threadIdx.x] / (threadIdx.x == 7 ? 3 : 2); }\n");
        List<KernelArgument> arguments = KernelArgument.parse("out float[32], float[32]=random 1..2");
        KernelLaunch launch = KernelLaunch.parse("1", "32", "0");
        // The way of a GPU, on what takes no time of a GPU's.
        try (Device device = Device.open(DeviceKind.SOFT);
                KernelBench bench = new KernelBench(device, nvrtc, KernelBench.Settings.USUAL, true)) {
            KernelBench.Pair pair = bench.compare(compiled(file, "half_of"), compiled(file, "third_of"), arguments,
                    launch);
            assertEquals(List.of(1L, 7L), List.of(pair.own().checks().getFirst().wrong(),
                    pair.own().checks().getFirst().first()));
            List<MeasuredKernel.Times> times = new ArrayList<>();
            for (MeasuredKernel measured : List.of(pair.own(), pair.other())) {
                times.add(measured.times().orElseThrow());
                assertTrue(times.getLast().cold().least() > 0 && times.getLast().warm().least() > 0, times::toString);
                assertEquals(measured.bytes() / times.getLast().cold().median(), measured.bytesPerSecond());
            }
            assertEquals(times.get(1).cold().median() / times.get(0).cold().median(), pair.ratio());
            assertTrue(assertThrows(UserException.class, () -> bench.compare(compiled(file, "half_of"), compiled(file,
                    "third_of"), KernelArgument.parse("float[32]=1, float[32]=1"), launch)).getMessage().contains(
                    "no argument is an output"));
        }
    }
}
