package io.gimbal.engine;

import java.util.ArrayList;
import java.util.List;

/** A tensor that flows through the network: the input, or what an operation leaves. */
public final class Value {
    /** The section of values that all tasks share. */
    static final int TRUNK = -1;

    private final Shape shape;
    private final Operation producer;
    private final int task;
    private final boolean learned;
    private final List<Operation> consumers = new ArrayList<>();
    private boolean stacked;
    private boolean predicted;
    private boolean padded;

    Value(Shape shape, Operation producer, int task, boolean learned) {
        this.shape = shape;
        this.producer = producer;
        this.task = task;
        this.learned = learned;
    }

    public Shape shape() {
        return shape;
    }

    /** What messages call it. */
    String describe() {
        return producer == null ? "the network's input" : "what " + producer.name() + " leaves";
    }

    /** The operation that makes it; null for the input. */
    Operation producer() {
        return producer;
    }

    /** The task whose head it belongs to, or {@link #TRUNK}. */
    int task() {
        return task;
    }

    /** Whether a parameter lies before it, so that its cotangent is needed. */
    boolean learned() {
        return learned;
    }

    List<Operation> consumers() {
        return consumers;
    }

    /** Whether that operation alone reads it: no other one, and no loss. */
    boolean readOnlyBy(Operation operation) {
        return !predicted && consumers.size() == 1 && consumers.getFirst() == operation;
    }

    /** Says that it is what a head predicts. */
    void predict() {
        predicted = true;
    }

    /**
     * Says that in bf16 its places may have more channels than its shape says, so that cuDNN finds a multiple of 8; the
     * added ones are zero.
     */
    void pad() {
        padded = true;
    }

    /** Elements from one place to the next where it is stored alone. */
    int pitch(Precision precision) {
        return padded && precision.low() ? Precision.paddedChannels(shape.channels()) : shape.channels();
    }

    /** Whether W lies before it in the trunk, so that each task's cotangent is kept apart here. */
    boolean stacked() {
        return stacked;
    }

    void stack() {
        stacked = true;
    }
}
