package io.gimbal.cuda.panama;

import static io.gimbal.cuda.panama.Calls.call;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.gimbal.cuda.Compiler;
import io.gimbal.cuda.NativeArrays;
import io.gimbal.cuda.RawCompiler;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** NVRTC by method handles. */
final class PanamaCompiler implements RawCompiler {
    private static final int SUCCESS = 0;

    private final CompilerFunctions functions;
    private final PtxFunctions ptxFunctions;

    PanamaCompiler(SharedLibrary library) {
        this.functions = NativeLoader.bind(CompilerFunctions.class, library);
        this.ptxFunctions = NativeLoader.bind(PtxFunctions.class, library);
    }

    @Override
    public int version(int[] majorAndMinor) {
        return NativeArrays.ints(majorAndMinor, 2, out -> call(functions.version(), out, out + Integer.BYTES));
    }

    @Override
    public int createProgram(long[] program, String source, String name, List<Compiler.Header> headers) {
        try (Arena arena = Arena.ofConfined()) {
            long texts = strings(arena, headers.stream().map(Compiler.Header::text).toList());
            long names = strings(arena, headers.stream().map(Compiler.Header::name).toList());
            long sourceText = arena.allocateFrom(source).address();
            long nameText = arena.allocateFrom(name).address();
            return NativeArrays.longs(program, 1, out -> call(functions.createProgram(), out, sourceText, nameText,
                    headers.size(), texts, names));
        }
    }

    @Override
    public int destroyProgram(long program) {
        return NativeArrays.longs(new long[] {program}, 1, out -> call(functions.destroyProgram(), out));
    }

    @Override
    public int compileProgram(long program, List<String> options) {
        try (Arena arena = Arena.ofConfined()) {
            return call(functions.compileProgram(), program, options.size(), strings(arena, options));
        }
    }

    @Override
    public String log(long program) {
        long[] size = new long[1];
        int status = NativeArrays.longs(size, 1, out -> call(functions.programLogSize(), program, out));
        if (status != SUCCESS || size[0] == 0) {
            return "";
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment log = arena.allocate(size[0]);
            return call(functions.programLog(), program, log.address()) == SUCCESS ? log.getString(0) : "";
        }
    }

    @Override
    public int cubinSize(long program, long[] bytes) {
        return NativeArrays.longs(bytes, 1, out -> call(functions.cubinSize(), program, out));
    }

    @Override
    public int cubin(long program, byte[] image) {
        return NativeArrays.bytes(image, out -> call(functions.cubin(), program, out));
    }

    @Override
    public int ptxSize(long program, long[] bytes) {
        return NativeArrays.longs(bytes, 1, out -> call(ptxFunctions.ptxSize(), program, out));
    }

    @Override
    public int ptx(long program, byte[] text) {
        return NativeArrays.bytes(text, out -> call(ptxFunctions.ptx(), program, out));
    }

    private static long strings(Arena arena, List<String> texts) {
        MemorySegment pointers = arena.allocate(JAVA_LONG, Math.max(1, texts.size()));
        for (int i = 0; i < texts.size(); i++) {
            pointers.setAtIndex(JAVA_LONG, i, arena.allocateFrom(texts.get(i)).address());
        }
        return pointers.address();
    }
}
