package io.gimbal.measure;

import io.gimbal.device.KernelSignature;
import io.gimbal.program.ProgramBuilder;
import java.util.List;

/**
 * What a launch must do at least, as the head comment of its kernel's file counts it. Every tensor that it reads or
 * writes goes through memory once; partial sums count only where they are what a kernel is for.
 *
 * @param bytes      bytes that must be moved
 * @param operations additions, multiplications, comparisons and the like, one each; an exponential counts as its
 *                   polynomial
 */
public record KernelCost(long bytes, long operations) {
    private static final String BF16 = "_bf16";

    /**
     * The cost of a launch.
     *
     * @param file      the kernel's file in {@code kernels/}, without ending
     * @param kernel    the kernel's name
     * @param arguments those of the launch, in order; only numbers are looked at, and which pointers are null
     * @return the cost
     * @throws IllegalArgumentException if the kernel has no cost here, or the arguments are not as many as its
     *                                  parameters
     */
    public static KernelCost of(String file, String kernel, Object... arguments) {
        KernelSignature signature = KernelSignature.of(file, kernel);
        if (signature.parameters().size() != arguments.length) {
            throw new IllegalArgumentException(kernel + " takes " + signature.parameters().size() + " arguments, not "
                    + arguments.length + ": " + signature.parameters());
        }
        boolean low = kernel.endsWith(BF16);
        String name = low ? kernel.substring(0, kernel.length() - BF16.length()) : kernel;
        return new Launch(signature, List.of(arguments), low ? 2 : 4).cost(name);
    }

