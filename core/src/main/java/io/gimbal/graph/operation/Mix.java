package io.gimbal.graph.operation;

import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import io.gimbal.graph.Backward;
import io.gimbal.graph.Forward;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Parameter;
import io.gimbal.graph.Shape;
import io.gimbal.graph.ShapeChecks;
import io.gimbal.graph.TaskSet;
import io.gimbal.graph.Value;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.ArrayList;
import java.util.List;

/**
 * A sum with learned coefficients, of each channel or of whole values: y = sum_j a_j x_j. With a coefficient a channel
 * it is the cross-stitch unit (arXiv 1604.03539, equation 1). The parameter [inputs, channels] or [inputs] is a, or a
 * is its softmax over the inputs.
 */
public final class Mix extends Operation {
    /** As many inputs as one launch adds up; more are added to what it left. */
    private static final int AT_ONCE = 4;

    private final Parameter weight;
    private final boolean softmax;

    public Mix(String name, List<Value> terms, Parameter weight, boolean softmax) {
        super(name, terms, List.of(Value.leftBy(name, terms.getFirst().shape())), List.of(weight));
        this.weight = weight;
        this.softmax = softmax;
    }

    /**
     * Its parameter, {@code NAME.weight}.
     *
     * @param start where each term's coefficients start; for none 1 over the number of terms
     */
    public static Parameter weight(String name, List<Value> terms, boolean byChannel, List<Double> start) {
        ShapeChecks.requireSeveral(name, "mix", terms);
        ShapeChecks.requireAlike(name, "mix", terms, "all must be alike to be mixed");
        int count = terms.size();
        if (!start.isEmpty() && start.size() != count) {
            throw new UserException(name + " (mix): start has " + start.size()
                    + (start.size() == 1 ? " number" : " numbers") + ", and what arrives is " + count
                    + " values; each has one");
        }
        start.forEach(number -> Range.FINITE.check(name + " (mix): start", number));
        int channels = terms.getFirst().shape().channels();
        float[] rows = new float[count];
        for (int term = 0; term < count; term++) {
            rows[term] = (float) (start.isEmpty() ? 1.0 / count : start.get(term));
        }
        ShapeChecks.checkCount(name + ".weight", (double) count * channels);
        return byChannel ? Parameter.rows(name + ".weight", rows, count, channels)
                : Parameter.rows(name + ".weight", rows, count);
    }

    /** Whether the coefficients are the parameter's softmax over the inputs. */
    public boolean softmax() {
        return softmax;
    }

    private int channels() {
        return output().shape().channels();
    }

    private int terms() {
        return inputs().size();
    }

    private boolean byChannel() {
        return weight.shape().length == 2;
    }

    /** Whether the coefficients are not the parameter as it stands. */
    private boolean made() {
        return softmax || !byChannel();
    }

    /** a [terms][channels]. */
    private Region coefficients(Forward pass) {
        Region kept = pass.kept(this);
        return kept == null ? pass.memory().value(weight) : kept;
    }

    @Override
    public void forward(Forward pass) {
        ProgramBuilder program = pass.program();
        if (made()) {
            Region a = pass.keep(this, program.floats(name() + " coefficients", (long) terms() * channels()));
            program.launch("join", "mix_coefficients", ProgramBuilder.blocks((long) terms() * channels()),
                    pass.memory().value(weight), a, terms(), channels(), flag(!byChannel()), flag(softmax));
        }
        List<Region> regions = inputs().stream().map(pass::at).toList();
        Region y = pass.allocate(this);
        for (int first = 0; first < terms(); first += AT_ONCE) {
            add(program, regions.subList(first, Math.min(first + AT_ONCE, terms())),
                    coefficients(pass).words((long) first * channels()), y, output().shape().places(), first > 0);
        }
    }

    private void add(ProgramBuilder program, List<Region> terms, Region coefficients, Region y, long places,
            boolean toWhatIsThere) {
        List<Object> arguments = new ArrayList<>(terms);
        while (arguments.size() < AT_ONCE) {
            arguments.add(ProgramBuilder.NULL);
        }
        arguments.addAll(List.of(coefficients, y, terms.size(), places, channels(), flag(toWhatIsThere)));
        program.launchPair("join", "mix_forward", ProgramBuilder.blocks(places * channels()), arguments.toArray());
    }

    private static int flag(boolean set) {
        return set ? 1 : 0;
    }

    @Override
    public void backward(Backward pass) {
        backwardToWeight(pass);
        Region coefficients = coefficients(pass.forward());
        for (int term = 0; term < terms(); term++) {
            Value input = inputs().get(term);
            if (pass.wants(input)) {
                int stack = pass.runs(this, input);
                Region dx = pass.target(this, input);
                add(pass.program(), List.of(pass.incoming(output(), stack)),
                        coefficients.words((long) term * channels()), dx, output().shape().places() * stack, false);
                pass.give(this, input, dx);
            }
        }
    }

    private void backwardToWeight(Backward pass) {
        ProgramBuilder program = pass.program();
        boolean measured = pass.measures(weight);
        TaskSet rows = pass.rows(output());
        int tasks = measured ? rows.size() : 1;
        Region gradient = measured ? pass.taskGradients().target(weight, rows) : pass.gradient(weight);
        long count = (long) tasks * terms() * channels();
        Region ofCoefficients = made() ? program.floats("gradients of coefficients", count) : gradient;
        sums(pass, tasks, ofCoefficients);
        if (made()) {
            program.launch("join", "mix_coefficients_backward", ProgramBuilder.blocks(count),
                    coefficients(pass.forward()), ofCoefficients, gradient, terms(), channels(), tasks,
                    flag(!byChannel()), flag(softmax));
        }
        if (measured) {
            pass.taskGradients().give(weight, rows, gradient);
        } else {
            pass.giveGradient(weight, gradient);
        }
    }

    /** Sums over places of dy x_j, [tasks][terms][channels]. */
    private void sums(Backward pass, int tasks, Region sums) {
        ProgramBuilder program = pass.program();
        Shape shape = output().shape();
        int blocks = ProgramBuilder.reductionBlocks(shape.elements());
        Region dy = pass.incoming(output(), tasks);
        for (int term = 0; term < terms(); term++) {
            Region partials = program.floats("partial gradients of coefficients", (long) blocks * tasks * channels());
            program.launchPair("join", "channel_sums", blocks, dy, pass.forward().at(inputs().get(term)), partials, 1,
                    (int) shape.places(), channels(), tasks);
            program.launch("join", "channel_sums_finish", ProgramBuilder.finishBlocks(channels()), partials, blocks,
                    sums.words((long) term * channels()), tasks, (long) channels(), (long) terms() * channels());
        }
    }
}
