package io.gimbal.picture;

import java.nio.ByteBuffer;
import java.util.List;

/** An array of MATLAB's, as a {@link MatlabFile} holds it: column by column. Immutable, but for what lies behind it. */
public sealed interface MatlabArray {
    /** Rows, columns, and what there is beyond. */
    List<Integer> shape();

    /**
     * Numbers, or yes and no.
     *
     * @param type  of each, once it is unpacked
     * @param kept  as what the file keeps each: no larger, since whole numbers may be kept in fewer bytes
     * @param bytes in the file's byte order; as many numbers as the shape has
     */
    record Numbers(List<Integer> shape, SampleType type, SampleType kept, ByteBuffer bytes) implements MatlabArray {
        /** How many there are. */
        public int count() {
            return bytes.limit() / kept.bytes();
        }

        /** One of them, in the order in which they are kept. */
        public double at(int index) {
            return kept.real() ? kept.real(bytes, index) : kept.whole(bytes, index);
        }
    }

    /** Letters, as one text whatever its shape. */
    record Text(List<Integer> shape, String text) implements MatlabArray { }

    /** Arrays of any kind. */
    record Cells(List<Integer> shape, List<MatlabArray> cells) implements MatlabArray { }

    /** Structs that have the same fields; of each its values in the order of the fields. */
    record Structs(List<Integer> shape, List<String> fields, List<List<MatlabArray>> values) implements MatlabArray { }

    /** What is not read: sparse arrays, complex ones, objects, functions. */
    record Other(List<Integer> shape, String kind) implements MatlabArray { }
}