    /** A launch, its arguments by name. {@code e}: bytes of an element of the network's tensors. */
    private record Launch(KernelSignature signature, List<Object> arguments, long e) {
        KernelCost cost(String name) {
            return switch (name) {
                case "activation_forward" -> cost(2 * e * at("n"), at("n") * (at("kind") == 0 ? 1 : 20));
                case "activation_backward" -> cost((1 + 2 * at("T")) * e * at("n"),
                        at("n") * at("T") * (at("kind") == 0 ? 1 : 3));
                case "activation_backward_packed" -> cost((1 + 2 * at("T") + (has("sum") ? 1 : 0)) * e * places("C"),
                        places("C") * at("T") * ((at("kind") == 0 ? 1 : 3) + (has("sum") ? 1 : 0)));
                case "linear_unit_forward" -> cost(2 * e * at("n"), at("n") * unit());
                case "linear_unit_backward" -> cost((1 + 2 * at("T")) * e * at("n"), at("n") * unitSlope());
                case "linear_unit_backward_packed" -> cost((1 + 2 * at("T") + (has("sum") ? 1 : 0)) * e * places("C"),
                        places("C") * (unitSlope() + (has("sum") ? at("T") : 0)));
                case "softmax_forward" -> cost(2 * e * places("C"), 45 * places("C"));
                case "softmax_backward" -> cost((1 + 2 * at("R")) * e * places("C"), 4 * at("R") * places("C"));
                case "softmax_adjacent_forward" -> cost(2 * e * at("sets") * at("n"), 45 * at("sets") * at("n"));
                case "softmax_adjacent_backward" -> cost((1 + 2 * at("R")) * e * at("sets") * at("n"),
                        4 * at("R") * at("sets") * at("n"));
                case "dropout" -> cost(2 * e * at("T") * at("n"), (25 + at("T")) * at("n"));
                case "add" -> cost(3 * e * at("n"), at("n"));
                case "scaled_sum" -> cost((at("K") + 1) * e * at("n"), 2 * at("K") * at("n"));
                case "multiply" -> cost((1 + 2 * at("T")) * e * at("n"), at("T") * at("n"));
                case "multiply_by_channel" -> cost(e * at("C") * at("N") * (2 * at("T") * at("HW") + 1),
                        at("T") * at("N") * at("HW") * at("C"));
                case "multiply_by_place" -> cost(e * at("M") * (2 * at("T") * at("C") + 1), at("T") * places("C"));
                case "gate_forward" -> cost(3 * e * at("n"), 21 * at("n"));
                case "multiply_backward" -> cost((2 + at("T") * (1 + (has("da") ? 1 : 0) + (has("db") ? 1 : 0))) * e
                        * at("n"), (2 * at("T") + (at("gate") == 0 ? 0 : 23)) * at("n"));
                case "channel_sums" -> cost((1 + at("T")) * e * at("N") * at("HW") * at("C"),
                        2 * at("T") * at("N") * at("HW") * at("C"));
                case "channel_sums_finish" -> finish(at("T") * at("K"), 1, e * at("T") * at("K"));
                case "place_sums" -> cost(e * at("M") * ((1 + at("T")) * at("C") + at("T")), 2 * at("T") * places("C"));
                case "mix_forward" -> cost((at("K") + (at("adds") == 0 ? 1 : 2)) * e * places("C")
                        + 4 * at("K") * at("C"), 2 * at("K") * places("C"));
                case "mix_coefficients" -> cost(8 * at("K") * at("C"), at("K") * at("C"));
                case "mix_coefficients_backward" -> cost((4 + 8 * at("T")) * at("K") * at("C"),
                        4 * at("T") * at("K") * at("C"));

                case "spread_slice" -> cost(e * at("M") * (at("K") + at("C")), 0);
                case "pixel_shuffle_forward", "pixel_shuffle_backward" -> cost(2 * e * at("N") * at("H") * at("W")
                        * at("C") * at("s") * at("s"), 0);

                case "sum_tasks" -> cost((at("T") + 1) * e * places("K"), (at("T") - 1) * places("K"));
                case "combine_tasks" -> cost((at("T") + 1) * e * places("K") + 8 * at("T"),
                        (2 * at("T") - 1) * places("K"));
                case "scale_by_weight" -> cost(2 * e * places("K") + 4, places("K"));
                case "widen" -> cost((e + 4) * places("K"), 0);
                case "narrow" -> cost(6 * at("n"), 0);
                case "pack_tasks" -> cost(2 * e * at("T") * places("K"), 0);
                case "transpose" -> cost(2 * e * at("B") * at("R") * at("C"), 0);
                case "bias_forward" -> cost(2 * e * places("K") + 4 * at("K"), places("K"));
                case "bias_backward" -> cost(e * at("T") * places("K"), at("T") * places("K"));
                case "bias_backward_finish" -> finish(at("T") * at("K"), 1,
                        4 * at("K") * ((has("per_task") ? at("T") : 0) + (has("total") ? 1 : 0)));

                case "max_pool_forward" -> cost(e * inputs() + (e + 1) * outputs(), outputs() * window());
                case "max_pool_backward" -> cost(at("T") * e * (inputs() + outputs()) + outputs(),
                        at("T") * outputs() * window());
                case "max_unpool_forward" -> cost(e * inputs() + (e + 1) * outputs(), outputs() * window());
                case "max_unpool_backward" -> cost(at("T") * e * (inputs() + outputs()) + outputs(),
                        at("T") * outputs() * window());
                case "average_pool_forward" -> cost(e * (inputs() + outputs()), outputs() * window());
                case "average_pool_backward" -> cost(e * (inputs() + outputs()), outputs() * window());
                case "global_average_forward", "global_average_backward" -> cost(
                        e * at("N") * at("C") * (at("HW") + 1), at("N") * at("HW") * at("C"));

                case "upsample_bilinear_forward" -> cost(e * (inputs() + upsampled()), 7 * upsampled());
                case "upsample_bilinear_backward" -> cost(e * (inputs() + upsampled()), 8 * upsampled());
                case "upsample_nearest_forward" -> cost(e * (inputs() + upsampled()), 0);
                case "upsample_nearest_backward" -> cost(e * (inputs() + upsampled()), upsampled());

                case "resize_bilinear_forward" -> cost(e * (lookedAt(2) + outputs()), 7 * outputs());
                case "resize_bilinear_backward" -> cost(e * (inputs() + outputs()), 8 * outputs());
                case "resize_nearest_forward" -> cost(e * (lookedAt(1) + outputs()), 0);
                case "resize_nearest_backward" -> cost(e * (inputs() + outputs()), outputs());

                case "attention_forward", "attention_near_forward" -> cost(2 * e * imagePlaces() * (at("C") + at("D"))
                        + (has("logsumexp") ? 4 * attentionRows() : 0), attentionPairs(at("C") + at("D"), 1));
                case "attention_backward_dots" -> cost(e * at("N") * at("places") * at("D") * (1 + at("T"))
                        + 4 * at("N") * at("places") * at("heads") * at("T"),
                        2 * at("N") * at("places") * at("D") * at("T"));
                case "attention_backward_q", "attention_backward_k", "attention_near_backward_q",
                        "attention_near_backward_k" -> cost(e * imagePlaces() * (2 * at("C") + at("D")
                        + at("T") * (at("C") + at("D"))) + 4 * attentionRows() * (1 + at("T")),
                        attentionPairs(2 * at("C") + at("D"), at("T")));
                case "attention_backward_v", "attention_near_backward_v" -> cost(e * imagePlaces() * (2 * at("C")
                        + 2 * at("T") * at("D"))
                        + 4 * attentionRows(), attentionPairs(at("C") + at("D"), at("T")));

                case "select_batch" -> cost(8 * at("words"), 0);
                case "select_images" -> cost(at("places") * (4 * at("C") + e * at("pitch")),
                        2 * at("places") * at("C"));

                case "inspect_batch" -> cost(12 + 24 * (at("T") + 1), 0);

                case "learning_rate" -> cost(12, 10);
                case "clip_squares" -> cost(gradients(), 2 * at("n"));
                case "clip_finish" -> finish(1, 1, 8);
                case "sgd" -> cost(8 * at("n") + (has("m") ? 8 * at("n") : 0) + gradients() + copies() + groups(),
                        6 * at("n"));
                case "adam" -> cost(24 * at("n") + gradients() + copies() + groups(), 15 * at("n"));
                case "average" -> cost(12 * at("n") + (has("copy") ? 2 * at("copied") : 0), 4 * at("n"));
                case "running_statistics" -> cost(16 * at("n"), 3 * at("n"));

                case "gram", "gram_wide" -> cost(e * at("P") * (at("T") + (has("sum") ? 1 : 0)),
                        at("P") * at("T") * (at("T") + 1 + (has("sum") ? 1 : 0)));
                case "gram_finish" -> finish(at("T") * (at("T") + 1) / 2, 1, 8 * at("T") * at("T"));
                case "drop_signs" -> cost(e * at("N") * at("places") * ((at("T") + 1) * at("C") + at("pitch")),
                        at("places") * at("C") * (30 + 8 * at("T") + at("N") * (5 + 6 * at("T"))));
                case "drop_sums" -> cost(e * at("N") * at("places") * (at("T") + 1) * at("C")
                        + 4 * at("T") * at("places") * at("C"), at("places") * at("C") * at("N") * 4 * at("T"));
                case "drop_signs_by_sums" -> cost(e * at("N") * at("places") * (at("T") * at("C") + at("pitch"))
                        + 4 * at("T") * at("places") * at("C"),
                        at("places") * at("C") * (30 + 8 * at("T") + at("N") * (5 + 4 * at("T"))));
                case "drop_finish" -> finish(2 * at("T"), 1, 8 * at("T") * (at("T") + 1));
                case "judge_step" -> cost(56 * at("T") + 112 + 4 * at("words"), 4 * at("T"));
                case "learn_gradnorm" -> cost(104 * at("T") + 12, 45 * at("T"));
                case "learn_initial" -> cost(12 * at("T") + 4, at("T"));
                case "learn_uncertainty" -> cost(100 * at("T") + 4, 30 * at("T"));
                case "learn_impartial" -> cost(92 * at("T") + 4, 30 * at("T"));
                case "learn_average" -> cost(84 * at("T") + 12, 20 * at("T"));
                case "learn_nadir" -> cost(40 * at("T") + 12, 4 * at("T"));
                case "diagnose" -> cost(12 * at("T") * at("T") + 16, 48 * at("T") * at("T") * at("T"));
                case "weigh_geometric", "weigh_invariant" -> cost(20 * at("T"), 20 * at("T"));
                case "weigh_tchebycheff" -> cost(44 * at("T") + 8, 60 * at("T"));
                case "weigh_randomly" -> cost(16 * at("T") + 8, 140 * at("T"));
                case "keep_averages" -> cost(16 * at("T") * at("T") + 4, 0);

                case "solve_mgda", "solve_dualproj" -> rule(0, onSupports());
                case "solve_cagrad" -> rule(0, 3 * onSupports());
                case "solve_upgrad" -> rule(0, at("T") * onSupports());
                case "solve_fairgrad" -> rule(0, 10 * at("T") * at("T") * (at("T") + 4));
                case "solve_imtl_g", "solve_config", "solve_aligned" -> rule(0, 48 * at("T") * at("T") * at("T"));
                case "solve_pcgrad" -> rule(8, 3 * at("T") * at("T") * at("T"));
                case "solve_gradvac" -> rule(8 + 16 * at("T") * at("T"), 8 * at("T") * at("T") * at("T"));

                case "count_labels" -> at("has_ignore") == 0 ? cost(4, 1) : cost(4 * places("C"), places("C"));
                case "count_positives" -> cost(4 * places("C"), 2 * places("C"));
                case "shares_finish" -> finish(1, 1, 12);
                case "count_classes" -> cost(4 * at("M"), at("M"));
                case "count_finish" -> finish(1, 1, 4);
                case "loss_finish" -> finish(1, 1, 8);
                case "cross_entropy" -> loss(at("M"), at("M"), at("M"), 25);
                case "balanced_cross_entropy" -> loss(at("M"), at("M"), places("C"), 40);
                case "regression" -> loss(at("M"), at("M"), places("C"), 5);
                case "cosine" -> loss(at("M"), at("M"), places("C"), 8);
                case "normalized_l1" -> loss(at("M"), at("M"), places("C"), 14);
                case "cross_entropy_upsampled" -> loss(imagePlaces(), upsampledPlaces(), upsampledPlaces(), 34);
                case "balanced_cross_entropy_upsampled" -> loss(imagePlaces(), upsampledPlaces(),
                        upsampledPlaces() * at("C"), 49);
                case "regression_upsampled" -> loss(imagePlaces(), upsampledPlaces(), upsampledPlaces() * at("C"), 14);
                case "cosine_upsampled" -> loss(imagePlaces(), upsampledPlaces(), upsampledPlaces() * at("C"), 17);
                case "normalized_l1_upsampled" -> loss(imagePlaces(), upsampledPlaces(),
                        upsampledPlaces() * at("C"), 23);

                case "batch_norm_statistics" -> cost(e * places("C"), 3 * places("C"));
                case "batch_norm_statistics_finish" -> finish(2 * at("C"), 3, 12 * at("C"));
                case "batch_norm_statistics_join" -> cost((8 * at("ranks") + 12) * at("C"),
                        (8 * at("ranks") + 12) * at("C"));
                case "batch_norm_inference_std" -> cost(8 * at("C"), 3 * at("C"));
                case "batch_norm_forward", "batch_norm_forward_into" -> cost(2 * e * places("C") + 16 * at("C"),
                        (4 + at("relu")) * places("C"));
                case "batch_norm_add_forward" -> cost(3 * e * places("C") + 16 * at("C"),
                        (5 + at("relu")) * places("C"));
                case "batch_norm_pool_forward", "batch_norm_unpool_forward" -> cost(e * (inputs() + halved()) + halved()
                        + 16 * at("C"), (4 + at("relu")) * inputs());
                case "batch_norm_backward_reduce" -> normalisationReduce(1);
                case "batch_norm_backward_reduce_tasks" -> normalisationReduce(at("T"));
                case "batch_norm_add_backward_reduce" -> cost(4 * e * places("C") + 16 * at("C"), 6 * places("C"));
                case "batch_norm_pool_backward_reduce", "batch_norm_unpool_backward_reduce" -> cost(
                        e * (inputs() + halved()) + halved() + 16 * at("C"), 5 * inputs());
                case "batch_norm_backward_finish" -> finish(2 * at("T") * at("C"), 1, 8 * (at("T") + 1) * at("C"));
                case "batch_norm_backward_apply" -> normalisationApply(1, 1);
                case "batch_norm_backward_apply_tasks" -> normalisationApply(at("T"),
                        (has("dx") ? at("T") : 0) + (has("sum") ? 1 : 0));
                case "batch_norm_pool_backward_apply" -> cost(e * (2 * inputs() + halved()) + halved() + 24 * at("C"),
                        8 * inputs());
                case "batch_norm_unpool_backward_apply" -> cost(e * (inputs() + 2 * halved()) + halved() + 24 * at("C"),
                        8 * halved());
                default -> throw new IllegalArgumentException("the kernel " + name
                        + " has no cost: write what its head comment says into KernelCost");
            };
        }

