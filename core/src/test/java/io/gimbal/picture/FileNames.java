package io.gimbal.picture;

import org.junit.jupiter.api.Assumptions;

/** Names of files in letters that not every locale can write. */
public final class FileNames {
    private FileNames() { }

    /** Leaves the test out where this process's locale cannot name such a file. */
    public static void assumeWritable(String name) {
        Assumptions.assumeTrue("UTF-8".equals(System.getProperty("sun.jnu.encoding"))
                || name.chars().allMatch(letter -> letter < 128), "this locale cannot name such files");
    }
}
