package io.gimbal.cuda.panama;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Looks at a file before the loader maps it: the loader believes the headers, and a file that ends before what they
 * name ends the process.
 */
final class ElfFile {
    private static final int HEADER_BYTES = 64;
    private static final int MAGIC = 0x7f454c46;
    private static final int CLASS_64 = 2;
    private static final int LITTLE_ENDIAN = 1;
    private static final int MACHINE = 18;
    private static final int PROGRAM_HEADERS = 32;
    private static final int PROGRAM_HEADER_BYTES = 54;
    private static final int PROGRAM_HEADER_COUNT = 56;
    private static final int FIRST_SEGMENT_FIELD = 8;
    private static final int FILE_BYTES_FIELD = 32;
    private static final int LEAST_PROGRAM_HEADER_BYTES = 56;
    private static final Map<String, Integer> MACHINES = Map.of("amd64", 62, "aarch64", 183);

    private ElfFile() {}

    /** Why the file is nothing to hand to the loader, as what stands behind its name; empty if there is no reason. */
    static String refusal(Path file) {
        if (Files.isDirectory(file)) {
            return "is a folder";
        }
        if (!Files.exists(file)) {
            return "";
        }
        if (!Files.isRegularFile(file)) {
            return "is no ordinary file";
        }
        try (FileChannel channel = FileChannel.open(file)) {
            return refusal(channel);
        } catch (IOException unreadable) {
            return "cannot be read: " + unreadable;
        }
    }

    private static String refusal(FileChannel channel) throws IOException {
        ByteBuffer header = read(channel, 0, HEADER_BYTES);
        if (header.remaining() < HEADER_BYTES || header.order(ByteOrder.BIG_ENDIAN).getInt(0) != MAGIC) {
            return "is no shared library (its first bytes are not those of one)";
        }
        header.order(ByteOrder.LITTLE_ENDIAN);
        Integer machine = MACHINES.get(System.getProperty("os.arch"));
        int own = header.getShort(MACHINE) & 0xffff;
        if (header.get(4) != CLASS_64 || header.get(5) != LITTLE_ENDIAN || machine != null && own != machine) {
            return "is a library for another processor (ELF machine " + own + ") than this, "
                    + System.getProperty("os.arch");
        }
        long needed = bytesNamed(channel, header);
        return needed <= channel.size() ? ""
                : "is cut off: it has " + channel.size() + " bytes, and its headers name " + needed + "; copy it anew";
    }

    /** Where the last segment that is read from the file ends. */
    private static long bytesNamed(FileChannel channel, ByteBuffer header) throws IOException {
        int bytes = header.getShort(PROGRAM_HEADER_BYTES) & 0xffff;
        int count = header.getShort(PROGRAM_HEADER_COUNT) & 0xffff;
        long start = header.getLong(PROGRAM_HEADERS);
        long end = start + (long) bytes * count;
        if (start < 0 || bytes < LEAST_PROGRAM_HEADER_BYTES || end > channel.size()) {
            return Math.max(end, HEADER_BYTES);
        }
        ByteBuffer segments = read(channel, start, bytes * count).order(ByteOrder.LITTLE_ENDIAN);
        for (int segment = 0; segment < count; segment++) {
            long offset = segments.getLong(segment * bytes + FIRST_SEGMENT_FIELD);
            long length = segments.getLong(segment * bytes + FILE_BYTES_FIELD);
            // Sizes are unsigned: what is beyond a long is beyond any file.
            end = Math.max(end, offset < 0 || length < 0 || offset + length < 0 ? Long.MAX_VALUE : offset + length);
        }
        return end;
    }

    private static ByteBuffer read(FileChannel channel, long position, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        int read = 0;
        while (read >= 0 && buffer.hasRemaining()) {
            read = channel.read(buffer, position + buffer.position());
        }
        return buffer.flip();
    }
}
