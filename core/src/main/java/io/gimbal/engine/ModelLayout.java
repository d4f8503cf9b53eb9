package io.gimbal.engine;

import io.gimbal.config.UserException;
import io.gimbal.device.BFloat16;
import io.gimbal.device.Precision;
import io.gimbal.graph.ModelPlaces;
import io.gimbal.graph.Parameter;
import io.gimbal.graph.Pitches;
import io.gimbal.graph.Statistics;
import io.gimbal.graph.StoredChannels;
import io.gimbal.graph.operation.BatchNorm;
import io.gimbal.program.Buffer;
import io.gimbal.program.BufferLayout;
import io.gimbal.program.Region;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Predicate;

/**
 * What a network keeps from step to step, and where: parameters, their gradients, and batch-norm statistics, each kind
 * flat and contiguous, so that an optimiser step is one launch. A program can be written over a layout; to run it, a
 * {@link ModelMemory} puts the layout on a device.
 */
public class ModelLayout extends BufferLayout implements ModelPlaces {
    /**
     * Each tensor starts at a multiple of 128 bytes, as vector loads and cuDNN want it; the words between stay zero.
     */
    static final int ALIGNMENT_WORDS = Parameter.ALIGNMENT_WORDS;
    /** What one byte buffer carries to the device and back. */
    static final int MOST_WORDS = Integer.MAX_VALUE / Float.BYTES;

    private final NetworkGraph graph;
    private final Precision precision;
    private final long parameterWords;
    private final long filterWords;
    private final long factorWords;
    private final long statisticWords;
    private final int waves;
    private final Map<String, PlacedParameter> byName = new HashMap<>();
    private final Map<String, Long> statisticOffsets = new HashMap<>();
    private final Buffer values;
    private final Buffer gradients;
    private final Buffer running;
    private final Buffer batch;
    private final Buffer momentum;
    private final Buffer zeros;
    private final Buffer copies;
    private final Buffer filterGradients;
    private final boolean averaged;
    private final Buffer averages;
    private final Buffer runningAverages;
    private final Buffer averageCopies;

    ModelLayout(NetworkGraph graph, Precision precision) {
        this(graph, precision, false);
    }

    /** @param averaged whether averages of the parameters and running statistics are kept */
    ModelLayout(NetworkGraph graph, Precision precision, boolean averaged) {
        this.graph = graph;
        this.precision = precision;
        this.averaged = averaged;
        Map<Parameter, StoredChannels> padded = new HashMap<>();
        Pitches pitches = graph.pitches(precision);
        graph.unmeasured().operations().forEach(operation -> padded.putAll(operation.padded(pitches)));
        filterWords = place(0, padded, Parameter::filter);
        factorWords = place(filterWords, padded, parameter -> parameter.factor() && !parameter.filter());
        parameterWords = Math.max(place(factorWords, padded, parameter -> !parameter.factor()), ALIGNMENT_WORDS);
        long statistics = 0;
        for (BatchNorm norm : graph.batchNorms()) {
            statisticOffsets.put(norm.name(), statistics);
            statistics += 2 * roundUp(norm.channels());
        }
        statisticWords = Math.max(ALIGNMENT_WORDS, statistics);
        waves = graph.batchNormUses().values().stream().mapToInt(uses -> uses).max().orElse(1);
        requireRoom("parameters", parameterWords);
        requireRoom("batch norms' statistics", waves * statisticWords);
        values = buffer("parameters", parameterWords * Float.BYTES);
        gradients = buffer("gradients", parameterWords * Float.BYTES);
        running = buffer("running statistics", statisticWords * Float.BYTES);
        batch = buffer("batch statistics", waves * statisticWords * Float.BYTES);
        momentum = buffer("momentum of the statistics", waves * statisticWords * Float.BYTES);
        zeros = buffer("zeros", 2L * graph.tasks().size() * widestFrozen() * Float.BYTES);
        copies = buffer("copies of the parameters", precision.low() ? factorWords * BFloat16.BYTES : 0);
        filterGradients = buffer("gradients of the filters", precision.low() ? filterWords * BFloat16.BYTES : 0);
        averages = buffer("averages of the parameters", averaged ? values.bytes() : 0);
        runningAverages = buffer("averages of the running statistics", averaged ? running.bytes() : 0);
        averageCopies = buffer("copies of the averages", averaged ? copies.bytes() : 0);
    }

    private long widestFrozen() {
        return graph.batchNorms().stream().filter(norm -> norm.statistics().frozen()).mapToLong(norm ->
                roundUp(norm.channels())).max().orElse(0);
    }

    /** Places the parameters of one kind one behind the other; gives the end. */
    private long place(long from, Map<Parameter, StoredChannels> padded, Predicate<Parameter> kind) {
        long words = from;
        for (Parameter parameter : graph.parameters()) {
            if (kind.test(parameter)) {
                StoredChannels channels = padded.getOrDefault(parameter,
                        new StoredChannels(parameter.outs(), parameter.ins()));
                PlacedParameter placed = new PlacedParameter(parameter, words, channels.outs(), channels.ins());
                byName.put(parameter.name(), placed);
                words += roundUp(placed.count());
            }
        }
        return words;
    }

    private static void requireRoom(String what, long words) {
        if (words > MOST_WORDS) {
            throw new UserException("The network's " + what + " are " + words + " values in memory; at most "
                    + MOST_WORDS + " may be: use fewer channels or features.");
        }
    }

