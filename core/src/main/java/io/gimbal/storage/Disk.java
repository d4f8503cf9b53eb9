package io.gimbal.storage;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * What makes files outlast a power cut. An interrupt of the thread changes nothing here; the thread stays interrupted.
 */
public final class Disk {
    private Disk() {
    }

    /** Returns when all that was written into a file is on the disk. */
    public static void force(Path file) throws IOException {
        force(file, StandardOpenOption.WRITE);
    }

    /**
     * Returns when a folder's entries are on the disk: files that are new in it, or have another name. Not every system
     * lets a folder be opened; there they last without it.
     */
    public static void forceEntries(Path folder) {
        try {
            force(folder, StandardOpenOption.READ);
        } catch (IOException unsupported) {
            return;
        }
    }

    private static void force(Path path, OpenOption option) throws IOException {
        boolean interrupted = Thread.interrupted();
        try (FileChannel channel = FileChannel.open(path, option)) {
            channel.force(true);
        } catch (ClosedByInterruptException again) {
            force(path, option);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
