package io.gimbal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.balance.FixedWeights;
import io.gimbal.config.UserException;
import io.gimbal.device.Alignment;
import io.gimbal.device.Precision;
import io.gimbal.graph.Parameter;
import io.gimbal.loss.Loss;
import io.gimbal.model.Network;
import io.gimbal.nn.Layer;
import io.gimbal.nn.Layers;
import io.gimbal.optimizer.Schedule;
import io.gimbal.optimizer.Sgd;
import io.gimbal.optimizer.TrainingOptimizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ParameterGroupTest {
    private static final List<ParameterGroup> GROUPS = List.of(new ParameterGroup("*.bias", 2, 0),
            new ParameterGroup("heads.*", 10, 1), new ParameterGroup("trunk.4.*", 1, 0.5));

    private static float[] expected(String name) {
        float rate = (name.endsWith(".bias") ? 2 : 1) * (name.startsWith("heads.") ? 10 : 1);
        float decay = (name.endsWith(".bias") ? 0 : 1) * (name.startsWith("trunk.4.") ? 0.5f : 1);
        return new float[] {rate, decay};
    }

    @ParameterizedTest
    @EnumSource
    void eachRunOfAParameterHasTheProductOfItsGroupsFactors(Precision precision) {
        ModelLayout model = new ModelLayout(Rig.graph(), precision, false);
        GroupTable table = GroupTable.of(GROUPS, model);
        assertEquals(model.parameterWords() / Parameter.ALIGNMENT_WORDS, table.groups().length);
        for (Parameter parameter : Rig.graph().parameters()) {
            PlacedParameter placed = model.placed(parameter);
            for (int i = 0; i < placed.count(); i++) {
                int group = Byte.toUnsignedInt(table.groups()[(int) ((placed.offset() + i)
                        / Parameter.ALIGNMENT_WORDS)]);
                assertEquals(expected(parameter.name())[0], table.factors()[2 * group], parameter + " at " + i);
                assertEquals(expected(parameter.name())[1], table.factors()[2 * group + 1], parameter + " at " + i);
            }
        }
    }

    private static StepPlan plan(TrainingOptimizer optimizer) {
        return new StepPlan(Rig.graph(), Rig.CRITERIA, FixedWeights.equal(), optimizer, Schedule.constant(1),
                Precision.FLOAT32, false);
    }

    @Test
    void theTableCountsAmongTheStepsBytesAndIsThereWithGroupsAlone() {
        ModelLayout model = new ModelLayout(Rig.graph(), Precision.FLOAT32, false);
        StepLayout without = StepLayout.of(plan(new Sgd(1, 0, 0)), model);
        StepLayout with = StepLayout.of(plan(new Sgd(1, 0, 0).groups(GROUPS)), model);
        assertTrue(without.groups().isEmpty() && without.factors().isEmpty());
        GroupTable table = with.groupTable().orElseThrow();
        assertEquals(without.bytes() + Alignment.roundUp(table.groups().length)
                + Alignment.roundUp((long) table.factors().length * Float.BYTES), with.bytes());
    }

    /** What is neither grouped nor clipped launches what it always did. */
    @Test
    void onlyAStepThatClipsHasKernelsForIt() {
        String plain = ProgramListing.ofStep(plan(new Sgd(1, 0, 0)));
        String clipped = ProgramListing.ofStep(plan(new Sgd(1, 0, 0).clipped(1)));
        String grouped = ProgramListing.ofStep(plan(new Sgd(1, 0, 0).groups(GROUPS)));
        assertFalse(plain.contains("clip") || grouped.contains("clip"));
        assertTrue(clipped.contains("optimizer/clip_squares") && clipped.contains("optimizer/clip_finish"));
        assertTrue(grouped.contains("[groups of the parameters], [factors of the groups]"), grouped);
        assertEquals(plain.lines().count(), grouped.lines().count());
    }

    @Test
    void moreDifferentFactorsThanAByteNumbersAreRefused() {
        List<Layer> layers = new ArrayList<>(Collections.nCopies(129, Layers.linear(1)));
        NetworkGraph graph = Network.ofFeatures(1).trunk(layers.toArray(Layer[]::new))
                .head("a", Layers.linear(1)).graph(2);
        TrainingOptimizer optimizer = new Sgd(1, 0, 0);
        List<String> names = graph.parameters().stream().map(Parameter::name).toList();
        for (int i = 0; i < names.size(); i++) {
            optimizer = optimizer.group(names.get(i), i, 1);
        }
        TrainingOptimizer many = optimizer;
        String refusal = assertThrows(UserException.class, () -> new StepPlan(graph, List.of(Loss.l2()),
                FixedWeights.equal(), many, Schedule.constant(1), Precision.FLOAT32, false)).getMessage();
        assertEquals("the optimizer's groups give the network's parameters 260 different pairs of factors; at most 256 "
                + "may be.", refusal);
    }
}
