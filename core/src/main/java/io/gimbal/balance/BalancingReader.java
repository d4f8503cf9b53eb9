package io.gimbal.balance;

import io.gimbal.config.Config;
import io.gimbal.config.Range;
import io.gimbal.engine.Balancing;
import io.gimbal.engine.Balancing.Measured;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/** Reads a {@link Balancing} from a configuration's {@code balance}. */
public final class BalancingReader {
    /** The keys of what moves a number a task. */
    private static final String RATE = "lr";
    private static final String OPTIMIZER = "optimizer";
    private static final String MEASURE = "measure";
    private static final String DIAGNOSE = "diagnose";

    /** A rule by its name: what it reads besides {@code method}, and how. */
    private record Kind(List<String> keys, BiFunction<Config, List<String>, Balancing> reader) {}

    /** In the order in which messages list them. */
    private static final SequencedMap<String, Kind> KINDS = new LinkedHashMap<>();

    static {
        put("gradnorm", BalancingReader::gradNorm, "alpha", RATE, OPTIMIZER, "min_weight", "max_weight",
                "positive", "initial", "start", "priority", MEASURE, "update_every", "warm_up", "freeze_after");
        put("equal", (balance, tasks) -> FixedWeights.equal());
        put("fixed", (balance, tasks) -> new FixedWeights(byTask(balance, "weights", Range.NON_NEGATIVE, tasks)),
                "weights");
        put("uncertainty", (balance, tasks) -> new Uncertainty(mover(balance), byTask(balance, "start", Range.FINITE,
                tasks)), RATE, OPTIMIZER, "start");
        put("dwa", (balance, tasks) -> new DynamicAverage(balance.number("temperature", Range.POSITIVE, 2)),
                "temperature");
        put("rlw", (balance, tasks) -> new RandomWeights());
        put("gls", (balance, tasks) -> new GeometricMean());
        put("si", (balance, tasks) -> new ScaleInvariant());
        put("imtl_l", (balance, tasks) -> new ImpartialLosses(mover(balance), byTask(balance, "start", Range.FINITE,
                tasks)), RATE, OPTIMIZER, "start");
        put("stch", (balance, tasks) -> new SmoothTchebycheff(balance.number("mu", Range.POSITIVE, 1),
                balance.nonNegative("warm_up", 0), byTask(balance, "nadir", Range.POSITIVE, tasks)), "mu", "warm_up",
                "nadir");
        put("mgda", (balance, tasks) -> new Mgda(choice(balance, "normalize", Mgda.Normalization.values()),
                measured(balance)), "normalize", MEASURE);
        put("pcgrad", (balance, tasks) -> new PcGrad(measured(balance)), MEASURE);
        put("gradvac", (balance, tasks) -> new GradVac(balance.number("beta", Range.FRACTION, 0.5),
                measured(balance)), "beta", MEASURE);
        put("cagrad", (balance, tasks) -> new CaGrad(balance.number("c", Range.NON_NEGATIVE, 0.5), rescale(balance),
                measured(balance)), "c", "rescale", MEASURE);
        put("imtl_g", (balance, tasks) -> new ImtlG(measured(balance)), MEASURE);
        put("nash", (balance, tasks) -> new NashMtl(measured(balance)), MEASURE);
        put("fairgrad", (balance, tasks) -> new FairGrad(balance.number("alpha", Range.POSITIVE, 1),
                measured(balance)), "alpha", MEASURE);
        put("aligned", (balance, tasks) -> new AlignedMtl(choice(balance, "scale", AlignedMtl.Scale.values()),
                measured(balance)), "scale", MEASURE);
        put("upgrad", (balance, tasks) -> new UpGrad(balance.number("regularize", Range.POSITIVE, 1e-4),
                measured(balance)), "regularize", MEASURE);
        put("dualproj", (balance, tasks) -> new DualProjection(balance.number("regularize", Range.POSITIVE, 1e-4),
                measured(balance)), "regularize", MEASURE);
        put("config", (balance, tasks) -> new ConFig(measured(balance)), MEASURE);
        put("graddrop", (balance, tasks) -> new GradDrop(leak(balance, tasks)), "leak");
    }

    private BalancingReader() {}

    private static void put(String method, BiFunction<Config, List<String>, Balancing> reader, String... keys) {
        KINDS.put(method, new Kind(List.of(keys), reader));
    }

    /** {@return the names of all rules} */
    public static List<String> methods() {
        return List.copyOf(KINDS.keySet());
    }

