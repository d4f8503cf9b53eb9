package io.gimbal.graph;


/**
 * A tensor that flows through the network: the input, or what an operation leaves. Who makes and reads it, and what
 * depends on it, is its graph's to say. Immutable; a value is equal to itself alone.
 */
public final class Value {
    private final Shape shape;
    private final String description;

    private Value(Shape shape, String description) {
        this.shape = shape;
        this.description = description;
    }

    public static Value input(Shape shape) {
        return new Value(shape, "the network's input");
    }

    /**
     * What the operation of that name leaves.
     *
     * @throws io.gimbal.config.UserException if it has more elements than kernels count
     */
    public static Value leftBy(String operation, Shape shape) {
        ShapeChecks.requireRoom(operation, shape);
        return new Value(shape, "what " + operation + " leaves");
    }

    public Shape shape() {
        return shape;
    }

    /** What messages call it. */
    public String describe() {
        return description;
    }
}
