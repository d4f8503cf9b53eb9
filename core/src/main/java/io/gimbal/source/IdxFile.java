package io.gimbal.source;

import io.gimbal.config.FileFailures;
import io.gimbal.config.UserException;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * An array of bytes in the form of MNIST's files: two bytes of 0, the type (8), the number of dimensions, each of these
 * as 32 bits, most significant first, and the values; as it is, or by gzip where the name ends in ".gz".
 *
 * @param extents of each dimension
 * @param values  row-major
 */
record IdxFile(Path file, int[] extents, byte[] values) {
    private static final int UNSIGNED_BYTES = 8;
    private static final long LARGEST = 1L << 28;

    /**
     * Reads it.
     *
     * @param due how many dimensions there must be
     * @throws UserException naming the file, if it is no such array, or damaged
     */
    static IdxFile read(Path file, int due) {
        try (InputStream stored = Files.newInputStream(file);
                DataInputStream in = new DataInputStream(file.toString().endsWith(".gz") ? new GZIPInputStream(stored)
                        : stored)) {
            int magic = in.readInt();
            if (magic != (UNSIGNED_BYTES << 8 | due)) {
                throw new UserException(file + ": begins with " + String.format("%08x", magic) + ", where a file of "
                        + "MNIST's form with " + due + " dimensions of bytes has "
                        + String.format("%08x", UNSIGNED_BYTES << 8 | due) + ".");
            }
            int[] extents = new int[due];
            long size = 1;
            for (int i = 0; i < due; i++) {
                extents[i] = in.readInt();
                if (extents[i] < 1 || extents[i] > LARGEST / size) {
                    throw new UserException(file + ": claims the dimensions " + Arrays.toString(Arrays.copyOf(extents,
                            i + 1)) + "; from 1 to 2^28 values in all are read.");
                }
                size *= extents[i];
            }
            byte[] values = in.readNBytes((int) size);
            if (values.length < size || in.read() >= 0) {
                throw new UserException(file + ": holds " + (values.length < size ? "only " + values.length
                        : "more") + " values, where its beginning says " + size + ". Fetch it again.");
            }
            return new IdxFile(file, extents, values);
        } catch (EOFException | ZipException damaged) {
            throw new UserException(file + ": is cut off or damaged: " + damaged.getMessage() + ". Fetch it again.",
                    damaged);
        } catch (IOException failure) {
            throw FileFailures.reading(file, failure);
        }
    }
}
