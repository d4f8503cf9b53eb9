package io.gimbal.graph.operation;

import io.gimbal.graph.Backward;
import io.gimbal.graph.Cotangent;
import io.gimbal.graph.Forward;
import io.gimbal.graph.ModelPlaces;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Parameter;
import io.gimbal.graph.Shape;
import io.gimbal.graph.Statistics;
import io.gimbal.graph.TaskSet;
import io.gimbal.graph.Value;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import io.gimbal.program.View;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Batch normalisation over all places of a channel (arXiv 1502.03167), together with what may lie behind it: a relu,
 * the addition that ends a residual block, a 2 x 2 max pooling or unpooling. The backward recomputes the relu's mask
 * from the input, so that little but the input is kept. Where its statistics are frozen it normalises by the running
 * ones in training, too: then dx = gamma inverse_std dy.
 */
public final class BatchNorm extends Operation {
    private final Parameter gamma;
    private final Parameter beta;
    private final float eps;
    private final Statistics statistics;
    private final boolean relu;
    private final Tail tail;

    /** What the same pass over memory does behind the normalisation (and the relu, which is before a pooling). */
    private sealed interface Tail {
        record None() implements Tail {}

        /** Adds another value, before the relu. */
        record Addition(Value other) implements Tail {}

        record Pooling(MaxPool pool) implements Tail {}

        record Unpooling(Unpool unpool) implements Tail {}
    }

    public BatchNorm(String name, Value x, Value y, Parameter gamma, Parameter beta, float eps,
            Statistics statistics) {
        this(name, List.of(x), y, gamma, beta, eps, statistics, false, new Tail.None());
    }

    private BatchNorm(String name, List<Value> inputs, Value y, Parameter gamma, Parameter beta, float eps,
            Statistics statistics, boolean relu, Tail tail) {
        super(name, inputs, List.of(y), List.of(gamma, beta));
        this.gamma = gamma;
        this.beta = beta;
        this.eps = eps;
        this.statistics = statistics;
        this.relu = relu;
        this.tail = tail;
    }

    public int channels() {
        return gamma.count();
    }

    /** What is added to the variance before its root is taken. */
    public float eps() {
        return eps;
    }

    public Statistics statistics() {
        return statistics;
    }

    /** Whether nothing but a relu is done behind the normalisation. */
    public boolean alone() {
        return tail instanceof Tail.None;
    }

    public boolean hasRelu() {
        return relu;
    }

    /** Whether a relu may be done in the same pass, before or behind what is done already. */
    public boolean takesRelu() {
        return !relu && (tail instanceof Tail.None || tail instanceof Tail.Addition);
    }

    /** The same with the relu that leaves y. */
    public BatchNorm withRelu(Value y) {
        return new BatchNorm(name(), inputs(), y, gamma, beta, eps, statistics, true, tail);
    }

    /** The same with an addition that leaves y. */
    public BatchNorm plus(Value other, Value y) {
        return with(List.of(input(), other), y, new Tail.Addition(other));
    }

    /** The same with that pooling. */
    public BatchNorm pooled(MaxPool pool) {
        return with(inputs(), pool.output(), new Tail.Pooling(pool));
    }

    /** The same with that unpooling. */
    public BatchNorm unpooled(Unpool unpool) {
        return with(inputs(), unpool.output(), new Tail.Unpooling(unpool));
    }

    private BatchNorm with(List<Value> inputs, Value y, Tail other) {
        return new BatchNorm(name(), inputs, y, gamma, beta, eps, statistics, relu, other);
    }

    @Override
    public List<Value> needed() {
        return tail instanceof Tail.Unpooling(Unpool unpool) ? unpool.needed() : List.of();
    }

    /** Behind an addition the relu's mask is that of what was left. */
    @Override
    public boolean needsOutput() {
        return relu && tail instanceof Tail.Addition;
    }

    private Region trainingMean(ModelPlaces memory) {
        return statistics.frozen() ? memory.runningMean(statistics) : memory.batchMean(statistics);
    }

    /** Without a tail the kernels read a slice of a wider tensor where it stands. */
    private View input(Forward pass) {
        return tail instanceof Tail.None ? pass.tensor(input()) : new View(pass.at(input()), channels());
    }

