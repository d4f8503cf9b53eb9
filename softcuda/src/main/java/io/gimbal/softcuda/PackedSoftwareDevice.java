package io.gimbal.softcuda;

import io.gimbal.cuda.CacheFolder;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.cuda.SoftwareProvider;
import io.gimbal.cuda.SoftwareSearch;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The software device of this jar, unpacked once for a user: into the folder that the system property {@value
 * #PROPERTY} or else the environment variable {@value #VARIABLE} names, else into {@code gimbal/softcuda} below {@code
 * XDG_CACHE_HOME} or {@code ~/.cache}; where that cannot be written, for this process alone. Thread-safe.
 */
public final class PackedSoftwareDevice implements SoftwareProvider {
    /** System property with the folder. */
    static final String PROPERTY = "gimbal.softcuda.folder";
    /** Environment variable with the folder. */
    static final String VARIABLE = "GIMBAL_SOFTCUDA_FOLDER";

    private static final String NAME = "io.gimbal:gimbal-softcuda";
    private static final String RESOURCES = "linux-x86_64/";
    private static final CacheFolder FOLDER = new CacheFolder(PROPERTY, VARIABLE, "softcuda");

    /** Once it is unpacked; asked for at each look for a device, each time of another object of this class. */
    private static LibrarySearch.Place unpacked;

    @Override
    public LibrarySearch.Place place() {
        synchronized (PackedSoftwareDevice.class) {
            if (unpacked == null || unpacked.load() == null) {
                unpacked = find();
            }
            return unpacked;
        }
    }

    private static LibrarySearch.Place find() {
        String system = System.getProperty("os.name");
        String architecture = System.getProperty("os.arch");
        if (!system.equals("Linux") || !architecture.equals("amd64")) {
            return new LibrarySearch.Place(NAME, null, "which is for Linux on amd64, and this is " + system + " on "
                    + architecture);
        }
        try {
            PackedFiles files = new PackedFiles(
                    name -> PackedSoftwareDevice.class.getResourceAsStream(RESOURCES + name));
            Path library = files.unpacked(FOLDER.ofProcess()).resolve(SoftwareSearch.FILE);
            return new LibrarySearch.Place(library.toString(), library.toString(), "unpacked from " + NAME);
        } catch (IOException problem) {
            return new LibrarySearch.Place(NAME, null, "which could not be unpacked: " + problem + "; let " + PROPERTY
                    + " or " + VARIABLE + " name a folder that can be written to");
        }
    }
}
