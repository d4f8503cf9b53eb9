package io.gimbal.cuda;

import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;

/** NVRTC over any binding's C functions: it checks every status. */
public final class ThrowingCompiler implements Compiler {
    private static final int SUCCESS = 0;

    /**
     * What is asked of a program that has been compiled.
     *
     * @param function the C function that gives it; the one that tells its size has the same name with "Size" behind it
     */
    private record Product(String function, BiFunction<Long, long[], Integer> size,
                           BiFunction<Long, byte[], Integer> get) {}

    private final RawCompiler raw;
    private final Product cubin;
    private final Product ptx;

    /** Checks the calls of {@code raw}. */
    public ThrowingCompiler(RawCompiler raw) {
        this.raw = Objects.requireNonNull(raw, "raw is null");
        this.cubin = new Product("nvrtcGetCUBIN", raw::cubinSize, raw::cubin);
        this.ptx = new Product("nvrtcGetPTX", raw::ptxSize, raw::ptx);
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
        return compile(name, source, headers, options, cubin);
    }

    @Override
    public Compilation compileToPtx(String name, String source, List<Header> headers, List<String> options) {
        return compile(name, source, headers, options, ptx);
    }

    private Compilation compile(String name, String source, List<Header> headers, List<String> options,
            Product product) {
        long[] program = new long[1];
        int status = raw.createProgram(program, source, name, headers);
        if (status != SUCCESS) {
            throw Failures.ofCompiler("nvrtcCreateProgram", status, name, "");
        }
        try {
            return compile(program[0], name, options, product);
        } finally {
            status = raw.destroyProgram(program[0]);
            if (status != SUCCESS) {
                throw Failures.ofCompiler("nvrtcDestroyProgram", status, "", "");
            }
        }
    }

    private Compilation compile(long program, String name, List<String> options, Product product) {
        int status = raw.compileProgram(program, options);
        String log = raw.log(program);
        if (status != SUCCESS) {
            throw Failures.ofCompiler("nvrtcCompileProgram", status, name + ", options " + options, log);
        }
        long[] size = new long[1];
        String sizeFunction = product.function + "Size";
        status = product.size.apply(program, size);
        if (status != SUCCESS) {
            throw Failures.ofCompiler(sizeFunction, status, name, log);
        }
        if (size[0] == 0) {
            throw Failures.ofCompiler(sizeFunction, status, name + ", options " + options,
                    "there is none: --gpu-architecture must name a real architecture, such as sm_90");
        }
        byte[] image = new byte[Math.toIntExact(size[0])];
        status = product.get.apply(program, image);
        if (status != SUCCESS) {
            throw Failures.ofCompiler(product.function, status, name, log);
        }
        return new Compilation(image, log);
    }
}
