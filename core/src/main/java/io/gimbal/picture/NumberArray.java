package io.gimbal.picture;

import io.gimbal.config.FileFailures;
import io.gimbal.config.UserException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * An array of numbers of any shape in NumPy's form (.npy), read as untrusted: its size is checked before its numbers
 * are read. Immutable.
 */
public final class NumberArray {
    private final SampleType type;
    private final List<Integer> shape;
    private final ByteBuffer numbers;

    private NumberArray(SampleType type, List<Integer> shape, ByteBuffer numbers) {
        this.type = type;
        this.shape = shape;
        this.numbers = numbers;
    }

    /**
     * Reads a file of at most 256 MiB.
     *
     * @throws UserException if it is missing, damaged, too large, or no array of numbers with something in it; names it
     */
    public static NumberArray read(Path path) {
        byte[] bytes = bytes(path);
        if (!ArrayHeader.is(bytes)) {
            throw new UserException(path + ": no npy file, by its first bytes. Write it with numpy.save.");
        }
        ArrayHeader header = ArrayHeader.read(bytes, new ArrayHeader.Trouble() {
            @Override
            public RuntimeException damaged(String reason) {
                return PictureFile.damaged(path, reason, null);
            }

            @Override
            public RuntimeException refused(String reason) {
                return new UserException(path + ": " + reason);
            }
        });
        List<Integer> shape = shape(path, header);
        long due = header.type().bytes();
        for (int extent : shape) {
            due *= extent;
        }
        int found = bytes.length - header.start();
        if (found != due) {
            throw PictureFile.damaged(path, found + " bytes of numbers, where its shape takes " + due, null);
        }
        ByteBuffer stored = ByteBuffer.wrap(bytes, header.start(), found).slice().order(header.order());
        return new NumberArray(header.type(), shape, rowByRow(stored, header, shape));
    }

    private static byte[] bytes(Path path) {
        FileFailures.requireOrdinary(path, "an npy file");
        try {
            long size = Files.size(path);
            if (size > PictureFile.LARGEST_FILE) {
                throw new UserException(path + ": " + size + " bytes are too many for an array; at most "
                        + PictureFile.LARGEST_FILE + " are read.");
            }
            return Files.readAllBytes(path);
        } catch (IOException failure) {
            throw FileFailures.reading(path, failure);
        }
    }

    private static List<Integer> shape(Path path, ArrayHeader header) {
        List<Integer> shape = new ArrayList<>();
        long product = 1;
        for (long extent : header.extents()) {
            if (extent < 1 || extent > PictureFile.LARGEST_FILE / product) {
                throw new UserException(path + ": an array of shape " + header.shape() + "; from 1 to "
                        + PictureFile.LARGEST_FILE + " numbers are read.");
            }
            product *= extent;
            shape.add((int) extent);
        }
        return List.copyOf(shape);
    }

    /** In native byte order, the last index running fastest. */
    private static ByteBuffer rowByRow(ByteBuffer stored, ArrayHeader header, List<Integer> shape) {
        int size = header.type().bytes();
        boolean turned = header.order() != ByteOrder.nativeOrder() && size > 1;
        if (!turned && !(header.byColumns() && shape.size() > 1)) {
            return stored.order(ByteOrder.nativeOrder());
        }
        ByteBuffer numbers = ByteBuffer.allocate(stored.limit()).order(ByteOrder.nativeOrder());
        int[] index = new int[shape.size()];
        for (int to = 0; to < stored.limit(); to += size) {
            int from = to;
            if (header.byColumns()) {
                from = 0;
                for (int axis = index.length; axis-- > 0;) {
                    from = from * shape.get(axis) + index[axis];
                }
                from *= size;
            }
            for (int k = 0; k < size; k++) {
                numbers.put(to + k, stored.get(from + (turned ? size - 1 - k : k)));
            }
            for (int axis = index.length; axis-- > 0 && ++index[axis] == shape.get(axis);) {
                index[axis] = 0;
            }
        }
        return numbers;
    }

    /** What each number is. */
    public SampleType type() {
        return type;
    }

    /** The extents, the slowest first; none for a single number. */
    public List<Integer> shape() {
        return shape;
    }

    /** The numbers in native byte order, the last index running fastest; read-only. */
    public ByteBuffer numbers() {
        return numbers.asReadOnlyBuffer().order(ByteOrder.nativeOrder());
    }

    /** {@link SampleType#number} of one. */
    public double value(int index) {
        return type.number(numbers, index);
    }
}
