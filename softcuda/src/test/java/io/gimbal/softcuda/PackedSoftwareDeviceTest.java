package io.gimbal.softcuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.LibrarySearch;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class PackedSoftwareDeviceTest {
    @TempDir
    private Path folder;

    /** Each look for a device asks a new provider: where nothing can be kept, each would unpack a hundred megabytes. */
    @Test
    void aProcessThatCannotKeepItUnpacksItOnce() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "no folder");
        System.setProperty(PackedSoftwareDevice.PROPERTY, file.resolve("below").toString());
        try {
            LibrarySearch.Place first = new PackedSoftwareDevice().place();
            assertTrue(Files.exists(Path.of(first.load())), first.load());
            assertEquals(first, new PackedSoftwareDevice().place());
        } finally {
            System.clearProperty(PackedSoftwareDevice.PROPERTY);
        }
    }
}
