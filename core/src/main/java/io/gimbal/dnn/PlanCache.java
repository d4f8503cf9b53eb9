package io.gimbal.dnn;

import io.gimbal.cuda.Dnn;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiFunction;

/** The plans of a planner: each is made when it is first asked for, and lives until this is closed. */
final class PlanCache implements AutoCloseable {
    private record Key(ConvolutionDirection direction, ConvolutionGeometry geometry) {}

    private final Dnn dnn;
    private final BiFunction<ConvolutionDirection, ConvolutionGeometry, ConvolutionPlan> maker;
    private final Map<Key, ConvolutionPlan> plans = new HashMap<>();

    PlanCache(Dnn dnn, BiFunction<ConvolutionDirection, ConvolutionGeometry, ConvolutionPlan> maker) {
        this.dnn = dnn;
        this.maker = maker;
    }

    ConvolutionPlan plan(ConvolutionDirection direction, ConvolutionGeometry geometry) {
        return plans.computeIfAbsent(new Key(direction, geometry), key -> maker.apply(direction, geometry));
    }

    @Override
    public void close() {
        plans.values().forEach(plan -> dnn.destroyDescriptor(plan.descriptor()));
        plans.clear();
    }
}
