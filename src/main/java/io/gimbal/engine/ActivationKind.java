package io.gimbal.engine;

/** The activations that {@code elementwise.cu} has. */
public enum ActivationKind {
    RELU(0),
    SIGMOID(1),
    TANH(2);

    private final int number;

    ActivationKind(int number) {
        this.number = number;
    }

    /** The kernel's number for it. */
    int number() {
        return number;
    }
}
