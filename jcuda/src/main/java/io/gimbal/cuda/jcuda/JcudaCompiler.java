package io.gimbal.cuda.jcuda;

import static io.gimbal.cuda.jcuda.NativePointers.get;
import static io.gimbal.cuda.jcuda.NativePointers.set;

import io.gimbal.cuda.Compiler;
import io.gimbal.cuda.RawCompiler;
import java.nio.charset.StandardCharsets;
import java.util.List;
import jcuda.nvrtc.JNvrtc;
import jcuda.nvrtc.nvrtcProgram;
import jcuda.nvrtc.nvrtcResult;

/** NVRTC by JCuda. */
final class JcudaCompiler implements RawCompiler {
    private static final int SUCCESS = 0;

    @Override
    public int version(int[] majorAndMinor) {
        int[] minor = new int[1];
        int status = status(() -> JNvrtc.nvrtcVersion(majorAndMinor, minor));
        majorAndMinor[1] = minor[0];
        return status;
    }

    @Override
    public int createProgram(long[] program, String source, String name, List<Compiler.Header> headers) {
        nvrtcProgram created = new nvrtcProgram();
        int status = status(() -> JNvrtc.nvrtcCreateProgram(created, source, name, headers.size(),
                headers.stream().map(Compiler.Header::text).toArray(String[]::new),
                headers.stream().map(Compiler.Header::name).toArray(String[]::new)));
        program[0] = get(created);
        return status;
    }

    @Override
    public int destroyProgram(long program) {
        return status(() -> JNvrtc.nvrtcDestroyProgram(of(program)));
    }

    @Override
    public int compileProgram(long program, List<String> options) {
        return status(() -> JNvrtc.nvrtcCompileProgram(of(program), options.size(), options.toArray(String[]::new)));
    }

    @Override
    public String log(long program) {
        String[] log = new String[1];
        return status(() -> JNvrtc.nvrtcGetProgramLog(of(program), log)) == SUCCESS && log[0] != null ? log[0] : "";
    }

    @Override
    public int cubinSize(long program, long[] bytes) {
        return status(() -> JNvrtc.nvrtcGetCUBINSize(of(program), bytes));
    }

    @Override
    public int cubin(long program, byte[] image) {
        return status(() -> JNvrtc.nvrtcGetCUBIN(of(program), image));
    }

    @Override
    public int ptxSize(long program, long[] bytes) {
        return status(() -> JNvrtc.nvrtcGetPTXSize(of(program), bytes));
    }

    @Override
    public int ptx(long program, byte[] text) {
        String[] read = new String[1];
        int status = status(() -> JNvrtc.nvrtcGetPTX(of(program), read));
        if (status == SUCCESS) {
            byte[] bytes = read[0].getBytes(StandardCharsets.UTF_8);
            System.arraycopy(bytes, 0, text, 0, bytes.length);
            text[bytes.length] = 0;
        }
        return status;
    }

    private static int status(ThrownStatus.Call call) {
        return ThrownStatus.of(call, nvrtcResult::stringFor);
    }

    private static nvrtcProgram of(long program) {
        return set(new nvrtcProgram(), program);
    }
}
