package io.gimbal.device;

import io.gimbal.cuda.Compiler;
import io.gimbal.cuda.LibrarySearch;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The real NVRTC for an architecture, with PTX for an image: the text that the software device runs, with the lines of
 * the source that its instructions come from, which changes none of them. The log has what a GPU's code needs, since
 * whoever counts PTX asks for that, too, and one compilation tells both. It is kept on disk as a GPU's code is.
 * Thread-safe.
 */
record PtxCompiler(Compiler nvrtc, String architecture) implements Compiler {
    private static final Pattern ARCHITECTURE = Pattern.compile("sm_[1-9]\\d+[af]?");

    /**
     * Over the NVRTC that a GPU start would take.
     *
     * @throws IllegalArgumentException if that is no architecture's name
     * @throws IllegalStateException    if NVRTC cannot be loaded, with every place where it was looked for
     */
    static PtxCompiler find(String architecture) {
        if (!ARCHITECTURE.matcher(architecture).matches()) {
            throw new IllegalArgumentException("an architecture is written as sm_90 is, not '" + architecture + "'");
        }
        return over(NvrtcLibrary.find(LibrarySearch.ofProcess()), architecture);
    }

    static PtxCompiler over(NvrtcLibrary library, String architecture) {
        String refusal = library.refusal();
        if (!refusal.isEmpty()) {
            throw new IllegalStateException("no PTX can be made: " + refusal);
        }
        return new PtxCompiler(KeptKernels.over(library.compiler(), library.report()), architecture);
    }

    @Override
    public String version() {
        return nvrtc.version();
    }

    @Override
    public Compilation compile(String name, String source, List<Header> headers, List<String> options) {
        List<String> own = new ArrayList<>(options);
        own.add("--generate-line-info");
        own.add("--ptxas-options=-v");
        return compileToPtx(name, source, headers, own);
    }

    @Override
    public Compilation compileToPtx(String name, String source, List<Header> headers, List<String> options) {
        return nvrtc.compileToPtx(name, source, headers, options);
    }
}