    /**
     * Reads the rule for these tasks.
     *
     * @param balance the part of a configuration
     * @param tasks   the network's, in order
     * @return the rule
     */
    public static Balancing read(Config balance, List<String> tasks) {
        String method = balance.choice("method", methods());
        Map<String, List<String>> keys = new LinkedHashMap<>();
        KINDS.forEach((name, kind) -> keys.put(name, withCommon(kind.keys())));
        balance.allow(method, keys);
        Balancing rule = KINDS.get(method).reader().apply(balance, tasks);
        return balance.placed(() -> {
            rule.check(tasks);
            return rule;
        });
    }

    /**
     * {@return whether each step is to be diagnosed; any rule can be}
     *
     * @param balance the part of a configuration
     */
    public static boolean diagnose(Config balance) {
        return balance.flag(DIAGNOSE, false);
    }

    private static List<String> withCommon(List<String> keys) {
        return Stream.concat(Stream.of("method", DIAGNOSE), keys.stream()).toList();
    }

    private static Balancing gradNorm(Config balance, List<String> tasks) {
        boolean exponential = balance.choice("positive", List.of("plain", "exp"), "plain").equals("exp");
        if (exponential && balance.has("min_weight")) {
            throw balance.error("min_weight", "has no meaning beside \"positive\": \"exp\", whose weights are above 0"
                    + " by themselves; leave one of them out");
        }
        boolean theoretical = balance.choice("initial", List.of("first", "theoretical"), "first")
                .equals("theoretical");
        Measured measured = balance.choice(MEASURE, List.of("shared", "parameters"), "shared").equals("shared")
                ? Measured.SHARED : Measured.PARAMETERS;
        return new GradNorm(balance.number("alpha", Range.NON_NEGATIVE, 1.5), mover(balance),
                balance.number("min_weight", Range.NON_NEGATIVE, GradNorm.DEFAULT_FLOOR), theoretical, byTask(balance,
                "start", Range.POSITIVE, tasks), measured, timing(balance), byTask(balance, "priority",
                Range.POSITIVE, tasks), cap(balance), exponential);
    }

    private static OptionalDouble cap(Config balance) {
        if (!balance.has("max_weight")) {
            return OptionalDouble.empty();
        }
        double cap = balance.number("max_weight", Range.POSITIVE);
        if (cap < 1) {
            throw balance.error("max_weight", "is " + cap + "; it may be 1 or more, since the weights sum to the number"
                    + " of tasks");
        }
        return OptionalDouble.of(cap);
    }

    private static GradNorm.Timing timing(Config balance) {
        int warmUp = balance.nonNegative("warm_up", 0);
        int freezeAfter = balance.nonNegative("freeze_after", 0);
        if (freezeAfter > 0 && freezeAfter <= warmUp) {
            throw balance.error("freeze_after", "is " + freezeAfter + ", and the warm_up lasts " + warmUp
                    + " steps: the weights would never move; it may be more than that, or 0 for never");
        }
        return new GradNorm.Timing(balance.positive("update_every", 1), warmUp, freezeAfter);
    }

    private static Mover mover(Config balance) {
        return new Mover(balance.choice(OPTIMIZER, List.of("adam", "sgd"), "adam").equals("adam"),
                balance.number(RATE, Range.NON_NEGATIVE, Mover.DEFAULT.rate()));
    }

    private static Measured measured(Config balance) {
        return balance.choice(MEASURE, List.of("representation", "parameters"), "representation")
                .equals("representation") ? Measured.REPRESENTATION : Measured.UPSTREAM;
    }

    private static CaGrad.Rescale rescale(Config balance) {
        return CaGrad.Rescale.values()[balance.has("rescale") ? balance.integerIn("rescale", 0, 2)
                : CaGrad.Rescale.BY_SQUARE.ordinal()];
    }

    /** A number for all tasks, or one for each that is named. */
    private static Map<String, Double> leak(Config balance, List<String> tasks) {
        if (balance.find("leak").filter(leak -> !leak.isObject()).isEmpty()) {
            return byTask(balance, "leak", Range.FRACTION, tasks);
        }
        double all = balance.number("leak", Range.FRACTION, 0);
        Map<String, Double> leaks = new LinkedHashMap<>();
        tasks.forEach(task -> leaks.put(task, all));
        return leaks;
    }

    /** One of them by its name; the first where none is named. */
    private static <T extends Named> T choice(Config balance, String key, T[] values) {
        List<String> names = Stream.of(values).map(Named::text).toList();
        return values[names.indexOf(balance.choice(key, names, names.getFirst()))];
    }

    private static Map<String, Double> byTask(Config balance, String key, Range range, List<String> tasks) {
        Map<String, Double> values = new LinkedHashMap<>();
        balance.find(key).ifPresent(given -> {
            given.allow(tasks);
            for (String task : given.keys()) {
                values.put(task, given.number(task, range, 1));
            }
        });
        return values;
    }
}
