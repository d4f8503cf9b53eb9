package io.gimbal.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds the table of statuses against NVIDIA's headers and the software device's own. */
class StatusesTest {
    private static final Path SOFTWARE = Path.of("native", "softcuda");

    @ParameterizedTest
    @CsvSource({"cuda.h,CUresult,CUDA_ERROR_KEY_ROTATION",
            "nvrtc.h,nvrtcResult,NVRTC_ERROR_TIME_TRACE_FILE_WRITE_FAILED",
            "cublas_api.h,cublasStatus_t,CUBLAS_STATUS_LICENSE_ERROR",
            "cudnn_graph.h,cudnnStatus_t,CUDNN_STATUS_NOT_SUPPORTED_INVALID_DYNAMIC_SHAPE",
            "nccl.h,ncclResult_t,ncclTimeout"})
    void theTableIsTheEnumerationOfTheRealHeader(String header, String type, String newest) throws IOException {
        SortedMap<Integer, String> real = EnumReader.read(NvidiaHeaders.read(header), type);
        assertHolds(real, statuses(type));
        assumeTrue(real.containsValue(newest), () -> header + " is older than the table, which holds all of its "
                + type + " and more: it has no " + newest);
        SortedMap<Integer, String> invented = new TreeMap<>(statuses(type).names());
        invented.keySet().removeAll(real.keySet());
        assertEquals(Map.of(), invented, "statuses of statuses.txt that " + header + " does not have");
    }

    @ParameterizedTest
    @CsvSource({"softcuda.h,nvrtcResult", "blas_api.h,cublasStatus_t", "dnn_api.h,cudnnStatus_t",
            "nccl_api.h,ncclResult_t"})
    void theTableHoldsTheStatusesOfTheSoftwareDevice(String header, String type) throws IOException {
        SortedMap<Integer, String> own = EnumReader.read(Files.readString(SOFTWARE.resolve(header)), type);
        assertFalse(own.isEmpty());
        assertHolds(own, statuses(type));
    }

    @Test
    void theTableHoldsTheDriversStatusesOfTheSoftwareDevice() throws IOException {
        SortedMap<Integer, String> own = new TreeMap<>();
        Matcher status = Pattern.compile("X\\((CUDA_\\w+), (\\d+), ")
                .matcher(Files.readString(SOFTWARE.resolve("statuses.h")));
        while (status.find()) {
            own.put(Integer.parseInt(status.group(2)), status.group(1));
        }
        assertFalse(own.isEmpty());
        assertHolds(own, Statuses.DRIVER);
    }

    @Test
    void cudnnsStatusesAreThoseOfTheRunningVersion() {
        assertEquals("CUDNN_STATUS_NOT_SUPPORTED", Statuses.ofDnn(8907).name(9));
        assertEquals("CUDNN_STATUS_VERSION_MISMATCH", Statuses.ofDnn(89999).name(14));
        assertEquals(Statuses.UNKNOWN, Statuses.ofDnn(8907).name(3000));
        assertEquals("CUDNN_STATUS_NOT_SUPPORTED", Statuses.ofDnn(90000).name(3000));
        assertEquals("CUDNN_STATUS_NOT_SUPPORTED_ARCH_MISMATCH", Statuses.ofDnn(92400).name(3007));
        assertEquals(Statuses.UNKNOWN, Statuses.ofDnn(92400).name(9));
    }

    @Test
    void theStatusesOfCudnn8AreNumberedFrom0To14() {
        SortedMap<Integer, String> names = Statuses.ofDnn(8907).names();
        assertEquals(15, names.size());
        assertEquals(0, names.firstKey());
        assertEquals(14, names.lastKey());
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 35, 998, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void aStatusThatTheTableLacksIsToldAsUnknown(int status) {
        assertEquals("a status that Gimbal does not know", Statuses.DRIVER.name(status));
    }

    @Test
    void noOneChangesTheTable() {
        assertThrows(UnsupportedOperationException.class, () -> Statuses.DRIVER.names().put(0, "CUDA_ERROR"));
    }

    @Test
    void theReaderFollowsAliasesMacrosCommentsAndNumbersLeftOut() {
        SortedMap<Integer, String> read = EnumReader.read("typedef enum { OTHER = 7 } other;\n"
                + "typedef enum {\n /* A = 1, */ A = 0, // first\n B,\n C OLD = 0x10 /* 16 */,\n D OLD = B,\n E\n}"
                + " type;", "type");
        assertEquals(Map.of(0, "A", 1, "B", 16, "C", 2, "E"), read);
    }

    private static Statuses statuses(String type) {
        return switch (type) {
            case "CUresult" -> Statuses.DRIVER;
            case "nvrtcResult" -> Statuses.COMPILER;
            case "cublasStatus_t" -> Statuses.BLAS;
            case "ncclResult_t" -> Statuses.COLLECTIVES;
            case "cudnnStatus_t" -> Statuses.ofDnn(90000);
            default -> throw new IllegalArgumentException(type);
        };
    }

    private static void assertHolds(SortedMap<Integer, String> expected, Statuses statuses) {
        SortedMap<Integer, String> wrong = new TreeMap<>(expected);
        wrong.entrySet().removeIf(status -> status.getValue().equals(statuses.name(status.getKey())));
        assertEquals(Map.of(), wrong, "statuses that statuses.txt lacks or names otherwise");
    }
}
