package io.gimbal.cuda.jcuda;

import io.gimbal.cuda.LibrarySearch;
import io.gimbal.cuda.panama.ForwardingLibrary;
import io.gimbal.cuda.panama.SharedLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * Sees to it that what one of JCuda's natives asks for by soname is the library that Gimbal found: that library itself
 * where it bears the soname, else a library of {@code native/forward}, which does and calls it.
 */
final class Forwarder {
    private static final Map<JcudaLibrary, String> TARGETS = new EnumMap<>(JcudaLibrary.class);

    private Forwarder() {}

    /**
     * Lets the native's soname stand for the library in the file {@code target} from now on, in this process.
     *
     * @throws UnsatisfiedLinkError with one sentence, if it stands for another already, or there is no forwarder
     */
    static synchronized void stand(JcudaLibrary library, String target) {
        String forwarded = TARGETS.get(library);
        if (forwarded != null) {
            requireSame(library, forwarded, target);
            return;
        }
        Optional<String> bearer = SharedLibrary.loadedFile(library.soname(), library.witness());
        if (bearer.isPresent()) {
            // It may be a forwarder that another class loader's Gimbal loaded: then it serves this one's JCuda, too.
            requireSame(library, ForwardingLibrary.behind(bearer.get()), target);
            return;
        }
        opened(library.soname()).forwardTo(target);
        TARGETS.put(library, target);
    }

    private static void requireSame(JcudaLibrary library, String bound, String target) {
        if (!real(bound).equals(real(target))) {
            throw new UnsatisfiedLinkError("JCuda's " + library.stem() + " takes its " + library.soname() + " from "
                    + bound + ", which is loaded already, and cannot be moved to " + target
                    + " in the same process: use that one alone, or use --binding panama");
        }
    }

    private static Path real(String file) {
        return LibrarySearch.real(Path.of(file).toAbsolutePath().normalize());
    }

    private static ForwardingLibrary opened(String soname) {
        try (InputStream resource = Forwarder.class.getResourceAsStream("linux-x86_64/" + soname)) {
            if (resource == null) {
                throw new UnsatisfiedLinkError("JCuda asks for " + soname + ", which is not here, and gimbal-jcuda has "
                        + "none that could stand in for it: install CUDA 12 and cuDNN 9, build Gimbal anew, or use "
                        + "--binding panama");
            }
            return PrivateFolder.unpacked(resource, soname, ForwardingLibrary::new);
        } catch (IOException problem) {
            throw new UnsatisfiedLinkError("gimbal-jcuda's " + soname + " could not be unpacked: " + problem
                    + "; java.io.tmpdir must name a folder that can be written to, or use --binding panama");
        }
    }
}
