package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.data.ToyFunctions;
import io.gimbal.graph.Shape;
import java.util.Arrays;
import java.util.List;

/** GradNorm's toy problem. */
final class ToySource implements Source {
    /** Inputs learned from, and those held out. */
    private static final long LEARNED = 1;
    private static final long HELD_OUT = 2;
    private static final int MOST_FUNCTIONS = 32;

    @Override
    public String name() {
        return "toy";
    }

    @Override
    public List<String> keys() {
        return List.of("count", "scales");
    }

    @Override
    public boolean ofImages() {
        return false;
    }

    @Override
    public DataSet open(SourceRequest request) {
        Shape input = request.input();
        if (!input.flat() || input.channels() != ToyFunctions.INPUTS) {
            throw new UserException(request.own().place() + ": the toy problem has inputs of " + ToyFunctions.INPUTS
                    + " values, but model.input is " + input.describe());
        }
        Config scaled = request.at("scales");
        double[] scales = scaled.numbers("scales", Range.POSITIVE);
        if (scales.length == 0 || scales.length > MOST_FUNCTIONS) {
            throw scaled.error("scales", "has " + scales.length + " numbers, one a function; from 1 to "
                    + MOST_FUNCTIONS);
        }
        int count = request.at("count").positive("count");
        return request.own().placed(() -> new ToyFunctions(request.seed(), request.training() ? LEARNED : HELD_OUT,
                count, Arrays.stream(scales).boxed().toList()));
    }
}