        private static KernelCost cost(long bytes, long operations) {
            return new KernelCost(bytes, operations);
        }

        /** Operations of a linear unit. */
        private long unit() {
            return switch ((int) at("kind")) {
                case 3 -> 2;
                case 4 -> 25;
                case 6 -> 22;
                default -> 40;
            };
        }

        /** Operations of its slope and the products with each task's cotangent. */
        private long unitSlope() {
            return at("kind") == 3 ? 2 * at("T") : 20 + at("T");
        }

        /** A rule that combines gradients: a Gram matrix, losses, counts; coefficients, and whether it fell back. */
        private KernelCost rule(long more, long operations) {
            return cost(8 * at("T") * at("T") + 16 * at("T") + 4 + more, operations);
        }

        /** The optima on the supports of 1 to T / 2 tasks, one after the other, and the slopes by all tasks there. */
        private long onSupports() {
            long half = (at("T") + 1) / 2;
            return half * half * half * half / 4 + 4 * half * at("T") * at("T");
        }

        /** The sum over blocks of so many floats each. */
        private KernelCost finish(long floats, long operations, long written) {
            return cost(4 * at("blocks") * floats + written, operations * at("blocks") * floats);
        }

        /** Logits are read and their gradients written; classes that a gradient is only padded by count too. */
        private KernelCost loss(long places, long outputs, long targets, long operations) {
            return cost(e * places * (at("C") + at("written")) + 4 * targets, operations * outputs * at("C"));
        }

