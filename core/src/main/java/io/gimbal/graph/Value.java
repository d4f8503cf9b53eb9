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

    /**
     * {@return what a network takes}
     *
     * @param shape of it
     */
    public static Value input(Shape shape) {
        return new Value(shape, "the network's input");
    }

    /**
     * {@return what the operation of that name leaves}
     *
     * @param operation its name
     * @param shape     of the value
     * @throws io.gimbal.config.UserException if it has more elements than kernels count
     */
    public static Value leftBy(String operation, Shape shape) {
        ShapeChecks.requireRoom(operation, shape);
        return new Value(shape, "what " + operation + " leaves");
    }

    /** {@return its shape} */
    public Shape shape() {
        return shape;
    }

    /** {@return what messages call it} */
    public String describe() {
        return description;
    }
}
