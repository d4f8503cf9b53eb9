package io.gimbal.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.balance.AlignedMtl;
import io.gimbal.balance.BalancingReader;
import io.gimbal.balance.CaGrad;
import io.gimbal.balance.ConFig;
import io.gimbal.balance.DualProjection;
import io.gimbal.balance.DynamicAverage;
import io.gimbal.balance.FairGrad;
import io.gimbal.balance.FixedWeights;
import io.gimbal.balance.GradDrop;
import io.gimbal.balance.GradNorm;
import io.gimbal.balance.GradVac;
import io.gimbal.balance.ImpartialLosses;
import io.gimbal.balance.ImtlG;
import io.gimbal.balance.Mgda;
import io.gimbal.balance.Mover;
import io.gimbal.balance.NashMtl;
import io.gimbal.balance.PcGrad;
import io.gimbal.balance.SmoothTchebycheff;
import io.gimbal.balance.Uncertainty;
import io.gimbal.balance.UpGrad;
import io.gimbal.checkpoint.StartValues;
import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.data.Field;
import io.gimbal.data.Sampler;
import io.gimbal.device.Precision;
import io.gimbal.engine.Balancing.Measured;
import io.gimbal.engine.GraphBuilder;
import io.gimbal.engine.Initial;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.engine.ParameterGroup;
import io.gimbal.engine.StepPlan;
import io.gimbal.graph.Shape;
import io.gimbal.graph.operation.ActivationKind;
import io.gimbal.loss.BalancedBinaryCrossEntropy;
import io.gimbal.loss.Cosine;
import io.gimbal.loss.CrossEntropy;
import io.gimbal.loss.Loss;
import io.gimbal.loss.NormalizedL1;
import io.gimbal.loss.LossReader;
import io.gimbal.loss.Regression;
import io.gimbal.loss.TaskSpec;
import io.gimbal.model.Network;
import io.gimbal.model.NetworkReader;
import io.gimbal.nn.Layer;
import io.gimbal.nn.Layers;
import io.gimbal.optimizer.Adam;
import io.gimbal.optimizer.OptimizerReader;
import io.gimbal.optimizer.Schedule;
import io.gimbal.optimizer.Sgd;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.DoubleFunction;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a program or a configuration gives in place of a sound argument is taken on purpose, or refused by name. */
class BadArgumentsTest {
    private static final List<Record> SOUND = List.of(
            new Adam(1e-3, 0.9, 0.999, 1e-8, 0.01, true),
            new Sgd(1e-3, 0.9, 0.01),
            new ParameterGroup("heads.*", 10, 0.5),
            new Schedule(1e-3, Schedule.Kind.STEP, 3, 100, 10, 0.5, 1, 1e-5),
            new GradNorm(1.5, 0.025, true, 1e-4, false, Map.of("a", 2.0)),
            new FixedWeights(Map.of("a", 2.0)),
            new Mover(true, 0.1),
            new GradNorm.Timing(2, 3, 9),
            new Uncertainty(Mover.DEFAULT, Map.of("a", 2.0)),
            new ImpartialLosses(Mover.DEFAULT, Map.of("a", 2.0)),
            new DynamicAverage(2),
            new SmoothTchebycheff(1, 2, Map.of("a", 2.0)),
            new Mgda(Mgda.Normalization.L2, Measured.UPSTREAM),
            new PcGrad(Measured.UPSTREAM),
            new GradVac(0.5, Measured.UPSTREAM),
            new CaGrad(0.5, CaGrad.Rescale.NONE, Measured.UPSTREAM),
            new ImtlG(Measured.UPSTREAM),
            new NashMtl(Measured.UPSTREAM),
            new FairGrad(2, Measured.UPSTREAM),
            new AlignedMtl(AlignedMtl.Scale.RMSE, Measured.UPSTREAM),
            new UpGrad(1e-3, Measured.UPSTREAM),
            new DualProjection(1e-3, Measured.UPSTREAM),
            new ConFig(Measured.UPSTREAM),
            new GradDrop(Map.of("a", 0.5)),
            new Regression(Regression.Kind.HUBER, 1, OptionalDouble.of(255)),
            new Cosine(OptionalDouble.of(0)),
            new NormalizedL1(OptionalDouble.of(0)),
            new BalancedBinaryCrossEntropy(OptionalDouble.of(-1)),
            new CrossEntropy(3, 255, true),
            new TaskSpec("a", Loss.l1(), "depth"),
            new Examples(new float[1], Map.of(), Map.of()),
            new DeviceExamples(null, Map.of()),
            new StartValues(Map.of(), List.of()),
            new Field("depth", 1, Field.Kind.VALUES, 0, 0),
            new Field("classes", 1, Field.Kind.CLASSES, 3, 255),
            new Shape(2, 3, 4, 5, false),
            new Layer.Conv2d(3, 3, 1, 1, 1, 1, true, Optional.empty()),
            new Initial.Blocks(List.of(1.0)),
            new Layer.TransposedConv2d(3, 3, 1, 1, true),
            new Layer.Linear(3, true),
            new Layer.BatchNorm(1e-5, 0.1),
            new Layer.Activation(ActivationKind.LEAKY_RELU, 0.2),
            new Layer.Dropout(0.5),
            new Layer.AdjacentSoftmax(2),
            new Layer.GroupSoftmax(2),
            new Layer.MaxPool(2, 2, 0),
            new Layer.MaxUnpool("trunk.0"),
            new Layer.Upsample(2, true),
            new Layer.Resize(2, 3, true),
            new Layer.AveragePool(2, 2, 0),
            new Layer.GlobalAveragePool(true),
            new Layer.Flatten(3),
            new Layer.Residual(List.of(Layers.relu()), List.of()));

