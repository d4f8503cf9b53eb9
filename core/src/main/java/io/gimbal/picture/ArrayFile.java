package io.gimbal.picture;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * An array of numbers in NumPy's form (npy 1.0 to 3.0): [height, width] or [height, width, channels], in either byte
 * order, row by row or column by column. Python's objects (pickles) are never read: reading them runs what they say.
 */
final class ArrayFile extends PictureFile {
    private final String place;
    private final boolean channelsFirst;
    private final ByteBuffer numbers;
    private final boolean byColumns;

    /** @param inside what names it inside of its file, as ", array 'depth'", or nothing */
    ArrayFile(Path path, String inside, byte[] bytes, ArrayChoice choice) {
        super(path);
        this.place = inside;
        this.channelsFirst = choice.channelsFirst();
        ArrayHeader header = ArrayHeader.read(bytes, new ArrayHeader.Trouble() {
            @Override
            public RuntimeException damaged(String reason) {
                return ArrayFile.this.damaged(inside(reason), null);
            }

            @Override
            public RuntimeException refused(String reason) {
                return ArrayFile.this.refused(inside(reason));
            }
        });
        type = header.type();
        byColumns = header.byColumns();
        takeShape(header);
        numbers = ByteBuffer.wrap(bytes, header.start(), bytes.length - header.start()).slice().order(header.order());
        long due = (long) height * width * channels * type.bytes();
        if (numbers.limit() != due) {
            throw damaged(inside(numbers.limit() + " bytes of numbers, where its shape takes " + due), null);
        }
        bits = 8 * type.bytes();
    }

    static boolean is(byte[] bytes) {
        return ArrayHeader.is(bytes);
    }

    private String inside(String reason) {
        return place.isEmpty() ? reason : place + ": " + reason;
    }

    private void takeShape(ArrayHeader header) {
        long product = 1;
        for (long extent : header.extents()) {
            if (extent < 1) {
                throw otherShape(header.shape());
            }
            product = extent > LARGEST_FILE ? Long.MAX_VALUE : product * extent;
            if (product > LARGEST_FILE) {
                throw refused(inside("an array of shape " + header.shape() + "; at most " + LARGEST_FILE
                        + " numbers are read. Make it smaller."));
            }
        }
        int[] shape = Arrays.stream(header.extents()).mapToInt(Math::toIntExact).toArray();
        if (shape.length != 2 && shape.length != 3) {
            throw otherShape(header.shape());
        }
        boolean first = shape.length == 3 && channelsFirst;
        height = shape[first ? 1 : 0];
        width = shape[first ? 2 : 1];
        channels = shape.length == 2 ? 1 : shape[first ? 0 : 2];
    }

    private RuntimeException otherShape(String text) {
        return refused(inside("an array of shape " + text + "; one of "
                + "[height, width] or " + (channelsFirst ? "[channels, height, width]" : "[height, width, channels]")
                + ", none of them 0, is read. Save it so (numpy.squeeze, numpy.moveaxis)."));
    }

    @Override
    Samples unpack() {
        int down = width * channels;
        int across = channels;
        int deep = 1;
        if (channelsFirst) {
            deep = byColumns ? 1 : height * width;
            down = byColumns ? channels : width;
            across = byColumns ? channels * height : 1;
        } else if (byColumns) {
            down = 1;
            across = height;
            deep = height * width;
        }
        return new Samples(type, numbers, height, width, channels, 0, down, across, deep);
    }
}
