package io.gimbal.cuda.jcuda;

import io.gimbal.cuda.panama.SharedLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import jcuda.JCudaVersion;

/**
 * Loads JCuda's natives: from the class path, by way of a folder that only this process's user can enter and that is
 * gone when they are loaded. JCuda by itself unpacks them under a fixed name into the common temporary folder, and
 * takes what lies there already.
 */
final class JcudaNatives {
    private static final String TEMPORARY_FOLDER = "java.io.tmpdir";
    private static final Set<JcudaLibrary> LOADED = EnumSet.noneOf(JcudaLibrary.class);

    private JcudaNatives() {}

    /**
     * Loads the native of a library, if it is not loaded yet; what it asks for must be.
     *
     * @throws UnsatisfiedLinkError with one sentence that says what is missing and what to do
     */
    static synchronized void load(JcudaLibrary library) {
        if (LOADED.contains(library)) {
            return;
        }
        try {
            loadFromPrivateFolder(library, "lib" + nameOf(library) + ".so");
        } catch (IOException problem) {
            throw new UnsatisfiedLinkError("JCuda's native " + nameOf(library) + " could not be unpacked: " + problem
                    + "; java.io.tmpdir must name a folder that can be written to, or use --binding panama");
        } catch (NoClassDefFoundError missing) {
            throw new UnsatisfiedLinkError("JCuda is not on the class path (no class " + missing.getMessage()
                    + "): add org.jcuda:" + library.artifact().replace("-natives", "") + ", or use --binding panama");
        }
        LOADED.add(library);
    }

    /** Refuses where JCuda has no natives. */
    static void requirePlatform(String system, String architecture) {
        boolean linux = system.equals("Linux");
        if (!linux || !architecture.equals("amd64") && !architecture.equals("x86_64")) {
            throw new UnsatisfiedLinkError("JCuda has no natives for " + system + " on " + architecture
                    + " that Gimbal can use, only for Linux on x86-64: use --binding panama");
        }
    }

    private static String nameOf(JcudaLibrary library) {
        return library.stem() + "-" + JCudaVersion.get() + "-linux-x86_64";
    }

    private static void loadFromPrivateFolder(JcudaLibrary library, String file) throws IOException {
        try (InputStream resource = JcudaNatives.class.getClassLoader().getResourceAsStream("lib/" + file)) {
            if (resource == null) {
                throw new UnsatisfiedLinkError("JCuda's native " + file + " is not on the class path: add org.jcuda:"
                        + library.artifact() + ":" + JCudaVersion.get() + ":linux-x86_64, or use --binding panama");
            }
            PrivateFolder.unpacked(resource, file, unpacked -> {
                open(library, unpacked);
                useFrom(library, unpacked.getParent());
                return library;
            });
        }
    }

    /** Loads it before JCuda does, which would give a page of stack traces for a reason. */
    private static void open(JcudaLibrary library, Path unpacked) {
        try {
            SharedLibrary.openLazily(unpacked);
        } catch (UnsatisfiedLinkError refused) {
            throw new UnsatisfiedLinkError("JCuda's native cannot be loaded (" + refused.getMessage() + "): it needs "
                    + library.soname() + " as CUDA 12 and cuDNN 9 have it; install those, or use --binding panama");
        }
    }

    /** JCuda takes a native that lies in the temporary folder under the right name: for now, that is ours. */
    private static void useFrom(JcudaLibrary library, Path folder) {
        String before = System.setProperty(TEMPORARY_FOLDER, folder.toString());
        try {
            library.use();
        } finally {
            System.setProperty(TEMPORARY_FOLDER, before);
        }
    }
}