    /**
     * {@return the layout of a step, without memory}
     *
     * @param plan of the step
     */
    public static ModelLayout of(StepPlan plan) {
        return new ModelLayout(plan.graph(), plan.precision(), plan.average().isPresent());
    }

    static long roundUp(long words) {
        return (words + ALIGNMENT_WORDS - 1) / ALIGNMENT_WORDS * ALIGNMENT_WORDS;
    }

    /** The network of the batch size that the layout was made for. */
    NetworkGraph graph() {
        return graph;
    }

    final long statisticOffset(Statistics of) {
        Long offset = statisticOffsets.get(of.module());
        if (offset == null) {
            throw new IllegalArgumentException(of.module() + " is not of this network");
        }
        return offset;
    }

    /** {@return how many words the flat parameter buffer has, gaps included: what an optimiser runs over} */
    public long parameterWords() {
        return parameterWords;
    }

    /** {@return all parameters, flat} */
    public Region values() {
        return values.region();
    }

    /** {@return all gradients, laid out as the parameters are} */
    public Region gradients() {
        return gradients.region();
    }

    /**
     * Where the parameter of that name lies: a graph of another batch size has parameters of its own, alike but without
     * a place.
     */
    final PlacedParameter placed(Parameter parameter) {
        PlacedParameter own = byName.get(parameter.name());
        if (own == null || !Arrays.equals(own.parameter().shape(), parameter.shape())) {
            throw new IllegalArgumentException(parameter + " is not of this network"
                    + (own == null ? "" : ", which has " + own.parameter()));
        }
        return own;
    }

    @Override
    public long count(Parameter parameter) {
        return placed(parameter).count();
    }

    private long offset(Parameter parameter) {
        return placed(parameter).offset();
    }

    /** {@return what the tensors are in memory} */
    public Precision precision() {
        return precision;
    }

    /** {@return how many words filters have, with which the flat buffers begin} */
    public long filterWords() {
        return filterWords;
    }

    /**
     * {@return words of all that products read, with which the flat buffers begin: filters, then the linear layers'
     * weights}
     */
    public long factorWords() {
        return factorWords;
    }

    /** {@return the bf16 copies of the first {@link #factorWords} parameters; in float32 there are none} */
    public Optional<Region> copies() {
        return precision.low() ? Optional.of(copies.region()) : Optional.empty();
    }

    /**
     * {@return the gradients of the first {@link #filterWords} parameters in bf16, as cuDNN wants them; in float32
     * none}
     */
    public Optional<Region> filterGradients() {
        return precision.low() ? Optional.of(filterGradients.region()) : Optional.empty();
    }

    @Override
    public Region value(Parameter parameter) {
        return values.region().words(offset(parameter));
    }

    @Override
    public Region factor(Parameter parameter) {
        return precision.low() ? copies.region().plusBytes(offset(parameter) * BFloat16.BYTES) : value(parameter);
    }

    @Override
    public Region gradient(Parameter parameter) {
        if (precision.low() && parameter.filter()) {
            return filterGradients.region().plusBytes(offset(parameter) * BFloat16.BYTES);
        }
        return gradients.region().words(offset(parameter));
    }

    /** Words of the running statistics, and of a wave of batch statistics. */
    long statisticWords() {
        return statisticWords;
    }

    /** How often a step moves the running statistics that it moves most often. */
    int waves() {
        return waves;
    }

    Region running() {
        return running.region();
    }

    /** The batch statistics of each batch norm that moves its running ones that often before in a step. */
    Region batch(int wave) {
        return batch.region().words(wave * statisticWords);
    }

    /** Of a wave of batch statistics; 0 where there are none. */
    Region momentum(int wave) {
        return momentum.region().words(wave * statisticWords);
    }

    @Override
    public Region runningMean(Statistics of) {
        return running.region().words(statisticOffset(of));
    }

    @Override
    public Region runningVariance(Statistics of) {
        return runningMean(of).words(roundUp(of.channels()));
    }

    @Override
    public Region batchMean(Statistics of) {
        return batch(of.use()).words(statisticOffset(of));
    }

    @Override
    public Region batchVariance(Statistics of) {
        return batchMean(of).words(roundUp(of.channels()));
    }

    /** {@return whether averages of the parameters and running statistics are kept, which inference then reads} */
    public boolean averaged() {
        return averaged;
    }

    /** The averages of all parameters, laid out as these are. */
    Region averages() {
        return averages.region();
    }

    /** The averages of the running statistics, laid out as these are. */
    Region runningAverages() {
        return runningAverages.region();
    }

    /** The bf16 copies of the first {@link #factorWords} averages; in float32 there are none. */
    Optional<Region> averageCopies() {
        return precision.low() ? Optional.of(averageCopies.region()) : Optional.empty();
    }

    /** What inference reads: the averages where they are kept, else the model itself. */
    ModelPlaces evaluated() {
        return averaged ? new AveragedPlaces(this) : this;
    }

    @Override
    public Region zeros() {
        return zeros.region();
    }

    /** {@return the tensors' names in order with their shapes in files} */
    public Map<String, long[]> shapes() {
        return graph.shapes();
    }

    /** {@return the name of GradNorm's W, where it is one parameter} */
    public Optional<String> sharedName() {
        return graph.shared().size() == 1 ? Optional.of(graph.shared().getFirst().name()) : Optional.empty();
    }

    /** {@return by the name of running statistics, how often a step moves them; files carry their counters, too} */
    public SequencedMap<String, Integer> batchNormUses() {
        return graph.batchNormUses();
    }
}