        private KernelCost normalisationReduce(long tasks) {
            return cost((1 + tasks) * e * places("C") + 16 * at("C"), (2 + 3 * tasks) * places("C"));
        }

        private KernelCost normalisationApply(long tasks, long written) {
            return cost((1 + tasks + written) * e * places("C") + 24 * at("C"), (2 + 6 * tasks) * places("C"));
        }

        /** What an optimiser reads of gradients and writes of the copy. */
        /** Of an optimiser's groups a byte for 32 elements. */
        private long groups() {
            return has("groups") ? (at("n") + 31) / 32 : 0;
        }

        /** Of the copy of an optimiser's parameters in bf16. */
        private long copies() {
            return has("copy") ? 2 * at("copied") : 0;
        }

        /** Of gradients, of which the first may be in bf16. */
        private long gradients() {
            long low = has("low_gradients") ? at("low") : 0;
            return 2 * low + 4 * (at("n") - low);
        }

        private long places(String channels) {
            return at("M") * at(channels);
        }

        private long imagePlaces() {
            return at("N") * at("H") * at("W");
        }

        private long attentionRows() {
            return imagePlaces() * at("heads");
        }

        /** Multiplications and additions of so many channels of each pair of places, and its exponential a head. */
        private long attentionPairs(long channels, long tasks) {
            long pairs = at("N") * inReach(at("H")) * inReach(at("W"));
            return pairs * tasks * (2 * channels + 25 * at("heads"));
        }

