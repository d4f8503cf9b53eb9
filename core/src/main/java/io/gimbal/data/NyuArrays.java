package io.gimbal.data;

import io.gimbal.config.FileFailures;
import io.gimbal.config.UserException;
import io.gimbal.picture.HeapShare;
import io.jhdf.HdfFile;
import io.jhdf.api.Dataset;
import io.jhdf.api.Node;
import io.jhdf.api.dataset.ChunkedDataset;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * The arrays of NYUv2's {@code nyu_depth_v2_labeled.mat}, a MATLAB file of version 7.3, which is HDF5. In HDF5's order,
 * which is MATLAB's turned round: images [samples, 3, width, height], uint8; depths [samples, width, height], float32,
 * metres; labels likewise, uint16. Of a sample its own part is read alone. Safe for use by several threads; the file
 * stays open as long as this object lives.
 */
final class NyuArrays {
    private static final int COLOURS = 3;
    private static final long MOST_PIXELS = 1L << 24;
    private static final long MOST_CHUNK_BYTES = 1L << 28;

    private final Path path;
    private final int samples;
    private final int width;
    private final int height;
    /** Null where an interrupt closed it. */
    private Open open;

    private record Open(FileChannel channel, Dataset images, Dataset depths, Dataset labels) { }

    /** What is read of a file. */
    private interface Work<T> {
        T of(Open open);
    }

    /** @throws UserException if the file is missing, damaged or another */
    NyuArrays(Path path) {
        this.path = path;
        FileFailures.requireOrdinary(path, "NYUv2's nyu_depth_v2_labeled.mat");
        int[] extents = attempt(all -> all.images().getDimensions());
        if (extents.length != 4 || extents[1] != COLOURS || extents[0] < 1 || extents[2] < 1 || extents[3] < 1
                || (long) extents[2] * extents[3] > MOST_PIXELS) {
            throw other("images has the shape " + Arrays.toString(extents) + ", where [samples, 3, width, height] of "
                    + "at most 2^24 pixels is due");
        }
        samples = extents[0];
        width = extents[2];
        height = extents[3];
        attempt(all -> {
            check("images", all.images(), extents, int.class, 1);
            check("depths", all.depths(), new int[] {samples, width, height}, float.class, Float.BYTES);
            check("labels", all.labels(), new int[] {samples, width, height}, int.class, Short.BYTES);
            return null;
        });
    }

    int samples() {
        return samples;
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    /** About as many bytes as one of the methods below takes. */
    long bytes() {
        return 2L * COLOURS * Integer.BYTES * width * height;
    }

    /** Red, green and blue of each pixel, row by row. */
    byte[] colours(int sample) {
        int[][][] planes = attempt(all -> (int[][][][]) all.images().getData(new long[] {sample, 0, 0, 0},
                new int[] {1, COLOURS, width, height}))[0];
        byte[] colours = new byte[COLOURS * width * height];
        for (int colour = 0; colour < COLOURS; colour++) {
            for (int column = 0; column < width; column++) {
                for (int row = 0; row < height; row++) {
                    colours[(row * width + column) * COLOURS + colour] = (byte) planes[colour][column][row];
                }
            }
        }
        return colours;
    }

    /** Metres, row by row. */
    float[] depths(int sample) {
        float[][] columns = attempt(all -> (float[][][]) all.depths().getData(new long[] {sample, 0, 0},
                new int[] {1, width, height}))[0];
        float[] depths = new float[width * height];
        for (int column = 0; column < width; column++) {
            for (int row = 0; row < height; row++) {
                depths[row * width + column] = columns[column][row];
            }
        }
        return depths;
    }

    /** Numbers of classes, row by row; 0 is no label. */
    int[] labels(int sample) {
        int[][] columns = attempt(all -> (int[][][]) all.labels().getData(new long[] {sample, 0, 0},
                new int[] {1, width, height}))[0];
        int[] labels = new int[width * height];
        for (int column = 0; column < width; column++) {
            for (int row = 0; row < height; row++) {
                labels[row * width + column] = columns[column][row];
            }
        }
        return labels;
    }

    /**
     * Whatever the library throws means that the file is not what it has to be: it checks little before it reads.
     * Again where another thread's interrupt closed the file: Java does that to whatever it was reading.
     */
    private <T> T attempt(Work<T> work) {
        while (true) {
            Open all = open();
            try {
                return work.of(all);
            } catch (UserException refusal) {
                throw refusal;
            } catch (RuntimeException failure) {
                if (all.channel().isOpen()) {
                    throw damaged(failure);
                }
                forget(all);
                if (Thread.currentThread().isInterrupted()) {
                    throw FileFailures.reading(path, new ClosedByInterruptException());
                }
            }
        }
    }

    private UserException damaged(RuntimeException failure) {
        Throwable last = failure;
        while (last.getCause() != null) {
            last = last.getCause();
        }
        return new UserException(path + ": no whole MATLAB file of version 7.3, or not all of it can be read ("
                + last.getMessage() + "). Copy nyu_depth_v2_labeled.mat anew from the source of the data.", failure);
    }

    private synchronized Open open() {
        if (open == null) {
            FileChannel channel = channel();
            try {
                HdfFile file = new HdfFile(channel);
                open = new Open(channel, dataset(file, "images"), dataset(file, "depths"), dataset(file, "labels"));
            } catch (UserException refusal) {
                throw refusal;
            } catch (RuntimeException failure) {
                throw damaged(failure);
            }
        }
        return open;
    }

    private FileChannel channel() {
        try {
            return FileChannel.open(path, StandardOpenOption.READ);
        } catch (IOException exception) {
            throw FileFailures.reading(path, exception);
        }
    }

    private synchronized void forget(Open closed) {
        if (open == closed) {
            open = null;
        }
    }

    private Dataset dataset(HdfFile file, String name) {
        Node node = file.getChild(name);
        if (node instanceof Dataset dataset) {
            return dataset;
        }
        throw other("it has no array '" + name + "'");
    }

    private void check(String name, Dataset array, int[] due, Class<?> type, int bytes) {
        if (!Arrays.equals(array.getDimensions(), due)) {
            throw other(name + " has the shape " + Arrays.toString(array.getDimensions()) + ", where "
                    + Arrays.toString(due) + " is due");
        }
        if (array.getJavaType() != type || array.getDataType().getSize() != bytes) {
            throw other(name + " holds numbers of " + array.getDataType().getSize() + " bytes, read as "
                    + array.getJavaType() + ", where " + bytes + " and " + type + " are due");
        }
        if (array instanceof ChunkedDataset chunked) {
            long size = bytes;
            for (int extent : chunked.getChunkDimensions()) {
                size = extent < 1 ? Long.MAX_VALUE : Math.min(MOST_CHUNK_BYTES + 1, size * extent);
            }
            if (size > Math.min(MOST_CHUNK_BYTES, HeapShare.LARGEST)) {
                throw other(name + " is stored in pieces of more than 256 MiB or half of Java's heap");
            }
        }
    }

    private UserException other(String what) {
        return new UserException(path + ": " + what + ". Is it NYUv2's nyu_depth_v2_labeled.mat?");
    }
}
