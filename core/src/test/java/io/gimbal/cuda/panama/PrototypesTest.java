package io.gimbal.cuda.panama;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.NvidiaHeaders;
import io.gimbal.cuda.SoftwareSearch;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds every bound function against its prototype in NVIDIA's headers, and in the software device's own. */
class PrototypesTest {
    /** What a GPU's libraries and the software device have in common. */
    private static final List<Class<? extends Record>> CUDA =
            List.of(DriverFunctions.class, CompilerFunctions.class, BlasFunctions.class, DnnFunctions.class,
            LastDnnErrorFunctions.class, CollectiveFunctions.class);

    @ParameterizedTest
    @CsvSource({"cuda.h,DriverFunctions", "nvrtc.h,CompilerFunctions", "nvrtc.h,PtxFunctions",
            "cublas_api.h,BlasFunctions", "cudnn_graph.h,DnnFunctions", "cudnn_graph.h,LastDnnErrorFunctions",
            "nccl.h,CollectiveFunctions"})
    void everyBoundFunctionHasThePrototypeOfTheRealHeader(String header, String functions) throws IOException {
        check(real(header), record(functions));
    }

    /** Also those that Gimbal does not call: programs that use CUDA already do. */
    @Test
    void everyFunctionOfTheSoftwareDevicesDriverHasThePrototypeOfTheRealHeader() throws IOException {
        HeaderParser real = real("cuda.h");
        HeaderParser software = new HeaderParser();
        software.parse(Files.readString(Path.of("native", "softcuda", "softcuda.h")));
        List<String> names = software.names().stream().filter(name -> name.startsWith("cu")).toList();
        assertTrue(names.contains("cuCtxCreate_v2"), names.toString());
        assertAll(names.stream().map(name -> () -> {
            assertTrue(real.declares(name), name + " is not declared");
            assertEquals(real.takes(name), software.takes(name), () -> "arguments of " + name);
            assertEquals(real.returns(name), software.returns(name), () -> "what " + name + " returns");
        }));
    }

    private static HeaderParser real(String header) throws IOException {
        HeaderParser parser = new HeaderParser();
        parser.parse(NvidiaHeaders.read(header));
        return parser;
    }

    @Test
    void everyBoundFunctionHasThePrototypeOfTheSoftwareDevicesHeaders() throws IOException {
        HeaderParser parser = new HeaderParser();
        try (Stream<Path> headers = Files.list(Path.of("native", "softcuda"))) {
            for (Path header : headers.filter(path -> path.toString().endsWith(".h")).sorted().toList()) {
                parser.parse(Files.readString(header));
            }
        }
        for (Class<? extends Record> functions : CUDA) {
            check(parser, functions);
        }
        check(parser, SwitchFunctions.class);
    }

    @Test
    void theSoftwareDeviceExportsEveryBoundFunctionByEachOfItsNames() {
        SharedLibrary library = SharedLibrary.open("software device", SoftwareSearch.places(), List.of(),
                NativeLoader.names(SwitchFunctions.class));
        assertTrue(library.report().loaded(), library.report().describe());
        List<Class<? extends Record>> all = new ArrayList<>(CUDA);
        all.add(SwitchFunctions.class);
        List<Executable> checks = new ArrayList<>();
        for (Class<? extends Record> functions : all) {
            for (C prototype : prototypes(functions)) {
                for (String name : prototype.name()) {
                    checks.add(() -> assertTrue(library.symbol(name).address() != 0, name + " is not exported"));
                }
            }
        }
        assertAll(checks);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "#define cuMemAlloc cuMemAlloc_v2\ntypedef unsigned long long CUdeviceptr;\n"
            + "CUresult CUDAAPI cuMemAlloc(CUdeviceptr *dptr, size_t bytesize);\n#undef cuMemAlloc\n"
            + "CUresult CUDAAPI cuMemAlloc(unsigned int *dptr, unsigned int bytesize);"})
    void theParserFollowsRenamingMacros(String header) {
        HeaderParser parser = new HeaderParser();
        parser.parse("typedef enum cudaError_enum { A = 0, B } CUresult;\n" + header);
        assertEquals(List.of(CType.POINTER, CType.SIZE), parser.takes("cuMemAlloc_v2"));
        assertEquals(List.of(CType.POINTER, CType.INT), parser.takes("cuMemAlloc"));
        assertEquals(CType.INT, parser.returns("cuMemAlloc"));
    }

    private static void check(HeaderParser parser, Class<? extends Record> functions) {
        List<Executable> checks = new ArrayList<>();
        for (C prototype : prototypes(functions)) {
            for (String name : prototype.name()) {
                checks.add(() -> {
                    assertTrue(parser.declares(name), name + " is not declared");
                    assertEquals(Arrays.asList(prototype.takes()), parser.takes(name), () -> "arguments of " + name);
                    assertEquals(prototype.returns(), parser.returns(name), () -> "what " + name + " returns");
                });
            }
        }
        assertAll(functions.getSimpleName(), checks);
    }

    private static List<C> prototypes(Class<? extends Record> functions) {
        return Arrays.stream(functions.getRecordComponents()).map((RecordComponent component) ->
                component.getAnnotation(C.class)).toList();
    }

    private static Class<? extends Record> record(String simpleName) {
        return Stream.concat(CUDA.stream(), Stream.of(PtxFunctions.class))
                .filter(type -> type.getSimpleName().equals(simpleName)).findFirst().orElseThrow();
    }
}