        /** Pairs of rows, or of columns, that look at each other. */
        private long inReach(long size) {
            long half = at("window") == 0 ? size - 1 : Math.min(at("window") / 2, size - 1);
            return size * (2 * half + 1) - half * (half + 1);
        }

        private long upsampledPlaces() {
            return imagePlaces() * at("scale") * at("scale");
        }

        private long inputs() {
            return imagePlaces() * at("C");
        }

        private long upsampled() {
            return upsampledPlaces() * at("C");
        }

        private long outputs() {
            return at("N") * at("P") * at("Q") * at("C");
        }

        /** Elements of the rows and columns that are looked at, where each output looks at so many of each. */
        private long lookedAt(int each) {
            return at("N") * Math.min(at("H"), each * at("P")) * Math.min(at("W"), each * at("Q")) * at("C");
        }

        /** Elements behind a 2 x 2 pooling of the images. */
        private long halved() {
            return at("N") * (at("H") / 2) * (at("W") / 2) * at("C");
        }

        private long window() {
            return at("kernel") * at("kernel");
        }

        private Object argument(String name) {
            int index = signature.parameters().indexOf(name);
            if (index < 0) {
                throw new IllegalArgumentException(signature.kernel() + " has no parameter " + name
                        + ", which its cost is counted by; it has " + signature.parameters());
            }
            return arguments.get(index);
        }

        private long at(String number) {
            return ((Number) argument(number)).longValue();
        }

        /** Whether a pointer is not null. */
        private boolean has(String pointer) {
            return !argument(pointer).equals(ProgramBuilder.NULL);
        }
    }
}
