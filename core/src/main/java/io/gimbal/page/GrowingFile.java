package io.gimbal.page;

import io.gimbal.config.FileFailures;
import io.gimbal.config.UserException;
import io.gimbal.shaded.jackson.core.JsonFactory;
import io.gimbal.shaded.jackson.core.JsonParser;
import io.gimbal.shaded.jackson.core.JsonProcessingException;
import io.gimbal.shaded.jackson.core.JsonToken;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads a file of JSON objects, one a line, as it grows: each call goes on where the one before ended. What stands
 * behind the last end of a line is still being written, and is left for later. Not thread-safe.
 */
public final class GrowingFile {
    private static final JsonFactory JSON = new ObjectMapper().getFactory();
    private static final int BLOCK_BYTES = 1 << 16;

    private final Path file;
    private long read;
    private long lines;

    public GrowingFile(Path file) {
        this.file = file;
    }

    /** Takes an object, whose start was read, up to its end. */
    public interface Reader {
        /** The parser stands at the object's start. */
        void read(JsonParser json) throws IOException;
    }

    /**
     * Hands each new object to a reader. A file that is not there has none.
     *
     * @throws UserException if it became shorter, or holds something else than objects; names the line
     */
    public void read(Reader reader) {
        FileFailures.requireOrdinary(file, "a file of lines");
        if (!Files.exists(file)) {
            return;
        }
        // Not by a channel, which an interrupt of the thread would close.
        try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "r")) {
            if (opened.length() < read) {
                throw new UserException(file + ": became shorter while it was being read.");
            }
            long end = endOfLines(opened);
            opened.seek(read);
            objects(new Part(opened, end - read), reader);
            read = end;
        } catch (JsonProcessingException e) {
            throw new UserException(file + ": line " + (lines + 1) + " is no sound line of "
                    + "JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw FileFailures.reading(file, e);
        }
    }

    private void objects(InputStream part, Reader reader) throws IOException {
        try (JsonParser json = JSON.createParser(new BufferedInputStream(part, BLOCK_BYTES))) {
            while (json.nextToken() != null) {
                if (json.currentToken() != JsonToken.START_OBJECT) {
                    throw new UserException(file + ": line " + (lines + 1)
                            + " holds " + json.currentToken() + ", where an object must stand.");
                }
                try {
                    reader.read(json);
                } catch (UserException told) {
                    throw new UserException(file + ": line " + (lines + 1) + ": "
                            + told.getMessage(), told);
                }
                lines++;
            }
        }
    }

    /** Where the last whole line ends that was not read yet. */
    private long endOfLines(RandomAccessFile opened) throws IOException {
        byte[] block = new byte[BLOCK_BYTES];
        for (long end = opened.length(); end > read;) {
            long from = Math.max(read, end - BLOCK_BYTES);
            int count = (int) (end - from);
            opened.seek(from);
            opened.readFully(block, 0, count);
            for (int k = count - 1; k >= 0; k--) {
                if (block[k] == '\n') {
                    return from + k + 1;
                }
            }
            end = from;
        }
        return read;
    }

    /** The next bytes of a file, up to a place. */
    private static final class Part extends InputStream {
        private final RandomAccessFile whole;
        private long left;

        Part(RandomAccessFile whole, long bytes) {
            this.whole = whole;
            this.left = bytes;
        }

        @Override
        public int read() throws IOException {
            return left-- > 0 ? whole.read() : -1;
        }

        @Override
        public int read(byte[] into, int from, int count) throws IOException {
            if (left <= 0) {
                return -1;
            }
            int done = whole.read(into, from, (int) Math.min(count, left));
            left -= Math.max(0, done);
            return done;
        }
    }
}
