package io.gimbal.tensorboard;

import io.gimbal.config.FileFailures;
import io.gimbal.storage.ProtobufWriter;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * A file of events as TensorBoard's reader wants it: a record each, with its length before it and a checksum behind
 * both (TensorFlow's {@code record_writer.h}). A record is handed to the system whole, so that it can be read at once.
 * Not thread-safe.
 */
final class EventFile implements AutoCloseable {
    /** By what {@code crc32c.h} masks checksums: those of data that hold checksums are weak otherwise. */
    private static final int MASK = 0xa282ead8;
    private static final int ROTATION = 15;
    private static final int AROUND_A_RECORD = Long.BYTES + 2 * Integer.BYTES;

    private final Path file;
    private final FileOutputStream out;

    /** A new file; one that is there is a failure. */
    EventFile(Path file) {
        this.file = file;
        try {
            Files.createFile(file);
            // Not by a channel, which an interrupt of the thread would close.
            out = new FileOutputStream(file.toFile());
        } catch (IOException e) {
            throw FileFailures.writing(file, e);
        }
    }

    /** Adds a message of the type {@code tensorflow.Event}. */
    void add(ProtobufWriter event) {
        try {
            out.write(record(event.toBytes()));
        } catch (IOException e) {
            throw FileFailures.writing(file, e);
        }
    }

    static byte[] record(byte[] data) {
        ByteBuffer record = ByteBuffer.allocate(data.length + AROUND_A_RECORD).order(ByteOrder.LITTLE_ENDIAN);
        record.putLong(data.length);
        record.putInt(masked(record.array(), Long.BYTES));
        record.put(data);
        return record.putInt(masked(data, data.length)).array();
    }

    private static int masked(byte[] bytes, int count) {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes, 0, count);
        return Integer.rotateRight((int) checksum.getValue(), ROTATION) + MASK;
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw FileFailures.writing(file, e);
        }
    }
}
