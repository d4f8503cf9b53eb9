package io.gimbal.device;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gimbal.cuda.Compiler;
import io.gimbal.cuda.LibrarySearch;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/**
 * The device of tests that run the GPU's own code ({@link Device#openPtx}); they are skipped where the real NVRTC is
 * not installed. The system property {@value #PROPERTY} says for which architecture; the default is sm_90.
 */
public final class PtxUnderTest {
    /** System property with the architecture. */
    public static final String PROPERTY = "gimbal.test.ptx";

    private PtxUnderTest() {}

    /** The architecture that PTX is made for. */
    public static String architecture() {
        return System.getProperty(PROPERTY, "sm_90");
    }

    /** Skips the test where NVRTC is not installed; says what to install. */
    public static void assumeNvrtc() {
        String refusal = NvrtcLibrary.find(LibrarySearch.ofProcess()).refusal();
        assumeTrue(refusal.isEmpty(), refusal);
    }

    /** Opens it. What has been compiled once is not compiled again, not even by another process of a build. */
    public static Device open() {
        return Device.openPtx(checkedArchitecture());
    }

    private static String checkedArchitecture() {
        assumeNvrtc();
        return architecture();
    }

    /**
     * Opens one that runs other kernels, which are not kept on disk.
     *
     * @param change what becomes of the text of each source and header before NVRTC sees it
     */
    public static Device open(UnaryOperator<String> change) {
        String architecture = checkedArchitecture();
        return DeviceChoice.openPtx(new PtxCompiler(new Changing(NvrtcLibrary.find(LibrarySearch.ofProcess())
                .compiler(), change), architecture));
    }

    /** NVRTC with the texts changed, and what was compiled kept. */
    private record Changing(Compiler nvrtc, UnaryOperator<String> change) implements Compiler {
        private static final Map<List<Object>, Compilation> COMPILED = new ConcurrentHashMap<>();

        @Override
        public String version() {
            return nvrtc.version();
        }

        @Override
        public Compilation compile(String name, String source, List<Header> headers, List<String> options) {
            return nvrtc.compile(name, source, headers, options);
        }

        @Override
        public Compilation compileToPtx(String name, String source, List<Header> headers, List<String> options) {
            String text = change.apply(source);
            List<Header> texts = headers.stream().map(header -> new Header(header.name(), change.apply(header.text())))
                    .toList();
            return COMPILED.computeIfAbsent(List.of(name, text, texts, options), unused ->
                    nvrtc.compileToPtx(name, text, texts, options));
        }
    }
}
