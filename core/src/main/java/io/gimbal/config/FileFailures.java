package io.gimbal.config;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Set;

/** Why a call on a file failed: in words for a reader, and whether it was what the user gave or the disk. */
public final class FileFailures {
    /** What a system says, where a call on a file fails, of itself and not of the file's name. */
    private static final Set<String> OF_THE_SYSTEM = Set.of("No space left on device", "Disk quota exceeded",
            "Input/output error", "Too many open files", "Too many open files in system", "Cannot allocate memory",
            "Stale file handle", "Connection timed out", "Transport endpoint is not connected", "Broken pipe");

    private FileFailures() {
    }

    /**
     * {@return why a file cannot be read, as what is to be thrown, with a complete message}
     *
     * @param file    as the user named it
     * @param failure what the system said
     */
    public static RuntimeException reading(Path file, IOException failure) {
        if (failure instanceof NoSuchFileException && !Files.isSymbolicLink(file)) {
            String folder = folderIsThere(file) ? "" : ": " + reason(file, failure);
            return new UserException(file + ": there is no such file" + folder + ".", failure);
        }
        return of(file, "cannot be read", failure);
    }

    /**
     * Why a file cannot be written, likewise; a full disk is an {@link UncheckedIOException}.
     *
     * @param file    as the user named it
     * @param failure what the system said
     * @return it, to be thrown
     */
    public static RuntimeException writing(Path file, IOException failure) {
        return of(file, "cannot be written", failure);
    }

    /**
     * The same of any call.
     *
     * @param file    as the user named it
     * @param what    what did not work, such as "the folder cannot be made"
     * @param failure what the system said
     * @return it, to be thrown
     */
    public static RuntimeException of(Path file, String what, IOException failure) {
        return withMessage(file + ": " + what + ": " + reason(file, failure) + ".", failure);
    }

    /**
     * The same with a message of the caller's own, which says the {@link #reason} already.
     *
     * @param message one or a few complete sentences
     * @param failure what the system said
     * @return it, to be thrown
     */
    public static RuntimeException withMessage(String message, IOException failure) {
        return ofWhatWasGiven(failure) ? new UserException(message, failure)
                : new UncheckedIOException(message, failure);
    }

    private static boolean ofWhatWasGiven(IOException failure) {
        return switch (failure) {
            case FileSystemException named -> named.getReason() == null || !OF_THE_SYSTEM.contains(named.getReason());
            case CharacterCodingException malformed -> true;
            case EOFException cutShort -> true;
            default -> false;
        };
    }

    /**
     * Refuses what is there but is no ordinary file, nor a link to one: opening a pipe may wait for ever, and a device
     * may have no end.
     *
     * @param file   which need not be there
     * @param needed what the file must be, such as "a safetensors file"
     */
    public static void requireOrdinary(Path file, String needed) {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new UserException(file + ": is " + (Files.isDirectory(file) ? "a folder" : "a pipe or a device")
                    + ", where " + needed + " is needed.");
        }
    }

    /**
     * {@return why a call on a file failed, as half a sentence that does not name the file again; another file, of
     * which the system complained instead, it names}
     *
     * @param file    the one that the sentence names already
     * @param failure what the system said
     */
    public static String reason(Path file, IOException failure) {
        Path at = complainedOf(file, failure);
        String name = at.equals(file) ? "" : at + ": ";
        if (Files.isSymbolicLink(at) && !Files.exists(at) && !(failure instanceof AccessDeniedException)) {
            return name + "it is a symbolic link to what is not there" + target(at);
        }
        return name + switch (failure) {
            case NoSuchFileException missing -> folderIsThere(at) ? "there is no such file"
                    : "the folder " + at.toAbsolutePath().getParent() + " does not exist";
            case AccessDeniedException denied -> "permission denied";
            case FileAlreadyExistsException there -> "there is a "
                    + (Files.isDirectory(at, LinkOption.NOFOLLOW_LINKS) ? "folder" : "file") + " of that name already";
            case NotDirectoryException other -> "it is no folder";
            case FileSystemException named when named.getReason() != null -> named.getReason();
            case CharacterCodingException malformed -> "it is not text in UTF-8";
            case ClosedByInterruptException interrupted -> "the thread was interrupted";
            default -> failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        };
    }

    private static Path complainedOf(Path file, IOException failure) {
        if (failure instanceof FileSystemException named && named.getFile() != null) {
            try {
                return file.getFileSystem().getPath(named.getFile());
            } catch (InvalidPathException unreadable) {
                return file;
            }
        }
        return file;
    }

    private static boolean folderIsThere(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        return folder == null || Files.exists(folder);
    }

    private static String target(Path link) {
        try {
            return ", " + Files.readSymbolicLink(link);
        } catch (IOException unreadable) {
            return "";
        }
    }
}
