package io.gimbal.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import io.gimbal.device.Dim3;
import io.gimbal.picture.NpyBytes;
import io.gimbal.picture.NumberArray;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KernelArgumentTest {
    @TempDir
    private Path folder;

    private static double[] numbers(String text, long seed) {
        KernelArgument.Array array = (KernelArgument.Array) KernelArgument.parse(text).getFirst();
        ByteBuffer bytes = ByteBuffer.allocate((int) array.bytes()).order(ByteOrder.nativeOrder());
        new ArrayNumbers(array, seed).next(bytes);
        double[] numbers = new double[(int) array.count()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = array.type().value(bytes, i);
        }
        return numbers;
    }

    @Test
    void arraysAndNumbersAreWrittenByTypeShapeAndWhatTheyHold() throws IOException {
        List<KernelArgument> all = KernelArgument.parse("float[4096x1024]=random, out half[7], out int[2x3x4]=zeros,"
                + "int=-3 , double=1e-3, uint64=18446744073709551615, bool=1, bf16[5]=1.5");
        assertEquals(List.of("float[4096x1024]=random -1.0..1.0", "out half[7]", "out int[2x3x4]=0", "int=-3",
                "double=0.001", "uint64=-1", "bool=1", "bf16[5]=1.5"), all.stream().map(Object::toString).toList());
        assertEquals(4096L * 1024 * 4, ((KernelArgument.Array) all.getFirst()).bytes());
        assertEquals(-3, ((KernelArgument.Scalar) all.get(3)).argument());
        assertEquals(-1L, ((KernelArgument.Scalar) all.get(5)).argument());
        assertEquals(1.25f, ((KernelArgument.Scalar) KernelArgument.parse("float=1.25").getFirst()).argument());
        assertEquals(0x3c00, ((KernelArgument.Scalar) KernelArgument.parse("half=1").getFirst()).argument());
        assertEquals(List.of(), KernelArgument.parse(" "));
        Path file = NpyBytes.write(folder.resolve("x.npy"), "<i2", (to, i) -> to.putShort((short) (i - 2)), 2, 3);
        assertEquals(List.of(-2.0, 3.0), List.of(numbers("int16[2x3]=" + file, 1)[0], numbers("int16[2x3]=" + file,
                1)[5]));
    }

    @Test
    void whatIsRandomStaysInItsRangeAndIsTheSameForASeed() {
        for (String type : new String[] {"float", "half", "double", "bf16", "int", "uint8", "int64", "uint64"}) {
            double most = 0;
            double least = 10;
            for (double number : numbers(type + "[1000]=random 2..7", 5)) {
                most = Math.max(most, number);
                least = Math.min(least, number);
            }
            // Of a thousand numbers some lie within half a number of either end.
            assertTrue(least >= 2 && least < 2.5 && most <= 7 && most > 6.5, type + ": " + least + " to " + most);
        }
        assertEquals(numbers("float[9]=random", 5)[8], numbers("float[9]=random", 5)[8]);
        assertTrue(numbers("float[9]=random", 5)[8] != numbers("float[9]=random", 6)[8]);
        assertTrue(Double.isNaN(numbers("out float[1]", 1)[0]) && numbers("out int[1]", 1)[0] == -1);
        assertTrue(Double.isNaN(numbers("out bf16[1]", 1)[0]) && Double.isNaN(numbers("float[1]=nan", 1)[0]));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
        "flot[3]=random|there is no type 'flot'; there are bool, int8",
        "float|it has no value", "float[3]|what does it hold?", "out float=3|an output is an array",
        "float[0]=zeros|'0' is no shape", "float[3x]=zeros|is no shape", "float[-1]=zeros|is no shape",
        "float[99999999999]=zeros|is no shape", "float[2147483647x2147483647x2147483647]=zeros|is no shape",
        "int=1.5|'1.5' is no int", "int=2147483648|-2147483648 to 2147483647", "uint8=-1|0 to 255",
        "bool=2|0 to 1", "int=1e999999999|is no int", "float=one|'one' is no number", "float=1e50|beyond float",
        "half[2]=70000|beyond half", "float[2]=ones|nor random, zeros", "int[2]=random 3..1|empty or too wide",
        "float[2]=random 0..inf|empty or too wide", "float[2]=random nan..1|empty or too wide",
        "int64[2]=random -9223372036854775808..9223372036854775807|empty or too wide", "in float[2]|is written as",
        "float[2]=x.npy|no such file", "?|is written as"})
    void whatIsNoArgumentIsRefusedByItsNumber(String text, String part) {
        String message = assertThrows(UserException.class, () -> KernelArgument.parse("int=1," + text)).getMessage();
        assertTrue(message.contains(part), message);
        assertTrue(message.startsWith("Argument 2, ") || message.startsWith("x.npy"), message);
    }

    @Test
    void aFileOfAnotherTypeOrShapeIsRefused() throws IOException {
        Path file = NpyBytes.write(folder.resolve("x.npy"), "<f8", (to, i) -> to.putDouble(i), 6);
        assertTrue(assertThrows(UserException.class, () -> KernelArgument.parse("float[6]=" + file)).getMessage()
                .contains("has numbers of float64; float is float32"));
        assertTrue(assertThrows(UserException.class, () -> KernelArgument.parse("double[2x3]=" + file)).getMessage()
                .contains("has the shape [6], not [2, 3]"));
    }

    @Test
    void gridsFollowBlocks() {
        assertEquals(new KernelLaunch(new Dim3(40, 1, 1), new Dim3(256, 1, 1), 0), KernelLaunch.parse("40", "256",
                "0"));
        assertEquals(new Dim3(16, 64, 1), KernelLaunch.parse("ceil(512/block)xceil( 512 / block )", "32x8",
                "9").grid());
        assertEquals(new Dim3(4, 1, 2), KernelLaunch.parse("ceil(1000/256)x1x2", "1", "9").grid());
        assertEquals(new Dim3(7, 1, 1), KernelLaunch.parse("ceil(7/block)", "1", "0").grid());
        assertEquals("grid 7, block 32x8, 12 bytes shared", KernelLaunch.parse("7", "32x8", "12").toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "-1", "1x", "x1", "1x2x3x4", "ceil(0/block)", "ceil(5/0)", "ceil(5)", "2147483648",
        "n", "1.5"})
    void whatIsNoGridIsRefused(String grid) {
        assertTrue(assertThrows(UserException.class, () -> KernelLaunch.parse(grid, "1", "0")).getMessage()
                .startsWith("A grid of "));
        if (!grid.contains("ceil")) {
            assertTrue(assertThrows(UserException.class, () -> KernelLaunch.parse("1", grid, "0")).getMessage()
                    .startsWith("A block of "));
        }
    }

    @ParameterizedTest
    @CsvSource({"f,float", "PKf,const float*", "Pf,float*", "PVi,int*", "P6__half,half*", "Pv,void*", "PPf,float**",
        "i,int", "m,uint64", "PK13__nv_bfloat16,const bf16*", "P6float4,float4*", "P4Mine,Mine*"})
    void theCompilersTypesAreToldInWords(String mangled, String text) {
        assertEquals(text, CudaType.of(mangled).text());
        assertEquals(mangled.contains("K"), CudaType.of(mangled).readOnly());
    }

    private static OutputNumbers numbers(double... values) {
        return new OutputNumbers() {
            @Override
            public double value(long index) {
                return values[(int) index];
            }

            @Override
            public long bits(long index) {
                return Double.doubleToRawLongBits(values[(int) index]);
            }
        };
    }

    @Test
    void numbersAgreeWithinTheToleranceOrAsNaNs() {
        OutputNumbers found = numbers(1, 1000, Double.NaN, Double.POSITIVE_INFINITY, 0.5);
        OutputNumbers due = numbers(1, 1000.5, Double.NaN, Double.POSITIVE_INFINITY, 0.5);
        OutputCheck fine = OutputCheck.of(1, 5, 1e-3, true, found, due);
        assertTrue(fine.passed(), fine::text);
        assertEquals(0.5 / 1000.5, fine.worst(), 1e-12);
        OutputCheck wrong = OutputCheck.of(2, 5, 1e-4, true, found, due);
        assertEquals("Output 2 is wrong in 1 of 5 numbers by more than 1e-04: number 1 is 1000.0, where 1000.5 is due.",
                wrong.text());
        assertEquals(2, OutputCheck.of(1, 2, 1, true, numbers(Double.NaN, Double.NaN), numbers(0, 1)).wrong());
        assertEquals(1, OutputCheck.of(1, 1, 1e9, true, numbers(Double.POSITIVE_INFINITY), numbers(3)).wrong());
    }

    @Test
    void wholeNumbersThatADoubleDoesNotTellApartAreToldApart() throws IOException {
        long beyond = 1L << 60;
        NumberArray one = NumberArray.read(NpyBytes.write(folder.resolve("a.npy"), "<i8", (to, i) -> to.putLong(beyond),
                2));
        NumberArray other = NumberArray.read(NpyBytes.write(folder.resolve("b.npy"), "<i8", (to, i) ->
                to.putLong(beyond + i), 2));
        assertEquals(one.value(1), other.value(1));
        OutputCheck check = OutputCheck.of(1, 2, 0, false, OutputNumbers.of(one), OutputNumbers.of(other));
        assertEquals(List.of(1L, 1L), List.of(check.wrong(), check.first()));
        assertTrue(OutputCheck.of(1, 2, 0, false, OutputNumbers.of(one), OutputNumbers.of(one)).passed());
        Path most = NpyBytes.write(folder.resolve("c.npy"), "<u8", (to, i) -> to.putLong(-1), 1);
        assertEquals(18446744073709551615.0, NumberArray.read(most).value(0));
    }
}
