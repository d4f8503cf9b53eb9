package io.gimbal.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.balance.FixedWeights;
import io.gimbal.balance.GradNorm;
import io.gimbal.engine.Balancing;
import io.gimbal.engine.InvalidValues;
import io.gimbal.engine.StepRecord;
import java.util.List;
import java.util.Optional;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BalanceNotesTest {
    private static final InvalidValues NONE = new InvalidValues(0, 0, 0);
    private static final List<String> TASKS = List.of("seg", "depth");
    private static final Balancing RULE = GradNorm.withAlpha(1.5);

    private static StepRecord record(double weight, double norm, boolean accepted, boolean fellBack) {
        return new StepRecord(0, new double[] {1, 1}, new double[] {weight, 1}, new double[] {norm, 1},
                new long[] {1, 1}, 1, 1e-3, accepted, fellBack, NONE, List.of(NONE, NONE), Optional.empty());
    }

    private static List<String> after(BalanceNotes notes, int steps, StepRecord record) {
        for (int k = 0; k < steps; k++) {
            notes.observe(record);
        }
        return notes.fresh();
    }

    @Test
    void aWeightThatLiesAtItsFloorForLongIsToldOfOnce() {
        BalanceNotes notes = new BalanceNotes(TASKS, RULE);
        assertEquals(List.of(), after(notes, BalanceNotes.LONG - 1, record(1e-4, 1, true, false)));
        List<String> told = after(notes, 1, record(1.5e-4, 1, true, false));
        assertEquals(1, told.size());
        assertTrue(told.getFirst().startsWith("the weight of task 'seg' has lain at its floor, 1.0E-4"),
                told::getFirst);
        assertEquals(List.of(), after(notes, 3 * BalanceNotes.LONG, record(1e-4, 1, true, false)));
        assertEquals(List.of(), after(notes, 1, record(1, 1, true, false)));
        assertEquals(List.of(), after(notes, 3 * BalanceNotes.LONG, record(1e-4, 1, true, false)));
    }

    @Test
    void aRowOfStepsIsOverWhereTheWeightRises() {
        BalanceNotes notes = new BalanceNotes(TASKS, RULE);
        after(notes, BalanceNotes.LONG - 1, record(1e-4, 1, true, false));
        after(notes, 1, record(0.5, 1, true, false));
        assertEquals(List.of(), after(notes, BalanceNotes.LONG - 1, record(1e-4, 1, true, false)));
    }

    @Test
    void aNormThatIsZeroForLongIsToldOfAndOneThatWasNotMeasuredIsNot() {
        BalanceNotes notes = new BalanceNotes(TASKS, RULE);
        assertEquals(List.of(), after(notes, 2 * BalanceNotes.LONG, record(1, Double.NaN, true, false)));
        List<String> told = after(notes, BalanceNotes.LONG, record(1, 0, true, false));
        assertEquals(1, told.size());
        assertTrue(told.getFirst().startsWith("the gradient of task 'seg' was 0"), told::getFirst);
    }

    @Test
    void weightsWithoutAFloorAreNotToldOf() {
        BalanceNotes fixed = new BalanceNotes(TASKS, new FixedWeights(Map.of("seg", 0.0)));
        assertEquals(List.of(), after(fixed, 2 * BalanceNotes.LONG, record(0, 1, true, false)));
        BalanceNotes logarithms = new BalanceNotes(TASKS, GradNorm.withAlpha(1).byLogarithms());
        assertEquals(List.of(), after(logarithms, 2 * BalanceNotes.LONG, record(1e-6, 1, true, false)));
    }

    @Test
    void stepsWithoutAnAnswerAreCountedAndRejectedOnesAreNot() {
        BalanceNotes notes = new BalanceNotes(TASKS, RULE);
        assertTrue(notes.fallbacks().isEmpty());
        after(notes, 3, record(1, 1, true, false));
        after(notes, 2, record(1, 1, true, true));
        after(notes, 7, record(1, 1, false, true));
        assertEquals("the balancing had no answer in 2 of 5 steps, and took equal coefficients there (fell_back in the"
                + " log)", notes.fallbacks().orElseThrow());
    }
}
