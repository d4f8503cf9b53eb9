package io.gimbal.engine;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Batch normalisation over all places of a channel (arXiv 1502.03167), together with what may lie behind it: a relu,
 * the addition that ends a residual block, a 2 x 2 max pooling or unpooling. The backward recomputes the relu's mask
 * from the input, so that little but the input is kept.
 */
final class BatchNorm extends Operation {
    private final Parameter gamma;
    private final Parameter beta;
    private final float eps;
    private final float momentum;
    private boolean relu;
    private Tail tail = new Tail.None();

    /** What the same pass over memory does behind the normalisation (and the relu, which is before a pooling). */
    private sealed interface Tail {
        record None() implements Tail {}

        /** Adds another value, before the relu. */
        record Addition(Value other) implements Tail {}

        record Pooling(MaxPool pool) implements Tail {}

        record Unpooling(Unpool unpool) implements Tail {}
    }

    BatchNorm(String name, Value x, Parameter gamma, Parameter beta, float eps, float momentum) {
        super(name, List.of(x), List.of(gamma, beta));
        this.gamma = gamma;
        this.beta = beta;
        this.eps = eps;
        this.momentum = momentum;
    }

    int channels() {
        return gamma.count();
    }

    float momentum() {
        return momentum;
    }

    @Override
    List<Value> inputs() {
        return tail instanceof Tail.Addition(Value other) ? List.of(super.input(), other) : super.inputs();
    }

    /** Whether a relu that alone reads the output may become part of it. */
    boolean mayAbsorbRelu() {
        return !relu && (tail instanceof Tail.None || tail instanceof Tail.Addition);
    }

    /** Takes the relu behind it in: its output is the relu's from now on. */
    void absorb(Activation following) {
        relu = true;
        produce(following.output());
    }

    /** Whether what alone reads the output may become part of it; kernels with a tail have one cotangent. */
    boolean mayAbsorb(Operation following) {
        return tail instanceof Tail.None && !output().stacked() && !(following instanceof Add && relu);
    }

    void absorb(Add following, Value other) {
        tail = new Tail.Addition(other);
        produce(following.output());
        other.consumers().remove(following);
        other.consumers().add(this);
    }

    void absorb(MaxPool following) {
        tail = new Tail.Pooling(following);
        produce(following.output());
    }

    void absorb(Unpool following) {
        tail = new Tail.Unpooling(following);
        produce(following.output());
    }

    /** Without a tail the kernels read a slice of a wider tensor where it stands. */
    private Tensor input(ForwardPass pass) {
        return tail instanceof Tail.None ? pass.tensor(input()) : new Tensor(pass.at(input()), channels());
    }

    private long places() {
        return input().shape().places();
    }

    private int relu() {
        return relu ? 1 : 0;
    }

    @Override
    void forward(ForwardPass pass) {
        ModelLayout memory = pass.memory();
        Tensor from = input(pass);
        Region x = from.region();
        Region inverseStd = pass.keep(this, pass.program().floats(name() + " inverse std", channels()));
        Region mean = pass.training() ? memory.batchMean(this) : memory.runningMean(this);
        statistics(pass, from, mean, inverseStd);
        Object[] normalisation = {mean, inverseStd, memory.value(gamma), memory.value(beta)};
        int blocks = ProgramBuilder.blocks(Math.max(input().shape().elements(), output().shape().elements()));
        switch (tail) {
            case Tail.None() -> launch(pass.program(), "forward", blocks, x, normalisation, pass.allocate(this),
                    places(), channels(), (long) from.pitch(), relu());
            case Tail.Addition(Value other) -> launch(pass.program(), "add_forward", blocks, x, pass.at(other),
                    normalisation, pass.allocate(this), places(), channels(), relu());
            case Tail.Pooling(MaxPool pool) -> launch(pass.program(), "pool_forward", blocks, x, normalisation,
                    pass.allocate(this), pool.keepIndex(pass), window(input().shape()), relu());
            case Tail.Unpooling(Unpool unpool) -> launch(pass.program(), "unpool_forward", blocks, x,
                    normalisation, unpool.pooling().index(pass), pass.allocate(this), window(output().shape()), relu());
        }
    }

