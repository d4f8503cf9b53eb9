package io.gimbal.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.LibraryReport;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.cuda.NativeArrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** PTX by the real NVRTC. */
class PtxCompilerTest {
    @Test
    void thePtxIsTheOneThatIsMadeOnTheWayToAGpusCodeWithTheLinesOfTheSource() {
        PtxUnderTest.assumeNvrtc();
        KernelSource source = KernelSource.read("optimizer");
        PtxCompiler compiler = PtxCompiler.find(PtxUnderTest.architecture());
        List<String> options = KernelOptions.forArchitecture(compiler.architecture());
        String onTheWay = NativeArrays.text(compiler.nvrtc().compileToPtx(source.file(), source.text(),
                source.headers(), options).image());
        String image = NativeArrays.text(compiler.compile(source.file(), source.text(), source.headers(),
                options).image());
        assertEquals(instructions(onTheWay), instructions(image));
        assertTrue(image.contains("/optimizer.cu\""), "the source's name");
        assertTrue(image.contains("\t.loc\t"), "the source's lines");
    }

    /** The lines that say what is done, and not where it stands. */
    private static List<String> instructions(String ptx) {
        return ptx.lines().map(String::strip).filter(line -> line.endsWith(";")).toList();
    }

    @Test
    void withoutNvrtcItIsRefusedWithEveryPlaceAndWhatToInstall() {
        NvrtcLibrary missing = new NvrtcLibrary(NvrtcLibrary.find(LibrarySearch.ofProcess()).compiler(),
                new LibraryReport("NVRTC", null, List.of(new LibraryReport.Attempt("libnvrtc.so.13", "not there"))));
        assertEquals("no PTX can be made: NVRTC could not be loaded. Tried:\n  libnvrtc.so.13: not there\n"
                + "Install NVIDIA's wheels (pip install --no-deps --target FOLDER nvidia-cuda-nvrtc) and name their "
                + "folder in GIMBAL_NVIDIA.",
                assertThrows(IllegalStateException.class, () -> PtxCompiler.over(missing, "sm_90")).getMessage());
    }

    @Test
    void whatIsNoArchitectureIsRefused() {
        for (String wrong : new String[] {"", "90", "compute_90", "sm_90 ", "sm_90\n"}) {
            String message = assertThrows(IllegalArgumentException.class, () -> Device.openPtx(wrong)).getMessage();
            assertEquals("an architecture is written as sm_90 is, not '" + wrong + "'", message);
        }
    }
}
