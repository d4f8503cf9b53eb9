package io.gimbal.arrow;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.graph.Shape;
import io.gimbal.shaded.jackson.core.JacksonException;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.apache.arrow.vector.BaseIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float2Vector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.UInt1Vector;
import org.apache.arrow.vector.UInt8Vector;
import org.apache.arrow.vector.ValueVector;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.complex.LargeListVector;
import org.apache.arrow.vector.complex.ListVector;

/** The numbers of a column's rows, equally many in each, however its lists are nested. */
final class Elements {
    private static final String TENSOR = "arrow.fixed_shape_tensor";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final FieldVector column;
    private final String what;
    /** From the rows on to the numbers. */
    private final List<FieldVector> lists = new ArrayList<>();
    private final FieldVector numbers;
    /** Of each list, how long it must be. */
    private final int[] lengths;
    private final int count;
    private boolean nulls;

    /**
     * @param column what stands in the record batches
     * @param what   it is for
     * @param shape  a row has the height, width and channels of it
     * @throws UserException if its rows have another form, as far as its type says
     */
    Elements(FieldVector column, String what, Shape shape) {
        this.column = column;
        this.what = what;
        FieldVector inner = column;
        while (inner instanceof FixedSizeListVector || inner instanceof ListVector
                || inner instanceof LargeListVector) {
            lists.add(inner);
            inner = inner.getChildrenFromFields().getFirst();
        }
        numbers = inner;
        int[] extents = shape.flat() ? new int[] {shape.channels()}
                : new int[] {shape.height(), shape.width(), shape.channels()};
        count = Math.toIntExact(shape.elements() / shape.batch());
        requireNumbers();
        requireTensor(extents);
        lengths = lengths(extents);
        for (int level = 0; level < lengths.length; level++) {
            if (lists.get(level) instanceof FixedSizeListVector fixed && fixed.getListSize() != lengths[level]) {
                throw form(extents);
            }
        }
    }

    private void requireNumbers() {
        boolean known = numbers instanceof Float2Vector || numbers instanceof Float4Vector
                || numbers instanceof Float8Vector || numbers instanceof BitVector || numbers instanceof BaseIntVector;
        if (!known || numbers instanceof UInt8Vector || numbers.getField().getDictionary() != null) {
            throw new UserException(described() + " holds " + type() + "; what may stand there are floats of 16, 32 or "
                    + "64 bits, booleans, and integers of at most 64 bits (without sign, 32), alone or in lists.");
        }
    }

    /** A tensor says its own shape, which numbers in one list do not show. */
    private void requireTensor(int[] extents) {
        Map<String, String> metadata = column.getField().getMetadata();
        if (!TENSOR.equals(metadata.get("ARROW:extension:name"))) {
            return;
        }
        JsonNode said;
        try {
            said = JSON.readTree(metadata.getOrDefault("ARROW:extension:metadata", "{}"));
        } catch (JacksonException unreadable) {
            throw new UserException(described() + " is a tensor whose shape cannot be read: "
                    + unreadable.getOriginalMessage(), unreadable);
        }
        int[] shape = integers(said.path("shape"));
        int[] order = integers(said.path("permutation"));
        boolean asItLies = Arrays.equals(order, IntStream.range(0, order.length).toArray());
        if (!asItLies || !Arrays.equals(shape, extents) && !Arrays.equals(shape, withoutOneChannel(extents))) {
            throw new UserException(described() + " is a tensor of the shape " + Arrays.toString(shape) + (asItLies ? ""
                    : " in the order " + Arrays.toString(order)) + "; " + due(extents) + ", in this order in memory.");
        }
    }

    private static int[] integers(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
    }

    /** Height and width, where there is one channel; else all. */
    private static int[] withoutOneChannel(int[] extents) {
        return extents.length > 1 && extents[extents.length - 1] == 1 ? Arrays.copyOf(extents, extents.length - 1)
                : extents;
    }

    private int[] lengths(int[] extents) {
        if (lists.isEmpty() && count == 1) {
            return new int[0];
        }
        if (lists.size() == 1) {
            return new int[] {count};
        }
        int[] shorter = withoutOneChannel(extents);
        if (lists.size() == extents.length) {
            return extents;
        }
        if (lists.size() == shorter.length) {
            return shorter;
        }
        throw form(extents);
    }

    private UserException form(int[] extents) {
        return new UserException(described() + " holds " + type() + "; " + due(extents)
                + ": one list of them, or lists in lists of these extents.");
    }

