package io.gimbal.measure;

import java.util.List;

/**
 * One thing done once for all tasks, against the same done for each task by itself.
 *
 * @param subject what is done
 * @param form    how it is done at once, in words
 * @param tasks   how many
 * @param wide    at once
 * @param single  for each task
 */
public record WideComparison(Subject subject, String form, int tasks, Side wide, Side single) {
    /** What can be done at once. */
    public enum Subject {
        /** Each task's gradient of W, the weight whose gradients' norms are balanced. */
        SHARED_GRADIENT("the tasks' gradients of W"),
        /** The heads' first convolutions. */
        HEADS_FORWARD("the heads' first convolutions, forward"),
        /** Their filters' gradients. */
        HEADS_BACKWARD_FILTER("the heads' first convolutions, backward filter"),
        /** What they hand on to the trunk. */
        HEADS_BACKWARD_DATA("the heads' first convolutions, backward data");

        private final String text;

        Subject(String text) {
            this.text = text;
        }

        /** {@return its name in words} */
        public String text() {
            return text;
        }
    }

    /**
     * One of the two ways.
     *
     * @param convolutions that it runs, with the planner's engines
     * @param launches     convolutions, products and kernels that it runs
     * @param seconds      of all of it
     * @param operations   multiplications and additions of all of it
     * @param bytes        that it must read and write at least, each tensor of each launch once
     */
    public record Side(List<PlannedStep.PlannedConvolution> convolutions, int launches, Distribution seconds,
            double operations, double bytes) {
        /** Keeps a copy. */
        public Side {
            convolutions = List.copyOf(convolutions);
        }

        /** {@return how many multiplications and additions a second it made} */
        public double flops() {
            return operations / seconds.median();
        }
    }

    /** {@return how many times as long it takes for each task by itself} */
    public double ratio() {
        return single.seconds.median() / wide.seconds.median();
    }

    /**
     * All that a step does at once.
     *
     * @param comparisons one for each such thing
     * @param absent      a sentence for what the step does not do at once, and why
     */
    public record All(List<WideComparison> comparisons, List<String> absent) {
        /** Keeps copies. */
        public All {
            comparisons = List.copyOf(comparisons);
            absent = List.copyOf(absent);
        }
    }
}
