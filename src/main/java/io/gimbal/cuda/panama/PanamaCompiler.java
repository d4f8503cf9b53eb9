package io.gimbal.cuda.panama;

import static io.gimbal.cuda.panama.Calls.call;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.gimbal.cuda.Compiler;
import io.gimbal.cuda.Failures;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** NVRTC by method handles. */
final class PanamaCompiler implements Compiler {
    private static final int SUCCESS = 0;

    private final CompilerFunctions functions;

    PanamaCompiler(SharedLibrary library) {
        this.functions = NativeLoader.bind(CompilerFunctions.class, library);
    }

    @Override
    public String version() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment numbers = arena.allocate(JAVA_INT, 2);
            int status = call(functions.version(), numbers.address(), numbers.address() + Integer.BYTES);
            if (status != SUCCESS) {
                throw Failures.ofCompiler("nvrtcVersion", status, "", "");
            }
            return numbers.getAtIndex(JAVA_INT, 0) + "." + numbers.getAtIndex(JAVA_INT, 1);
        }
    }

    @Override
    public Compilation compile(String name, String source, List<Header> headers, List<String> options) {
        try (Arena arena = Arena.ofConfined()) {
            long program = create(arena, name, source, headers);
            try {
                return compile(arena, program, name, options);
            } finally {
                destroy(arena, program);
            }
        }
    }

    private long create(Arena arena, String name, String source, List<Header> headers) {
        MemorySegment program = arena.allocate(JAVA_LONG);
        long texts = strings(arena, headers.stream().map(Header::text).toList());
        long names = strings(arena, headers.stream().map(Header::name).toList());
        int status = call(functions.createProgram(), program.address(), arena.allocateFrom(source).address(),
                arena.allocateFrom(name).address(), headers.size(), texts, names);
        if (status != SUCCESS) {
            throw Failures.ofCompiler("nvrtcCreateProgram", status, name, "");
        }
        return program.get(JAVA_LONG, 0);
    }

    private Compilation compile(Arena arena, long program, String name, List<String> options) {
        int status = call(functions.compileProgram(), program, options.size(), strings(arena, options));
        String log = log(arena, program);
        if (status != SUCCESS) {
            throw Failures.ofCompiler("nvrtcCompileProgram", status, name + ", options " + options, log);
        }
        MemorySegment size = arena.allocate(JAVA_LONG);
        status = call(functions.cubinSize(), program, size.address());
        if (status != SUCCESS) {
            throw Failures.ofCompiler("nvrtcGetCUBINSize", status, name, log);
        }
        MemorySegment image = arena.allocate(Math.max(1, size.get(JAVA_LONG, 0)));
        status = call(functions.cubin(), program, image.address());
        if (status != SUCCESS) {
            throw Failures.ofCompiler("nvrtcGetCUBIN", status, name, log);
        }
        if (size.get(JAVA_LONG, 0) == 0) {
            throw Failures.ofCompiler("nvrtcGetCUBIN", status, name + ", options " + options,
                    "there is no CUBIN: --gpu-architecture must name a real architecture, such as sm_90");
        }
        return new Compilation(image.toArray(JAVA_BYTE), log);
    }

    private String log(Arena arena, long program) {
        MemorySegment size = arena.allocate(JAVA_LONG);
        if (call(functions.programLogSize(), program, size.address()) != SUCCESS || size.get(JAVA_LONG, 0) == 0) {
            return "";
        }
        MemorySegment log = arena.allocate(size.get(JAVA_LONG, 0));
        return call(functions.programLog(), program, log.address()) == SUCCESS ? log.getString(0) : "";
    }

    private void destroy(Arena arena, long program) {
        MemorySegment pointer = arena.allocate(JAVA_LONG);
        pointer.set(JAVA_LONG, 0, program);
        int status = call(functions.destroyProgram(), pointer.address());
        if (status != SUCCESS) {
            throw Failures.ofCompiler("nvrtcDestroyProgram", status, "", "");
        }
    }

    private static long strings(Arena arena, List<String> texts) {
        MemorySegment pointers = arena.allocate(JAVA_LONG, Math.max(1, texts.size()));
        for (int i = 0; i < texts.size(); i++) {
            pointers.setAtIndex(JAVA_LONG, i, arena.allocateFrom(texts.get(i)).address());
        }
        return pointers.address();
    }
}