    private long places() {
        return input().shape().places();
    }

    private int relu() {
        return relu ? 1 : 0;
    }

    @Override
    public void forward(Forward pass) {
        ModelPlaces memory = pass.memory();
        View from = input(pass);
        Region x = from.region();
        Region inverseStd = pass.keep(this, pass.program().floats(name() + " inverse std", channels()));
        Region mean = pass.training() ? trainingMean(memory) : memory.runningMean(statistics);
        statistics(pass, from, mean, inverseStd);
        Object[] normalisation = {mean, inverseStd, memory.value(gamma), memory.value(beta)};
        int blocks = ProgramBuilder.blocks(Math.max(input().shape().elements(), output().shape().elements()));
        switch (tail) {
            case Tail.None() -> forwardAlone(pass, blocks, from, normalisation);
            case Tail.Addition(Value other) -> launch(pass.program(), "add_forward", blocks, x, pass.at(other),
                    normalisation, pass.allocate(this), places(), channels(), relu());
            case Tail.Pooling(MaxPool pool) -> launch(pass.program(), "pool_forward", blocks, x, normalisation,
                    pass.allocate(this), pool.keepIndex(pass), window(input().shape()), relu());
            case Tail.Unpooling(Unpool unpool) -> launch(pass.program(), "unpool_forward", blocks, x,
                    normalisation, unpool.pooling().index(pass), pass.allocate(this), window(output().shape()), relu());
        }
    }

    private void forwardAlone(Forward pass, int blocks, View from, Object[] normalisation) {
        View to = pass.allocateAnywhere(this);
        if (to.pitch() == channels()) {
            launch(pass.program(), "forward", blocks, from.region(), normalisation, to.region(), places(), channels(),
                    (long) from.pitch(), relu());
        } else {
            launch(pass.program(), "forward_into", blocks, from.region(), normalisation, to.region(), places(),
                    channels(), (long) from.pitch(), (long) to.pitch(), relu());
        }
    }

    /** Batch, height, width and channels of the larger side of a 2 x 2 pooling. */
    private static Object[] window(Shape large) {
        return new Object[] {large.batch(), large.height(), large.width(), large.channels()};
    }

    private void statistics(Forward pass, View x, Region mean, Region inverseStd) {
        ProgramBuilder program = pass.program();
        ModelPlaces memory = pass.memory();
        if (!pass.training() || statistics.frozen()) {
            program.launch("batch_norm", "batch_norm_inference_std", 1, memory.runningVariance(statistics), eps,
                    inverseStd, channels());
            return;
        }
        int blocks = ProgramBuilder.reductionBlocks(input().shape().elements());
        Region partials = program.floats("partial statistics", 2L * blocks * channels());
        program.launchPair("batch_norm", "batch_norm_statistics", blocks, x.region(), partials, places(),
                channels(), (long) x.pitch());
        Region variance = memory.batchVariance(statistics);
        if (!program.peers().shareStatistics()) {
            finish(program, partials, blocks, mean, inverseStd, variance);
            return;
        }
        int ranks = program.peers().count();
        Region all = program.floats("statistics by rank", 2L * ranks * channels());
        Region own = all.words(2L * program.peers().rank() * channels());
        finish(program, partials, blocks, own, inverseStd, own.words(channels()));
        program.gatherFromRanks(all, 2L * channels());
        program.launch("batch_norm", "batch_norm_statistics_join", ProgramBuilder.blocks(channels()), all, ranks,
                places(), channels(), eps, mean, inverseStd, variance);
    }

    private void finish(ProgramBuilder program, Region partials, int blocks, Region mean, Region inverseStd,
            Region variance) {
        program.launch("batch_norm", "batch_norm_statistics_finish", ProgramBuilder.finishBlocks(channels()),
                partials, blocks, places(), channels(), eps, mean, inverseStd, variance);
    }

    /** Launches {@code batch_norm_NAME}; arrays among the arguments stand for their elements. */
    private static void launch(ProgramBuilder program, String name, int blocks, Object... arguments) {
        String file = name.contains("backward") ? "batch_norm_backward" : "batch_norm";
        program.launchPair(file, "batch_norm_" + name, blocks, elements(arguments).toArray());
    }