    /** What may stand in place of the sound argument. Sizes that are too large are refused where a network is built. */
    private static final Set<String> TAKEN = new TreeSet<>(List.of(
            "Adam.rate 0.0", "Adam.rate -0.0", "Adam.beta1 0.0", "Adam.beta1 -0.0", "Adam.beta2 0.0",
            "Adam.beta2 -0.0", "Adam.weightDecay 0.0", "Adam.weightDecay -0.0", "Adam.rate 1.0", "Adam.eps 1.0",
            "Adam.weightDecay 1.0", "Sgd.rate 0.0", "Sgd.rate -0.0", "Sgd.rate 1.0", "Sgd.momentum 0.0",
            "Sgd.momentum -0.0", "Sgd.momentum 1.0", "Sgd.weightDecay 0.0", "Sgd.weightDecay -0.0",
            "Sgd.weightDecay 1.0", "ParameterGroup.rateFactor 0.0", "ParameterGroup.rateFactor -0.0",
            "ParameterGroup.rateFactor 1.0", "ParameterGroup.decayFactor 0.0", "ParameterGroup.decayFactor -0.0",
            "ParameterGroup.decayFactor 1.0", "Schedule.base 0.0", "Schedule.base -0.0", "Schedule.base 1.0",
            "Schedule.warmUp 0", "Schedule.warmUp 9223372036854775807", "Schedule.steps 9223372036854775807",
            "Schedule.period 9223372036854775807", "Schedule.factor 1.0", "Schedule.power 1.0",
            "Schedule.minimum 0.0", "Schedule.minimum -0.0", "Schedule.minimum 1.0", "GradNorm.alpha 0.0",
            "GradNorm.alpha -0.0", "GradNorm.alpha 1.0", "Mover.rate 0.0", "Mover.rate -0.0",
            "Mover.rate 1.0", "Timing.every 2147483647", "Timing.warmUp 0", "Timing.freezeAfter 0",
            "Timing.freezeAfter 2147483647", "DynamicAverage.temperature 1.0", "SmoothTchebycheff.mu 1.0",
            "SmoothTchebycheff.warmUp 0", "SmoothTchebycheff.warmUp 2147483647", "GradVac.beta 0.0",
            "GradVac.beta -0.0", "GradVac.beta 1.0", "CaGrad.c 0.0", "CaGrad.c -0.0", "CaGrad.c 1.0",
            "FairGrad.alpha 1.0", "UpGrad.regularize 1.0", "DualProjection.regularize 1.0", "GradNorm.floor 0.0",
            "GradNorm.floor -0.0", "GradNorm.floor 1.0",
            "Regression.parameter 1.0", "CrossEntropy.classes 2147483647", "CrossEntropy.ignore 2147483647",
            "CrossEntropy.ignore 0", "CrossEntropy.ignore -1", "CrossEntropy.ignore -2147483648",
            "DeviceExamples.inputs null", "Field.classes 2147483647", "Field.ignore 0.0",
            "Field.classes 0", "Field.ignore -0.0", "Field.ignore 1.0", "Field.ignore -1.0", "Shape.batch 2147483647",
            "Shape.height 2147483647", "Shape.width 2147483647", "Shape.channels 2147483647",
            "Conv2d.out 2147483647", "Conv2d.kernel 2147483647", "Conv2d.stride 2147483647", "Conv2d.padding 0",
            "Conv2d.padding 2147483647", "Conv2d.dilation 2147483647", "Conv2d.groups 2147483647",
            "TransposedConv2d.out 2147483647",
            "TransposedConv2d.kernel 2147483647", "TransposedConv2d.stride 2147483647", "TransposedConv2d.padding 0",
            "TransposedConv2d.padding 2147483647", "Linear.out 2147483647", "BatchNorm.eps 1.0",
            "BatchNorm.momentum 0.0", "BatchNorm.momentum -0.0", "BatchNorm.momentum 1.0", "Activation.parameter -1.0",
            "Activation.parameter -0.0", "Activation.parameter 0.0", "Activation.parameter 1.0",
            "AdjacentSoftmax.adjacent 2147483647",
            "GroupSoftmax.groups 2147483647", "Dropout.p 0.0",
            "Dropout.p -0.0",
            "MaxPool.kernel 2147483647", "MaxPool.stride 2147483647", "MaxPool.padding 0",
            "MaxPool.padding 2147483647", "Resize.height 2147483647", "Resize.width 2147483647",
            "AveragePool.kernel 2147483647", "AveragePool.stride 2147483647",
            "AveragePool.padding 0", "AveragePool.padding 2147483647", "Upsample.scale 2147483647",
            "Flatten.features 2147483647"));