    /** Batch, height, width and channels of the larger side of a 2 x 2 pooling. */
    private static Object[] window(Shape large) {
        return new Object[] {large.batch(), large.height(), large.width(), large.channels()};
    }

    private void statistics(ForwardPass pass, Tensor x, Region mean, Region inverseStd) {
        ProgramBuilder program = pass.program();
        ModelLayout memory = pass.memory();
        if (!pass.training()) {
            program.launch("batch_norm", "batch_norm_inference_std", 1, memory.runningVariance(this), eps, inverseStd,
                    channels());
            return;
        }
        int blocks = ProgramBuilder.reductionBlocks(input().shape().elements());
        Region partials = program.floats("partial statistics", 2L * blocks * channels());
        program.launchPair("batch_norm", "batch_norm_statistics", blocks, x.region(), partials, places(),
                channels(), (long) x.pitch());
        program.launch("batch_norm", "batch_norm_statistics_finish", ProgramBuilder.finishBlocks(channels()),
                partials, blocks, places(), channels(), eps, mean, inverseStd, memory.batchVariance(this));
    }

    /** Launches {@code batch_norm_NAME}; arrays among the arguments stand for their elements. */
    private static void launch(ProgramBuilder program, String name, int blocks, Object... arguments) {
        String file = name.contains("backward") ? "batch_norm_backward" : "batch_norm";
        program.launchPair(file, "batch_norm_" + name, blocks, Arrays.stream(arguments).flatMap(argument ->
                argument instanceof Object[] several ? Arrays.stream(several) : Stream.of(argument)).toArray());
    }

    @Override
    void backward(BackwardPass pass) {
        ModelLayout memory = pass.memory();
        ProgramBuilder program = pass.program();
        boolean measured = pass.measures(gamma) || pass.measures(beta);
        int stack = measured ? pass.tasks() : pass.stack(this, input());
        Cotangent dy = stack > 1 ? pass.cotangent(output())
                : Cotangent.single(pass.incoming(output(), 1), output().shape().channels());
        Tensor x = input(pass.forward());
        Object[] normalisation = {memory.batchMean(this), pass.forward().kept(this), memory.value(gamma),
                memory.value(beta)};
        int blocks = ProgramBuilder.reductionBlocks(input().shape().elements());
        Region partials = program.floats("partial sums", 2L * blocks * stack * channels());
        Region sums = program.floats("sums", 2L * stack * channels());
        Region gated = reduce(pass, blocks, x, dy, normalisation, partials, stack);
        program.launch("batch_norm_backward", "batch_norm_backward_finish", ProgramBuilder.finishBlocks(channels()),
                partials, blocks, sums, memory.gradient(gamma), memory.gradient(beta), channels(), stack);
        if (measured) {
            measure(pass, sums);
        }
        if (input().learned()) {
            apply(pass, x, gated == null ? dy : Cotangent.single(gated, channels()), normalisation, sums, stack);
        }
    }