    private static Stream<Object> elements(Object[] arguments) {
        return Arrays.stream(arguments).flatMap(argument ->
                argument instanceof Object[] several ? elements(several) : Stream.of(argument));
    }

    /** Launches the kernel of one task, or that of any number, which holds fewer blocks and takes more arguments. */
    private static void launchTasks(ProgramBuilder program, String name, int blocks, int tasks, Object[] arguments,
            Object... ofTasks) {
        if (tasks == 1) {
            launch(program, name, blocks, arguments);
        } else {
            launch(program, name + "_tasks", blocks, arguments, ofTasks);
        }
    }

    @Override
    public void backward(Backward pass) {
        ModelPlaces memory = pass.memory();
        ProgramBuilder program = pass.program();
        boolean measured = pass.measures(gamma) || pass.measures(beta);
        int stack = measured ? pass.rows(output()).size() : pass.runs(this, input());
        Cotangent dy = alone() ? pass.stored(output(), stack)
                : Cotangent.single(pass.incoming(output(), 1), output().shape().channels());
        View x = input(pass.forward());
        Object[] normalisation = {trainingMean(memory), pass.forward().kept(this), memory.value(gamma),
                memory.value(beta)};
        int blocks = ProgramBuilder.reductionBlocks(input().shape().elements());
        Region partials = program.floats("partial sums", 2L * blocks * stack * channels());
        Region sums = program.floats("sums", 2L * stack * channels());
        Region ofGamma = pass.gradient(gamma);
        Region ofBeta = pass.gradient(beta);
        Region gated = reduce(pass, blocks, x, dy, normalisation, partials, stack);
        program.launch("batch_norm_backward", "batch_norm_backward_finish", ProgramBuilder.finishBlocks(channels()),
                partials, blocks, sums, ofGamma, ofBeta, channels(), stack);
        pass.giveGradient(gamma, ofGamma);
        pass.giveGradient(beta, ofBeta);
        if (measured) {
            measure(pass, sums);
        }
        if (pass.wants(input())) {
            if (program.peers().shareStatistics() && !statistics.frozen()) {
                // The terms are the sums over the places: of all ranks those over as many ranks times the places.
                program.averageOverRanks(sums, 2L * stack * channels());
            }
            // By constant statistics the terms of the sums, which are those of the batch's mean and variance, are 0.
            Region terms = statistics.frozen() ? memory.zeros() : sums;
            apply(pass, x, gated == null ? dy : Cotangent.single(gated, channels()), normalisation, terms, stack);
        }
    }

    /** Leaves the partial sums; gives the cotangent behind the relu where a residual's other side needs it too. */
    private Region reduce(Backward pass, int blocks, View from, Cotangent dy, Object[] normalisation,
            Region partials, int stack) {
        ProgramBuilder program = pass.program();
        Region x = from.region();
        switch (tail) {
            case Tail.None() -> {
                Object[] arguments = {x, dy.region(), normalisation, partials, places(), channels(),
                        (long) from.pitch(), (long) dy.placeStride(), relu()};
                launchTasks(program, "backward_reduce", blocks, stack, arguments, stack, dy.taskStride());
            }
            case Tail.Addition(Value other) -> {
                Region y = pass.forward().at(output());
                Region gated = pass.wants(other) ? pass.target(this, other)
                        : program.elements("cotangent", other.shape().elements());
                launch(program, "add_backward_reduce", blocks, x, y, dy.region(), normalisation, gated, partials,
                        places(), channels(), relu());
                if (pass.wants(other)) {
                    pass.give(this, other, gated);
                }
                return gated;
            }
            case Tail.Pooling(MaxPool pool) -> launch(program, "pool_backward_reduce", blocks, x, dy.region(),
                    pool.index(pass.forward()), normalisation, partials, window(input().shape()), relu());
            case Tail.Unpooling(Unpool unpool) -> launch(program, "unpool_backward_reduce", blocks, x, dy.region(),
                    unpool.pooling().index(pass.forward()), normalisation, partials, window(output().shape()), relu());
        }
        return null;
    }

