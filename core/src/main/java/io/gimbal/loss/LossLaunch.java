package io.gimbal.loss;

import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import io.gimbal.engine.Criterion.TargetLayout;
import io.gimbal.engine.Prediction;
import io.gimbal.graph.Shape;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;

/** What the losses' launches have in common. */
final class LossLaunch {
    private LossLaunch() {}

    /** The target of a loss of that name that takes a place's channels for a vector. */
    static TargetLayout directions(String loss, Shape prediction, OptionalDouble ignore) {
        if (prediction.channels() < 2) {
            throw new UserException(loss + " needs a head that ends with at least 2 channels, for an angle; it ends "
                    + "with " + prediction.channels());
        }
        return new TargetLayout(0, prediction.channels(), ignore);
    }

    /** Counts the labelled places of float targets, times {@code perPlace}. */
    static void countLabels(ProgramBuilder program, Shape shape, Region target, OptionalDouble ignore, int perPlace,
            Region count) {
        int blocks = ProgramBuilder.reductionBlocks(shape.elements());
        Region partials = program.floats("partial counts", blocks);
        program.launch("loss", "count_labels", blocks, target, partials, shape.places(), shape.channels(),
                marker(ignore), present(ignore));
        program.launch("loss", "count_finish", 1, partials, blocks, perPlace, count);
    }

    /**
     * Launches a loss's pair of kernels, the fused ones where the logits have yet to be upsampled, and the sum over its
     * blocks.
     *
     * @param own the arguments that only this loss has
     */
    static void evaluate(ProgramBuilder program, String kernel, Prediction prediction, Region target, Region weight,
            Region count, Region loss, Object... own) {
        Shape shape = prediction.shape();
        int blocks = ProgramBuilder.reductionBlocks(shape.elements());
        Region partials = program.floats("partial losses", blocks);
        List<Object> arguments = new ArrayList<>(List.of(prediction.values(), target, weight, count,
                prediction.cotangent(), partials));
        boolean fused = prediction.upsampled();
        arguments.addAll(fused
                ? List.of(shape.batch(), prediction.rows(), prediction.columns(), shape.channels(), prediction.scale())
                : List.of(shape.places(), shape.channels()));
        arguments.addAll(List.of(prediction.pitch(), prediction.written()));
        arguments.addAll(List.of(own));
        program.launchPair(fused ? "upsampled_loss" : "loss", fused ? kernel + "_upsampled" : kernel, blocks,
                arguments.toArray());
        program.launch("loss", "loss_finish", 1, partials, blocks, count, loss);
    }

    /** A marker is compared in float32, and what is not a number equals nothing. */
    static void checkMarker(OptionalDouble ignore) {
        Objects.requireNonNull(ignore, "ignore is null").ifPresent(marker -> Range.FINITE.check("ignore", marker));
    }

    static float marker(OptionalDouble ignore) {
        return (float) ignore.orElse(0);
    }

    static int present(OptionalDouble ignore) {
        return ignore.isPresent() ? 1 : 0;
    }
}
