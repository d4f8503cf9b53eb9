package io.gimbal.storage;

import io.gimbal.config.FileFailures;
import io.gimbal.config.UserException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A text file that grows by lines. A method that fails says which file it is and why, by a {@link UserException} or an
 * {@link java.io.UncheckedIOException}. Not thread-safe.
 */
public final class LineFile extends Writer {
    private static final String KIND = "a file of lines";
    private static final int BLOCK_BYTES = 1 << 16;

    private final Path file;
    private final Writer out;
    private boolean forced;
    /** A writer drops what it could not write: from then on nothing is written any more. */
    private IOException failure;

    LineFile(Path file, OutputStream out) {
        this.file = file;
        this.out = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
    }

    /** An empty file: a new one, or one whose content goes. A symbolic link is refused, not followed. */
    public static LineFile create(Path file) {
        if (Files.isSymbolicLink(file)) {
            throw new UserException(file + ": is a symbolic link, where " + KIND + " is to be written; remove it.");
        }
        return open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING,
                LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * A file that is there, behind its first lines; what stands after them goes.
     *
     * @throws UserException if it has fewer
     */
    public static LineFile behind(Path file, long lines) {
        FileFailures.requireOrdinary(file, KIND);
        Lines found = find(file, lines);
        if (found.count < lines) {
            throw new UserException(file + ": has " + found.count + " lines where the checkpoint needs " + lines
                    + "; the log was changed since");
        }
        return cut(file, found.bytes);
    }

    /** A file behind its last whole line; a new one where there is none. */
    public static LineFile atTheEnd(Path file) {
        FileFailures.requireOrdinary(file, KIND);
        return Files.exists(file) ? cut(file, find(file, Long.MAX_VALUE).bytes) : create(file);
    }

    /** Whether a file has that many whole lines. */
    public static boolean has(Path file, long lines) {
        return find(file, lines).count >= lines;
    }

    private static LineFile cut(Path file, long bytes) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(bytes);
        } catch (IOException e) {
            throw FileFailures.writing(file, e);
        }
        return open(file, StandardOpenOption.APPEND);
    }

    private static LineFile open(Path file, OpenOption... options) {
        FileFailures.requireOrdinary(file, KIND);
        try {
            return new LineFile(file, Files.newOutputStream(file, options));
        } catch (IOException e) {
            throw FileFailures.writing(file, e);
        }
    }

    /** The first whole lines of a file. */
    private record Lines(long count, long bytes) {}

    /** At most so many; however long a line is, it takes no memory. */
    private static Lines find(Path file, long most) {
        long count = 0;
        long end = 0;
        long at = 0;
        byte[] block = new byte[BLOCK_BYTES];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(block); read > 0 && count < most; read = in.read(block)) {
                for (int k = 0; k < read && count < most; k++) {
                    if (block[k] == '\n') {
                        count++;
                        end = at + k + 1;
                    }
                }
                at += read;
            }
        } catch (IOException e) {
            throw FileFailures.reading(file, e);
        }
        return new Lines(count, end);
    }

    @Override
    public void write(char[] characters, int from, int count) {
        forced = false;
        attempt(() -> out.write(characters, from, count));
    }

    @Override
    public void flush() {
        attempt(out::flush);
    }

    /** Returns when all that was written is on the disk. */
    public void force() {
        if (!forced) {
            flush();
            attempt(() -> Disk.force(file));
            forced = true;
        }
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            failure = failure == null ? e : failure;
        }
        attempt(() -> { });
    }

    /** A call that may fail. */
    private interface Call {
        void run() throws IOException;
    }

    private void attempt(Call call) {
        try {
            if (failure == null) {
                call.run();
                return;
            }
        } catch (IOException e) {
            failure = e;
        }
        throw FileFailures.writing(file, failure);
    }
}