    private void apply(Backward pass, View from, Cotangent dy, Object[] normalisation, Region sums, int stack) {
        switch (tail) {
            case Tail.Pooling(MaxPool pool) -> applyWindows(pass, "pool_backward_apply", from.region(), dy, pool,
                    normalisation, sums, input().shape());
            case Tail.Unpooling(Unpool unpool) -> applyWindows(pass, "unpool_backward_apply", from.region(), dy,
                    unpool.pooling(), normalisation, sums, output().shape());
            case Tail.Addition ignored -> applyPlaces(pass, from, dy, normalisation, sums, stack, 0);
            case Tail.None ignored -> applyPlaces(pass, from, dy, normalisation, sums, stack, relu());
        }
    }

    private void applyWindows(Backward pass, String kernel, Region x, Cotangent dy, MaxPool pool,
            Object[] normalisation, Region sums, Shape large) {
        Region dx = pass.target(this, input());
        launch(pass.program(), kernel, ProgramBuilder.blocks(input().shape().elements()), x, dy.region(),
                pool.index(pass.forward()), normalisation, sums, dx, window(large), relu());
        pass.give(this, input(), dx);
    }

    private void applyPlaces(Backward pass, View from, Cotangent dy, Object[] normalisation, Region sums,
            int stack, int remainingRelu) {
        Optional<Cotangent> slice = pass.slice(input());
        boolean packed = stack > 1 && pass.wantsPacked(input());
        // Where this layer owns W its input has no rows: what goes on is the sum alone.
        boolean sumAlone = stack > 1 && pass.runs(this, input()) == 1;
        Optional<Cotangent> to = sumAlone ? Optional.empty() : slice.or(() -> Optional.of(target(pass, stack, packed)));
        Optional<Region> sum = sumAlone || packed && pass.needsSum(input())
                ? Optional.of(pass.program().elements("cotangent", input().shape().elements())) : Optional.empty();
        Object[] arguments = {from.region(), dy.region(), normalisation, sums,
                ProgramBuilder.orNull(to.map(Cotangent::region)), places(), channels(), (long) from.pitch(),
                (long) dy.placeStride(), to.map(Cotangent::placeStride).orElse(0).longValue(), remainingRelu};
        launchTasks(pass.program(), "backward_apply", ProgramBuilder.blocks(input().shape().elements() * stack), stack,
                arguments, ProgramBuilder.orNull(sum), stack, dy.taskStride(),
                to.map(Cotangent::taskStride).orElse(0L));
        if (packed) {
            pass.givePacked(input(), to.orElseThrow(), sum);
        } else if (slice.isPresent()) {
            pass.giveSlice(input());
        } else {
            pass.give(this, input(), to.map(Cotangent::region).or(() -> sum).orElseThrow());
        }
    }

    private Cotangent target(Backward pass, int stack, boolean packed) {
        Shape shape = input().shape();
        if (packed) {
            Region stacked = pass.program().elements("packed cotangents", shape.elements() * stack);
            return Cotangent.packed(stacked, stack, shape);
        }
        return Cotangent.byTask(pass.target(this, input()), stack, shape);
    }

    private void measure(Backward pass, Region sums) {
        ProgramBuilder program = pass.program();
        TaskSet rows = pass.rows(output());
        int tasks = rows.size();
        Region bySort = program.floats("sums by sort", 2L * tasks * channels());
        // [T][2][C] to [2][T][C]: first the gradients of beta, then those of gamma.
        program.launch("elementwise", "pack_tasks", 1, sums, bySort, 2L, channels(), tasks);
        long count = (long) tasks * channels();
        for (Parameter parameter : parameters()) {
            if (pass.measures(parameter)) {
                Region wanted = bySort.words(parameter == gamma ? count : 0);
                Region part = pass.taskGradients().target(parameter, rows);
                program.launch("elementwise", "sum_tasks", 1, wanted, part, count, 1, 1, 0L, 1L, 1L);
                pass.taskGradients().give(parameter, rows, part);
            }
        }
    }
}