    private static String due(int[] extents) {
        return extents.length == 1 ? "due is " + (extents[0] == 1 ? "1 number" : extents[0] + " numbers") + " a row"
                : "due are height, width, channels " + Arrays.toString(extents) + " a row";
    }

    /** Numbers of a row. */
    int count() {
        return count;
    }

    boolean ofBytes() {
        return numbers instanceof UInt1Vector;
    }

    boolean ofIntegers() {
        return numbers instanceof BaseIntVector || numbers instanceof BitVector;
    }

    /** The column in words: how messages begin. */
    String described() {
        return "Column " + Names.quote(column.getName()) + ", " + what + ",";
    }

    /** A row in words. */
    String place(long row) {
        return "column " + Names.quote(column.getName()) + ", row " + row + ",";
    }

    /** Of the column. */
    String type() {
        return lists.stream().map(list -> list instanceof FixedSizeListVector fixed ? "lists of " + fixed.getListSize()
                + " of " : "lists of ").reduce("", String::concat) + numbers.getField().getType() + (numbers.getField()
                .getDictionary() == null ? "" : " (numbers of a dictionary's entries)");
    }

    void loaded() {
        nulls = numbers.getNullCount() > 0 || lists.stream().skip(1).anyMatch(list -> list.getNullCount() > 0);
    }

    boolean isNull(int row) {
        return column.isNull(row);
    }

    UserException isNullAt(long row, String but) {
        return new UserException(place(row) + " is null" + but + ".");
    }

    /**
     * Where a row's numbers start.
     *
     * @param row    not null
     * @param number by which messages call it
     * @throws UserException if a list has another length, or something in it is null
     */
    int start(int row, long number) {
        long from = row;
        int many = 1;
        for (int level = 0; level < lengths.length; level++) {
            FieldVector list = lists.get(level);
            requireLengths(list, from, many, lengths[level], number);
            from = startOf(list, from);
            many *= lengths[level];
            requireInside(level + 1 < lengths.length ? lists.get(level + 1) : numbers, from, many, number);
        }
        if (nulls && !lists.isEmpty()) {
            requireAll(numbers, from, many, number);
        }
        return Math.toIntExact(from);
    }

    private void requireLengths(FieldVector list, long from, int many, int length, long number) {
        if (list != column && nulls) {
            requireAll(list, from, many, number);
        }
        for (long i = from; i < from + many; i++) {
            long present = startOf(list, i + 1) - startOf(list, i);
            if (present != length) {
                throw new UserException(place(number) + " holds a list of " + present + " where " + length
                        + " are due, as " + what + ".");
            }
        }
    }

    /** Offsets come out of a file, which may say anything. */
    private void requireInside(ValueVector vector, long from, int many, long number) {
        if (from < 0 || from + many > vector.getValueCount()) {
            throw new UserException(place(number) + " has offsets beyond what the record batch holds: it is damaged.");
        }
    }

    private void requireAll(ValueVector vector, long from, int many, long number) {
        for (long i = from; i < from + many; i++) {
            if (vector.isNull((int) i)) {
                throw isNullAt(number, " in a part; it may be so as a whole, which means no label");
            }
        }
    }

    private static long startOf(FieldVector list, long index) {
        return switch (list) {
            case FixedSizeListVector fixed -> index * fixed.getListSize();
            case ListVector small -> small.getOffsetBuffer().getInt(index * ListVector.OFFSET_WIDTH);
            default -> list.getOffsetBuffer().getLong(index * LargeListVector.OFFSET_WIDTH);
        };
    }

    long integer(int index) {
        return numbers instanceof BitVector bits ? bits.get(index) : ((BaseIntVector) numbers).getValueAsLong(index);
    }

    /** Copies a row's numbers. */
    void floats(int start, float[] into, int at) {
        switch (numbers) {
            case Float4Vector floats -> floats.getDataBuffer()
                    .nioBuffer((long) start * Float.BYTES, count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer().get(into, at, count);
            case Float8Vector doubles -> {
                for (int i = 0; i < count; i++) {
                    into[at + i] = (float) doubles.get(start + i);
                }
            }
            case Float2Vector halves -> {
                for (int i = 0; i < count; i++) {
                    into[at + i] = Float.float16ToFloat(halves.get(start + i));
                }
            }
            default -> {
                for (int i = 0; i < count; i++) {
                    into[at + i] = integer(start + i);
                }
            }
        }
    }
}
