package io.gimbal.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SamplerTest {

    @Test
    void aBatchMayBeAsLargeAsNumbersGo() {
        Sampler sampler = Sampler.evaluation(5, Integer.MAX_VALUE);
        assertEquals(1, sampler.batchesPerEpoch());
        assertEquals(5, sampler.real(sampler.start()));
    }

    @Test
    void anEpochTakesNoSampleTwiceAndDropsWhatFillsNoBatch() {
        Sampler sampler = Sampler.training(23, 4, 7, true, false);
        assertEquals(5, sampler.batchesPerEpoch());
        List<Integer> taken = epoch(sampler, 3);
        assertEquals(20, taken.size());
        assertEquals(20, new HashSet<>(taken).size());
        assertTrue(taken.stream().allMatch(index -> index >= 0 && index < 23));
    }

    @Test
    void theSameSeedGivesTheSameOrderAndOthersGiveOthers() {
        Sampler sampler = Sampler.training(50, 5, 11, true, true);
        assertEquals(epoch(sampler, 2), epoch(Sampler.training(50, 5, 11, true, true), 2));
        assertNotEquals(epoch(sampler, 2), epoch(sampler, 3));
        assertNotEquals(epoch(sampler, 2), epoch(Sampler.training(50, 5, 12, true, true), 2));
    }

    @Test
    void anOrderDoesNotHangOnWhatWasAskedBefore() {
        Sampler asked = Sampler.training(50, 5, 11, true, true);
        epoch(asked, 9);
        epoch(asked, 0);
        assertEquals(epoch(Sampler.training(50, 5, 11, true, true), 4), epoch(asked, 4));
    }

    @Test
    void aboutHalfOfTheSamplesAreFlippedAndNotTheSameHalfEachEpoch() {
        Sampler sampler = Sampler.training(1000, 10, 3, false, true);
        List<Boolean> first = flips(sampler, 0);
        List<Boolean> second = flips(sampler, 1);
        long flipped = first.stream().filter(flip -> flip).count();
        // 500 expected with a deviation of 16: seven deviations.
        assertEquals(500, flipped, 112);
        assertNotEquals(first, second);
        assertFalse(flips(Sampler.training(1000, 10, 3, true, false), 0).contains(true));
    }

    @Test
    void everyPositionIsAsLikelyForEverySample() {
        int[] counts = new int[5];
        for (int seed = 0; seed < 5000; seed++) {
            Sampler sampler = Sampler.training(5, 1, seed, true, false);
            counts[sampler.index(sampler.start(), 0)]++;
        }
        for (int count : counts) {
            // 1000 expected with a deviation of 28: six deviations.
            assertEquals(1000, count, 170);
        }
    }

    @Test
    void anEvaluationIsOnePassInOrderWithAShorterLastBatch() {
        Sampler sampler = Sampler.evaluation(7, 3);
        assertEquals(3, sampler.batchesPerEpoch());
        Position last = new Position(0, 0, 2);
        assertEquals(3, sampler.real(sampler.start()));
        assertEquals(1, sampler.real(last));
        assertEquals(6, sampler.index(last, 0));
        assertTrue(sampler.has(last));
        assertFalse(sampler.has(sampler.after(last)));
    }

    @Test
    void aPositionSurvivesBeingWrittenDown() {
        Position position = new Position(-5, 3, 8);
        assertEquals(position, Position.ofLongs(position.toLongs()));
        assertArrayEquals(new long[] {-5, 3, 8}, position.toLongs());
        assertThrows(IllegalArgumentException.class, () -> Position.ofLongs(1, 2));
        assertThrows(IllegalArgumentException.class, () -> new Position(0, -1, 0));
    }

    @Test
    void aPositionOfAnotherSequenceIsRefused() {
        Sampler sampler = Sampler.training(23, 4, 7, true, false);
        sampler.check(new Position(7, 9, 4));
        assertThrows(IllegalArgumentException.class, () -> sampler.check(new Position(8, 0, 0)));
        assertThrows(IllegalArgumentException.class, () -> sampler.check(new Position(7, 0, 5)));
    }

    @Test
    void aSetSmallerThanABatchIsTheUsersToMend() {
        UserException exception = assertThrows(UserException.class, () -> Sampler.training(3, 4, 0, true, true));
        assertTrue(exception.getMessage().contains("3 samples"), exception.getMessage());
        assertThrows(UserException.class, () -> Sampler.evaluation(0, 4));
        assertThrows(UserException.class, () -> Sampler.evaluation(4, 0));
        assertEquals(1, Sampler.evaluation(3, 4).batchesPerEpoch());
    }

    /** By their places in each batch: which samples, and how each is varied. */
    private static List<String> taken(Sampler sampler, Position position) {
        return IntStream.range(0, sampler.batchSize()).mapToObj(place -> sampler.index(position, place) + " "
                + sampler.flip(position, place) + " " + sampler.variation(position, place)).toList();
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "4, 1", "4, 2", "4, 4", "15, 3", "15, 5"})
    void thePartsOfAllRanksAreTheWholeBatchVariedAlike(int batch, int ranks) {
        Sampler whole = Sampler.training(47, batch, 9, true, true);
        List<Sampler> parts = IntStream.range(0, ranks).mapToObj(rank -> whole.part(rank, ranks)).toList();
        Position position = whole.start();
        for (int k = 0; k < 2 * whole.batchesPerEpoch() + 1; k++) {
            Position now = position;
            assertEquals(taken(whole, now), parts.stream().flatMap(part -> taken(part, now).stream()).toList());
            for (Sampler part : parts) {
                part.check(now);
                assertEquals(batch / ranks, part.batchSize());
                assertEquals(part.batchSize(), part.real(now));
                assertEquals(whole.after(now), part.after(now));
            }
            position = whole.after(position);
        }
    }

    @Test
    void aBatchThatCannotBeSharedOutIsRefusedWithOneThatCan() {
        String message = assertThrows(UserException.class, () -> Sampler.training(20, 7, 1, true, false).part(0, 3))
                .getMessage();
        assertEquals("A batch of 7 cannot be shared out to 3 ranks in equal parts. Make the batch a multiple of 3, "
                + "such as 9, or take another number of ranks.", message);
        assertThrows(UserException.class, () -> Sampler.training(20, 2, 1, true, false).part(0, 3));
    }

    @Test
    void onlyATrainingsWholeBatchHasParts() {
        Sampler whole = Sampler.training(20, 4, 1, true, false);
        assertThrows(IllegalArgumentException.class, () -> whole.part(2, 2));
        assertThrows(IllegalArgumentException.class, () -> whole.part(-1, 2));
        assertThrows(IllegalArgumentException.class, () -> whole.part(0, 2).part(0, 2));
        assertThrows(IllegalArgumentException.class, () -> Sampler.evaluation(20, 4).part(0, 2));
    }

    private static List<Integer> epoch(Sampler sampler, int epoch) {
        List<Integer> taken = new ArrayList<>();
        for (int batch = 0; batch < sampler.batchesPerEpoch(); batch++) {
            Position position = new Position(sampler.start().seed(), epoch, batch);
            for (int place = 0; place < sampler.batchSize(); place++) {
                taken.add(sampler.index(position, place));
            }
        }
        return taken;
    }

    private static List<Boolean> flips(Sampler sampler, int epoch) {
        List<Boolean> flips = new ArrayList<>();
        for (int batch = 0; batch < sampler.batchesPerEpoch(); batch++) {
            for (int place = 0; place < sampler.batchSize(); place++) {
                flips.add(sampler.flip(new Position(sampler.start().seed(), epoch, batch), place));
            }
        }
        return flips;
    }
}
