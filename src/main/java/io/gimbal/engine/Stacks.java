package io.gimbal.engine;

/** The T cotangents of W's output side by side in the channels, as the one wide weight-gradient wants them. */
final class Stacks {
    private Stacks() {}

    /** [T][places][channels] to [places][T * channels]. */
    static Region packed(BackwardPass pass, Operation operation) {
        Region stacked = pass.incoming(operation.output(), pass.tasks());
        if (pass.tasks() == 1) {
            return stacked;
        }
        Shape shape = operation.output().shape();
        long count = shape.elements() * pass.tasks();
        Region packed = pass.program().floats("packed cotangents", count);
        pass.program().launch("elementwise", "pack_tasks", ProgramBuilder.blocks(count), stacked, packed,
                shape.places(), shape.channels(),
                pass.tasks());
        return packed;
    }
}
