package io.gimbal.engine;

import io.gimbal.device.BFloat16;
import io.gimbal.graph.ModelPlaces;
import io.gimbal.graph.Parameter;
import io.gimbal.graph.Statistics;
import io.gimbal.program.Region;

/** A model's places with the averages in place of the parameters and running statistics, for inference. */
final class AveragedPlaces implements ModelPlaces {
    private final ModelLayout model;

    /** @param model one that keeps averages */
    AveragedPlaces(ModelLayout model) {
        this.model = model;
    }

    @Override
    public long count(Parameter parameter) {
        return model.count(parameter);
    }

    @Override
    public Region value(Parameter parameter) {
        return model.averages().words(model.placed(parameter).offset());
    }

    @Override
    public Region factor(Parameter parameter) {
        return model.averageCopies().map(copies -> copies.plusBytes(model.placed(parameter).offset()
                * BFloat16.BYTES)).orElseGet(() -> value(parameter));
    }

    @Override
    public Region gradient(Parameter parameter) {
        return model.gradient(parameter);
    }

    @Override
    public Region runningMean(Statistics of) {
        return model.runningAverages().words(model.statisticOffset(of));
    }

    @Override
    public Region runningVariance(Statistics of) {
        return runningMean(of).words(ModelLayout.roundUp(of.channels()));
    }

    @Override
    public Region batchMean(Statistics of) {
        return model.batchMean(of);
    }

    @Override
    public Region batchVariance(Statistics of) {
        return model.batchVariance(of);
    }

    @Override
    public Region zeros() {
        return model.zeros();
    }
}
