package io.gimbal.cuda;

import java.util.List;
import java.util.Objects;

/** NVRTC over any binding's C functions: it checks every status. */
public final class ThrowingCompiler implements Compiler {
    private static final int SUCCESS = 0;

    private final RawCompiler raw;

    /** Checks the calls of {@code raw}. */
    public ThrowingCompiler(RawCompiler raw) {
        this.raw = Objects.requireNonNull(raw, "raw is null");
    }

    @Override
    public String version() {
        int[] numbers = new int[2];
        int status = raw.version(numbers);
        if (status != SUCCESS) {
            throw Failures.ofCompiler("nvrtcVersion", status, "", "");
        }
        return numbers[0] + "." + numbers[1];
    }

    @Override
    public Compilation compile(String name, String source, List<Header> headers, List<String> options) {
        long[] program = new long[1];
        int status = raw.createProgram(program, source, name, headers);
        if (status != SUCCESS) {
            throw Failures.ofCompiler("nvrtcCreateProgram", status, name, "");
        }
        try {
            return compile(program[0], name, options);
        } finally {
            status = raw.destroyProgram(program[0]);
            if (status != SUCCESS) {
                throw Failures.ofCompiler("nvrtcDestroyProgram", status, "", "");
            }
        }
    }

    private Compilation compile(long program, String name, List<String> options) {
        int status = raw.compileProgram(program, options);
        String log = raw.log(program);
        if (status != SUCCESS) {
            throw Failures.ofCompiler("nvrtcCompileProgram", status, name + ", options " + options, log);
        }
        long[] size = new long[1];
        status = raw.cubinSize(program, size);
        if (status != SUCCESS) {
            throw Failures.ofCompiler("nvrtcGetCUBINSize", status, name, log);
        }
        if (size[0] == 0) {
            throw Failures.ofCompiler("nvrtcGetCUBINSize", status, name + ", options " + options,
                    "there is no CUBIN: --gpu-architecture must name a real architecture, such as sm_90");
        }
        byte[] image = new byte[Math.toIntExact(size[0])];
        status = raw.cubin(program, image);
        if (status != SUCCESS) {
            throw Failures.ofCompiler("nvrtcGetCUBIN", status, name, log);
        }
        return new Compilation(image, log);
    }
}