    private static final double[] DOUBLES = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -1, -0.0,
        0, 1, 1e-50, 1e39, -1e39, Double.MIN_VALUE, Double.MAX_VALUE, -Double.MAX_VALUE};
    private static final float[] FLOATS = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -1, -0f, 0, 1};

    private static Object[] candidates(Class<?> type) {
        if (type == double.class) {
            return Arrays.stream(DOUBLES).boxed().toArray();
        }
        if (type == float.class) {
            return new Object[] {FLOATS[0], FLOATS[1], FLOATS[2], FLOATS[3], FLOATS[4], FLOATS[5], FLOATS[6]};
        }
        if (type == int.class) {
            return new Object[] {Integer.MIN_VALUE, -1, 0, Integer.MAX_VALUE};
        }
        if (type == long.class) {
            return new Object[] {Long.MIN_VALUE, -1L, 0L, Long.MAX_VALUE};
        }
        return type == boolean.class ? new Object[0] : new Object[] {null};
    }

    @ParameterizedTest
    @FieldSource("SOUND")
    void everyPartOfADescriptionIsTakenOnPurposeOrRefusedByName(Record sound) throws ReflectiveOperationException {
        RecordComponent[] parts = sound.getClass().getRecordComponents();
        var constructor = sound.getClass().getDeclaredConstructor(Arrays.stream(parts).map(RecordComponent::getType)
                .toArray(Class[]::new));
        for (int part = 0; part < parts.length; part++) {
            for (Object candidate : candidates(parts[part].getType())) {
                Object[] arguments = new Object[parts.length];
                for (int i = 0; i < parts.length; i++) {
                    arguments[i] = i == part ? candidate : parts[i].getAccessor().invoke(sound);
                }
                String what = sound.getClass().getSimpleName() + "." + parts[part].getName() + " " + candidate;
                try {
                    constructor.newInstance(arguments);
                    assertTrue(TAKEN.contains(what), what + " is taken");
                } catch (InvocationTargetException e) {
                    assertSentence(what, e.getCause());
                    assertFalse(TAKEN.contains(what) && !what.startsWith("Field."), what + ": " + e.getCause());
                }
            }
        }
    }

    /** A user's fault, or where null was given the name of the argument. */
    private static void assertSentence(String what, Throwable refusal) {
        boolean named = refusal instanceof UserException || refusal instanceof NullPointerException;
        assertTrue(named && refusal.getMessage() != null && refusal.getMessage().matches("(?s).+ (is|are|has|have) .+"),
                () -> what + ": " + refusal);
    }

    private static String refusal(Runnable wrong) {
        return assertThrows(UserException.class, wrong::run).getMessage();
    }

    /** The same number in a program and in a configuration. */
    private record Twin(String name, DoubleFunction<Object> program, String configuration,
            Function<Config, Object> reader) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static final List<String> TASKS = List.of("a");
    private static final NetworkGraph GRAPH = Network.ofFeatures(2).trunk(Layers.linear(3))
            .head("a", Layers.linear(1)).graph(2);

    private static Twin optimizer(String key, String method, DoubleFunction<Object> program) {
        return new Twin(method + " " + key, program, "{'method': '" + method + "', " + key + "}",
                config -> OptimizerReader.read(config, GRAPH));
    }

    private static Twin balance(String key, String method, DoubleFunction<Object> program) {
        return new Twin(method + " " + key, program, "{'method': '" + method + "', " + key + "}",
                config -> BalancingReader.read(config, TASKS));
    }

    private static Twin loss(String key, String loss, DoubleFunction<Object> program) {
        return new Twin(loss + " " + key, program, "{'loss': '" + loss + "', " + key + "}",
                config -> LossReader.read(config, 3));
    }

    private static Twin schedule(String key, String kind, DoubleFunction<Object> program) {
        return new Twin(kind + " " + key, program, "{'kind': '" + kind + "', " + key + "}",
                config -> Schedule.read(config, 1e-3, 100));
    }

    private static Twin layer(String key, String layer, DoubleFunction<Object> program) {
        return new Twin(layer + " " + key, program, "{'input': [3, 8, 8], 'trunk': [{'layer': '" + layer + "', " + key
                + "}], 'heads': {'a': []}}", NetworkReader::read);
    }

    static Stream<Twin> twins() {
        return Stream.of(
                optimizer("'lr': X", "adam", x -> Adam.withRate(x)),
                optimizer("'betas': [X, 0.9]", "adam", x -> new Adam(1e-3, x, 0.9, 1e-8, 0, false)),
                optimizer("'betas': [0.9, X]", "adamw", x -> new Adam(1e-3, 0.9, x, 1e-8, 0, true)),
                optimizer("'eps': X", "adam", x -> new Adam(1e-3, 0.9, 0.9, x, 0, false)),
                optimizer("'weight_decay': X", "adam", x -> new Adam(1e-3, 0.9, 0.9, 1e-8, x, false)),
                optimizer("'lr': 1e30, 'weight_decay': X", "adamw", x -> new Adam(1e30, 0.9, 0.9, 1e-8, x, true)),
                optimizer("'lr': X", "sgd", x -> new Sgd(x, 0, 0)),
                optimizer("'momentum': X", "sgd", x -> new Sgd(1e-3, x, 0)),
                optimizer("'weight_decay': X", "sgd", x -> new Sgd(1e-3, 0, x)),
                optimizer("'clip_norm': X", "sgd", x -> new Sgd(1e-3, 0, 0).clipped(x)),
                optimizer("'clip_norm': X", "adamw", x -> Adam.withRate(1e-3).clipped(x)),
                optimizer("'groups': {'*': {'lr_factor': X}}", "sgd", x -> new Sgd(1e-3, 0, 0).group("*", x, 1)),
                optimizer("'groups': {'*': {'decay_factor': X}}", "adamw",
                        x -> Adam.withRate(1e-3).group("*", 1, x)),
                new Twin("average", x -> planned(Map.of("a", 1.0), OptionalDouble.of(x)), "{'average': X}",
                        OptimizerReader::average),
                balance("'alpha': X", "gradnorm", GradNorm::withAlpha),
                balance("'lr': X", "gradnorm", x -> new GradNorm(1, x, true, 1e-4, false, Map.of())),
                balance("'min_weight': X", "gradnorm", x -> new GradNorm(1, 0.1, true, x, false, Map.of())),
                balance("'start': {'a': X}", "gradnorm", x -> new GradNorm(1, 0.1, true, 0, false, Map.of("a", x))),
                balance("'max_weight': X", "gradnorm", x -> GradNorm.withAlpha(1).atMost(x)),
                balance("'priority': {'a': X}", "gradnorm", x -> GradNorm.withAlpha(1).favouring(Map.of("a", x))),
                balance("'lr': X", "uncertainty", x -> new Uncertainty(Mover.adam(x), Map.of())),
                balance("'start': {'a': X}", "uncertainty", x -> new Uncertainty(Mover.DEFAULT, Map.of("a", x))),
                balance("'start': {'a': X}", "imtl_l", x -> new ImpartialLosses(Mover.DEFAULT, Map.of("a", x))),
                balance("'temperature': X", "dwa", DynamicAverage::new),
                balance("'mu': X", "stch", x -> new SmoothTchebycheff(x, 0, Map.of())),
                balance("'nadir': {'a': X}", "stch", x -> new SmoothTchebycheff(1, 0, Map.of("a", x))),
                balance("'beta': X", "gradvac", x -> new GradVac(x, Measured.REPRESENTATION)),
                balance("'c': X", "cagrad", x -> new CaGrad(x, CaGrad.Rescale.NONE, Measured.REPRESENTATION)),
                balance("'alpha': X", "fairgrad", x -> new FairGrad(x, Measured.REPRESENTATION)),
                balance("'regularize': X", "upgrad", x -> new UpGrad(x, Measured.REPRESENTATION)),
                balance("'regularize': X", "dualproj", x -> new DualProjection(x, Measured.REPRESENTATION)),
                balance("'leak': {'a': X}", "graddrop", x -> new GradDrop(Map.of("a", x))),
                balance("'leak': X", "graddrop", x -> new GradDrop(Map.of("a", x))),
                balance("'weights': {'a': X}", "fixed", x -> planned(Map.of("a", x))),
                loss("'delta': X", "huber", Loss::huber),
                loss("'positive_weight': X", "binary_cross_entropy", Loss::binaryCrossEntropy),
                loss("'ignore': X", "l1", x -> Loss.l1().ignore(x)),
                loss("'ignore': X", "cosine", x -> Loss.cosine().ignore(x)),
                loss("'normalize': true, 'ignore': X", "l1", x -> Loss.normalizedL1().ignore(x)),
                loss("'positive_weight': 'batch', 'ignore': X", "binary_cross_entropy",
                        x -> Loss.balancedBinaryCrossEntropy().ignore(x)),
                schedule("'minimum': X", "cosine", x -> new Schedule(1e-3, Schedule.Kind.COSINE, 0, 100, 1, 1, 1, x)),
                schedule("'power': X", "polynomial",
                        x -> new Schedule(1e-3, Schedule.Kind.POLYNOMIAL, 0, 100, 1, 1, x, 0)),
                schedule("'period': 1, 'factor': X", "step",
                        x -> new Schedule(1e-3, Schedule.Kind.STEP, 0, 100, 1, x, 1, 0)),
                layer("'slope': X", "leaky_relu", Layers::leakyRelu),
                layer("'alpha': X", "elu", Layers::elu),
                layer("'p': X", "dropout", Layers::dropout),
                layer("'out': 1, 'kernel': 1, 'initial': {'normal': X}", "conv2d",
                        x -> Layers.conv2d(1, 1).startingNormal(x)),
                layer("'eps': X", "batch_norm", x -> new Layer.BatchNorm(x, 0.1)),
                layer("'momentum': X", "batch_norm", x -> new Layer.BatchNorm(1e-5, x)));
    }

    private static StepPlan planned(Map<String, Double> weights) {
        return planned(weights, OptionalDouble.empty());
    }

    private static StepPlan planned(Map<String, Double> weights, OptionalDouble average) {
        NetworkGraph graph = Network.ofFeatures(4).trunk(Layers.linear(3)).head("a", Layers.linear(1)).graph(2);
        return new StepPlan(graph, List.of(Loss.l1()), new FixedWeights(weights), Adam.withRate(1),
                Schedule.constant(1), Precision.FLOAT32, false, false, 1, 0, average);
    }

    @ParameterizedTest
    @MethodSource("twins")
    void whatAConfigurationMayNotSayAProgramMayNotEither(Twin twin) {
        int refused = 0;
        for (double value : new double[] {-1e39, -1, -1e-50, -0.0, 0, 1e-50, 1e-30, 0.5, 0.99999999, 1, 2, 1e15, 1e38,
            1e39, 1e300}) {
            Config config = Config.parse(twin.configuration.replace('\'', '"').replace("X", Double.toString(value)),
                    "a.json");
            String byProgram = outcome(() -> twin.program.apply(value));
            String byConfiguration = outcome(() -> twin.reader.apply(config));
            assertEquals(byProgram.isEmpty(), byConfiguration.isEmpty(), () -> value + ": the program's '" + byProgram
                    + "', the configuration's '" + byConfiguration + "'");
            assertTrue(byConfiguration.isEmpty() || byConfiguration.startsWith("a.json"), byConfiguration);
            refused += byProgram.isEmpty() ? 0 : 1;
        }
        assertTrue(refused > 2 && refused < 14, refused + " of 15 are refused");
    }

    private static String outcome(Runnable making) {
        try {
            making.run();
            return "";
        } catch (UserException e) {
            return e.getMessage();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"step", "", " ", "a\nb", "a\u0000", "\u001b[31mred", "\u202Eevil"})
    void aTaskWhoseNameCannotStandInALogIsRefusedByEachWayToNameIt(String name) {
        List<Layer> head = List.of(Layers.linear(1));
        Network network = Network.ofFeatures(4).trunk(Layers.linear(3));
        for (String message : List.of(refusal(() -> network.head(name, head)), refusal(() -> NetworkReader.read(
                Config.parse("{\"input\": [4], \"trunk\": [], \"heads\": {}}", "a.json").with("heads={" + json(name)
                        + ": []}"))))) {
            assertTrue(message.contains("a task's name is "), message);
            assertFalse(message.codePoints().anyMatch(point -> Character.isISOControl(point) || point == 0x202E),
                    message);
        }
        assertEquals(name.equals("step"), outcome(() -> new TaskSpec(name, Loss.l1(), "x")).isEmpty());
    }

    private static String json(String text) {
        StringBuilder json = new StringBuilder("\"");
        text.chars().forEach(c -> json.append(String.format("\\u%04x", c)));
        return json.append('"').toString();
    }

    @Test
    void layersOfOneNameAreRefused() {
        GraphBuilder graph = new GraphBuilder(Shape.features(2, 3));
        graph.linear("layer", graph.input(), 3, true);
        assertTrue(refusal(() -> graph.linear("layer", graph.input(), 3, true)).contains("named 'layer'"));
        Network twins = Network.ofImages(3, 8, 8).trunk(Layers.conv2d(2, 1))
                .head("a", Layers.residual(Layers.conv2d(2, 1))).head("a.0.body", Layers.conv2d(1, 1));
        assertTrue(refusal(() -> twins.graph(2)).contains("named 'heads.a.0.body.0'"));
    }

    @Test
    void partsOfNetworksThatCannotBeAreNamed() {
        assertEquals("channels is 0, but must be at least 1.", refusal(() -> Network.ofImages(0, 8, 8)));
        assertEquals("height is -1, but must be at least 1.", refusal(() -> Network.ofImages(3, -1, 8)));
        assertEquals("features is 0, but must be at least 1.", refusal(() -> Network.ofFeatures(0)));
        assertEquals("batch is 0, but must be at least 1.", refusal(() -> Network.ofFeatures(4).graph(0)));
        assertTrue(refusal(() -> Network.ofImages(Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE))
                .contains("more values than can be counted"));
        for (Runnable wrong : List.<Runnable>of(() -> Network.ofFeatures(4).trunk((Layer[]) null),
                () -> Network.ofFeatures(4).trunk(Layers.linear(3), null), () -> Layers.residual((Layer) null),
                () -> Network.ofFeatures(4).head("a", (List<Layer>) null))) {
            assertSentence("null", assertThrows(NullPointerException.class, wrong::run));
        }
        GraphBuilder graph = new GraphBuilder(Shape.image(2, 3, 8, 8));
        for (Runnable wrong : List.<Runnable>of(
                () -> graph.convolution("x", graph.input(), 1, 1, 0, 0, 1, true),
                () -> graph.transposedConvolution("x", graph.input(), 1, 1, 0, 0, true),
                () -> graph.maxPool("x", graph.input(), 2, 0, 0),
                () -> graph.batchNorm("x", graph.input(), Float.NaN, 0.1f),
                () -> graph.upsample("x", graph.input(), 0, true),
                () -> graph.convolution("x", graph.input(), 3, 1, 1, 0, 1, 0, true),
                () -> graph.convolution("x", graph.input(), 3, 1, 1, 0, 1, Integer.MAX_VALUE, true),
                () -> graph.activation("x", graph.input(), ActivationKind.RELU, 0.5),
                () -> graph.activation("x", graph.input(), ActivationKind.ELU, Double.NaN),
                () -> graph.activation("x", graph.input(), ActivationKind.LEAKY_RELU, 1e39),
                () -> graph.softmaxOverGroups("x", graph.input(), 0),
                () -> graph.softmaxOverGroups("x", graph.input(), Integer.MAX_VALUE),
                () -> graph.softmaxOfAdjacent("x", graph.input(), -1),
                () -> graph.softmaxOfAdjacent("x", graph.input(), 1000),
                () -> graph.dropout("x", graph.input(), 1),
                () -> graph.dropout("x", graph.input(), Double.NaN),
                () -> graph.dropout("x", graph.input(), -0.1),
                () -> graph.averagePool("x", graph.input(), 2, 0, 0),
                () -> graph.averagePool("x", graph.input(), Integer.MAX_VALUE, 1, Integer.MAX_VALUE),
                () -> graph.resize("x", graph.input(), 0, 3, true),
                () -> graph.resize("x", graph.input(), 3, Integer.MIN_VALUE, false),
                () -> graph.linear("x", graph.input(), 0, true),
                () -> graph.output("\n", graph.input()))) {
            assertSentence("graph", assertThrows(UserException.class, wrong::run));
        }
    }

    @Test
    void samplesAndFieldsThatCannotBeAreNamed() {
        assertEquals("size is 0, but must be at least 1.", refusal(() -> Sampler.training(0, 1, 1, true, true)));
        assertEquals("batchSize is -1, but must be at least 1.", refusal(() -> Sampler.evaluation(4, -1)));
        assertEquals("field 'classes': ignore is 16777217, which float32 makes 16777216; take a number of less than "
                + "2^24 in size.", refusal(() -> Field.ofClasses("classes", 3, 16777217)));
    }

    @Test
    void weightsOfTasksThatTheNetworkDoesNotHaveAreRefusedByTheStep() {
        assertEquals("weights has a weight for the task 'typo', which the network does not have. It has: a.",
                refusal(() -> planned(Map.of("typo", 2.0))));
        assertEquals("weights are 0 for every task (a), so that nothing would be learned; at least one must be above "
                + "0.",
                refusal(() -> planned(Map.of("a", 0.0))));
        assertEquals("start of task 'a' is 0.0, but must be a number above 0.",
                refusal(() -> new GradNorm(1, 0.1, true, 0, false, Map.of("a", 0.0))));
        GradNorm rule = new GradNorm(1, 0.1, true, 0, false, Map.of("segmentaton", 1.0));
        assertTrue(refusal(() -> rule.check(List.of("segmentation"))).contains("Did you mean 'segmentation'?"));
    }

    @Test
    void lossesWithoutUseForANumberOrAHeadRefuseIt() {
        assertTrue(refusal(() -> new Regression(Regression.Kind.L1, 1, OptionalDouble.empty()))
                .contains("l1 does not read it"));
        assertTrue(refusal(() -> Loss.cosine().target(Shape.image(1, 1, 8, 8))).contains("at least 2 channels"));
        assertTrue(refusal(() -> Loss.normalizedL1().target(Shape.image(1, 1, 8, 8)))
                .contains("l1 with normalize needs a head that ends with at least 2 channels"));
        assertTrue(refusal(() -> new Schedule(1, Schedule.Kind.COSINE, 0, 9, 3, 1, 1, 0))
                .contains("COSINE does not read it (STEP does)"));
        assertTrue(refusal(() -> new Schedule(1, Schedule.Kind.STEP, 0, 1000, 1, 2, 1, 0)).contains("by step 999"));
        assertEquals("", outcome(() -> new Schedule(1, Schedule.Kind.STEP, 0, 1000, 100, 2, 1, 0)));
    }
}
