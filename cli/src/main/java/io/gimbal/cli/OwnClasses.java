package io.gimbal.cli;

import io.gimbal.device.Device;
import io.gimbal.shaded.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.List;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;

/**
 * Loads every class of Gimbal's jars early in a long run, in the background: a jar that is written anew under the run
 * would take away those that are asked for at its end. A build puts a new jar in the old one's place, which does no
 * harm; what else copies jars may not.
 */
final class OwnClasses {
    private static final String SUFFIX = ".class";

    private OwnClasses() {}

    static void loadInBackground() {
        Thread thread = new Thread(OwnClasses::loadWhatFits, "gimbal-classes");
        thread.setDaemon(true);
        thread.setPriority(Thread.MIN_PRIORITY);
        thread.start();
    }

    private static void loadWhatFits() {
        try {
            List.of(OwnClasses.class, Device.class, JsonNode.class).forEach(OwnClasses::loadTheJarOf);
        } catch (OutOfMemoryError full) {
            // The work itself meets the full heap, too, if it needs more of it, and tells of it in a sentence.
        }
    }

    private static void loadTheJarOf(Class<?> type) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        try {
            Path file = Path.of(source.getLocation().toURI());
            if (!Files.isRegularFile(file)) {
                return;
            }
            try (JarFile jar = new JarFile(file.toFile())) {
                jar.stream().map(ZipEntry::getName).filter(name -> name.endsWith(SUFFIX)).forEach(OwnClasses::load);
            }
        } catch (IOException | URISyntaxException | RuntimeException unreadable) {
            // What cannot be loaded ahead is loaded when it is needed, and missed by name then.
        }
    }

    private static void load(String entry) {
        try {
            Class.forName(entry.substring(0, entry.length() - SUFFIX.length()).replace('/', '.'), false,
                    OwnClasses.class.getClassLoader());
        } catch (ClassNotFoundException | LinkageError missing) {
            // As above.
        }
    }
}
