package io.gimbal.dnn;

/** Plans the convolutions of a program: for the device at hand, or for one that is only described. Not thread-safe. */
public interface ConvolutionPlanner {
    /**
     * The plan for a convolution; the planner keeps it and gives the same one when it is asked again.
     *
     * @throws IllegalStateException if no engine may run it, with what each of them said
     */
    ConvolutionPlan plan(ConvolutionDirection direction, ConvolutionGeometry geometry);

    /** A plan in cuDNN's own words: a JSON object with the {@code engine}. */
    String describe(ConvolutionPlan plan);

    /** The same planner, which runs {@code planned} after each convolution, so that progress can be shown. */
    default ConvolutionPlanner telling(Runnable planned) {
        ConvolutionPlanner planner = this;
        return new ConvolutionPlanner() {
            @Override
            public ConvolutionPlan plan(ConvolutionDirection direction, ConvolutionGeometry geometry) {
                ConvolutionPlan plan = planner.plan(direction, geometry);
                planned.run();
                return plan;
            }

            @Override
            public String describe(ConvolutionPlan plan) {
                return planner.describe(plan);
            }
        };
    }
}