    /** Leaves the partial sums; gives the cotangent behind the relu where a residual's other side needs it too. */
    private Region reduce(BackwardPass pass, int blocks, Tensor from, Cotangent dy, Object[] normalisation,
            Region partials, int stack) {
        ProgramBuilder program = pass.program();
        Region x = from.region();
        switch (tail) {
            case Tail.None() -> launch(program, "backward_reduce", blocks, x, dy.region(), normalisation, partials,
                    places(), channels(), stack, (long) from.pitch(), dy.taskStride(), (long) dy.placeStride(),
                    relu());
            case Tail.Addition(Value other) -> {
                Region y = pass.forward().at(output());
                Region gated = pass.target(other, output().task());
                launch(program, "add_backward_reduce", blocks, x, y, dy.region(), normalisation, gated, partials,
                        places(), channels(), relu());
                if (other.learned()) {
                    pass.contribute(other, output().task(), gated);
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

    private void apply(BackwardPass pass, Tensor from, Cotangent dy, Object[] normalisation, Region sums, int stack) {
        switch (tail) {
            case Tail.Pooling(MaxPool pool) -> applyWindows(pass, "pool_backward_apply", from.region(), dy, pool,
                    normalisation, sums, input().shape());
            case Tail.Unpooling(Unpool unpool) -> applyWindows(pass, "unpool_backward_apply", from.region(), dy,
                    unpool.pooling(), normalisation, sums, output().shape());
            case Tail.Addition ignored -> applyPlaces(pass, from, dy, normalisation, sums, stack, 0);
            case Tail.None ignored -> applyPlaces(pass, from, dy, normalisation, sums, stack, relu());
        }
    }

    private void applyWindows(BackwardPass pass, String kernel, Region x, Cotangent dy, MaxPool pool,
            Object[] normalisation, Region sums, Shape large) {
        Region dx = pass.target(input(), output().task());
        launch(pass.program(), kernel, ProgramBuilder.blocks(input().shape().elements()), x, dy.region(),
                pool.index(pass.forward()), normalisation, sums, dx, window(large), relu());
        pass.contribute(input(), output().task(), dx);
    }

    private void applyPlaces(BackwardPass pass, Tensor from, Cotangent dy, Object[] normalisation, Region sums,
            int stack, int remainingRelu) {
        Optional<Cotangent> slice = pass.slice(input());
        boolean packed = stack > 1 && pass.wantsPacked(input());
        // Where this layer owns W its input is not stacked: what goes on is the sum alone.
        boolean sumAlone = stack > 1 && pass.stack(this, input()) == 1;
        Optional<Cotangent> to = sumAlone ? Optional.empty() : slice.or(() -> Optional.of(target(pass, stack, packed)));
        Optional<Region> sum = sumAlone || packed && pass.needsSum(input())
                ? Optional.of(pass.program().elements("cotangent", input().shape().elements())) : Optional.empty();
        launch(pass.program(), "backward_apply", ProgramBuilder.blocks(input().shape().elements() * stack),
                from.region(), dy.region(), normalisation, sums, ProgramBuilder.orNull(to.map(Cotangent::region)),
                ProgramBuilder.orNull(sum), places(), channels(), stack, (long) from.pitch(), dy.taskStride(),
                (long) dy.placeStride(), to.map(Cotangent::taskStride).orElse(0L),
                to.map(Cotangent::placeStride).orElse(0).longValue(), remainingRelu);
        if (packed) {
            pass.contributePacked(input(), to.orElseThrow().region(), sum);
        } else if (slice.isPresent()) {
            pass.contributeSlice(input());
        } else {
            pass.contribute(input(), output().task(), to.map(Cotangent::region).or(() -> sum).orElseThrow());
        }
    }

    private Cotangent target(BackwardPass pass, int stack, boolean packed) {
        Shape shape = input().shape();
        if (packed) {
            Region stacked = pass.program().elements("packed cotangents", shape.elements() * stack);
            return Cotangent.packed(stacked, stack, shape);
        }
        return Cotangent.byTask(pass.target(input(), output().task()), stack, shape);
    }

    private void measure(BackwardPass pass, Region sums) {
        ProgramBuilder program = pass.program();
        Region bySort = program.floats("sums by sort", 2L * pass.tasks() * channels());
        // [T][2][C] to [2][T][C]: first the gradients of beta, then those of gamma.
        program.launch("elementwise", "pack_tasks", 1, sums, bySort, 2L, channels(), pass.tasks());
        Region wanted = bySort.words(pass.measures(gamma) ? (long) pass.tasks() * channels() : 0);
        long count = (long) pass.tasks() * channels();
        program.launch("elementwise", "sum_tasks", 1, wanted, pass.taskGradients(), count, 1, 1, 0L, 1L, 1L);
        pass.gram();
    }
}
