package io.gimbal.storage;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A tensor in host memory, row-major and packed. The data is shared, not copied: whoever made the buffer must leave it
 * alone while the tensor is used. Safe for several threads that read.
 *
 * @param type the elements' type
 * @param shape the sizes, outermost first; empty for a scalar
 * @param data the elements, little-endian; at most 2 GiB
 */
public record HostTensor(DType type, long[] shape, ByteBuffer data) {
    /** @throws IllegalArgumentException if the data's size is not the shape's product times the element's size */
    public HostTensor {
        shape = shape.clone();
        long needed = Sizes.bytes(type, shape);
        if (needed != data.remaining()) {
            throw new IllegalArgumentException(type + " " + Arrays.toString(shape) + " needs " + needed + " bytes, not "
                    + data.remaining());
        }
        data = data.slice();
    }

    /** A tensor over a copy of these values. */
    public static HostTensor ofFloats(long[] shape, float... values) {
        ByteBuffer data = buffer(DType.F32, values.length);
        data.asFloatBuffer().put(values);
        return new HostTensor(DType.F32, shape, data);
    }

    /** A tensor over a copy of these values. */
    public static HostTensor ofDoubles(long[] shape, double... values) {
        ByteBuffer data = buffer(DType.F64, values.length);
        data.asDoubleBuffer().put(values);
        return new HostTensor(DType.F64, shape, data);
    }

    /** A tensor over a copy of these values. */
    public static HostTensor ofLongs(long[] shape, long... values) {
        ByteBuffer data = buffer(DType.I64, values.length);
        data.asLongBuffer().put(values);
        return new HostTensor(DType.I64, shape, data);
    }

    /** A tensor over a copy of these values. */
    public static HostTensor ofIntegers(long[] shape, int... values) {
        ByteBuffer data = buffer(DType.I32, values.length);
        data.asIntBuffer().put(values);
        return new HostTensor(DType.I32, shape, data);
    }

    /** A tensor of type U8 over a copy of these values. */
    public static HostTensor ofBytes(long[] shape, byte... values) {
        return new HostTensor(DType.U8, shape, ByteBuffer.wrap(values.clone()));
    }

    /** A copy of the sizes. */
    @Override
    public long[] shape() {
        return shape.clone();
    }

    /** A view of the elements with its own position, at 0, in little-endian order. */
    @Override
    public ByteBuffer data() {
        return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** How many elements there are. */
    public int elements() {
        return data.remaining() / type.bytes();
    }

    /**
     * A copy of the elements as float32; F64 is rounded, BF16 and F16 are exact.
     *
     * @throws IllegalStateException if the elements are integers
     */
    public float[] floats() {
        float[] values = new float[elements()];
        ByteBuffer from = data();
        switch (type) {
            case F32 -> from.asFloatBuffer().get(values);
            case F64 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) from.getDouble();
                }
            }
            case BF16 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = Float.intBitsToFloat(from.getShort() << 16);
                }
            }
            case F16 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = Float.float16ToFloat(from.getShort());
                }
            }
            default -> throw new IllegalStateException(this + " holds integers, not floating-point numbers");
        }
        return values;
    }

    /**
     * A copy of the elements as float64.
     *
     * @throws IllegalStateException if the elements are integers
     */
    public double[] doubles() {
        double[] values = new double[elements()];
        if (type == DType.F64) {
            data().asDoubleBuffer().get(values);
            return values;
        }
        float[] narrow = floats();
        for (int i = 0; i < values.length; i++) {
            values[i] = narrow[i];
        }
        return values;
    }

    /**
     * A copy of the elements as 64-bit integers; U8 is read without a sign, BOOL as 0 and 1.
     *
     * @throws IllegalStateException if the elements are floating-point numbers
     */
    public long[] longs() {
        long[] values = new long[elements()];
        ByteBuffer from = data();
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (type) {
                case I64 -> from.getLong();
                case I32 -> from.getInt();
                case U8 -> Byte.toUnsignedLong(from.get());
                case I8 -> from.get();
                case BOOL -> from.get() != 0 ? 1 : 0;
                default -> throw new IllegalStateException(this + " holds floating-point numbers, not integers");
            };
        }
        return values;
    }

    /** Type and shape as messages show them, {@code F32 [16, 3, 7, 7]}. */
    @Override
    public String toString() {
        return type + " " + Arrays.toString(shape);
    }

    /** Whether the other is a tensor of the same type, shape and bytes. */
    @Override
    public boolean equals(Object other) {
        return other instanceof HostTensor tensor && type == tensor.type && Arrays.equals(shape, tensor.shape)
                && data.equals(tensor.data);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(shape) + type.hashCode();
    }

    private static ByteBuffer buffer(DType type, int elements) {
        int bytes = Math.multiplyExact(elements, type.bytes());
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
