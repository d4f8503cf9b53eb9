package io.gimbal.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SubsetTest {
    private static List<Integer> samples(DataSet set) {
        List<Integer> found = new ArrayList<>();
        FloatBuffer image = FloatBuffer.allocate(2 * 3 * 3);
        ByteBuffer target = ByteBuffer.allocate(2 * 3 * 4).order(ByteOrder.nativeOrder());
        for (int i = 0; i < set.size(); i++) {
            set.read(i, false, image, Map.of("class", target));
            found.add(target.getInt(0));
            set.read(i, Variation.NONE, image, Map.of("class", target));
            assertEquals(found.getLast(), target.getInt(0));
            assertEquals("number " + found.getLast(), set.name(i));
        }
        return found;
    }

    @ParameterizedTest
    @CsvSource({"1, 0.1, 0", "9, 0.1, 0", "10, 0.1, 1", "795, 0.1, 79", "2, 0.5, 1", "7, 0.5, 3", "100, 0.333, 33"})
    void aSplitHasEachSampleOnce(int size, double part, int heldOut) {
        DataSet whole = new NumberedSet(size, -1);
        List<Integer> held = samples(Subset.heldOut(whole, part));
        assertEquals(heldOut, held.size());
        List<Integer> all = new ArrayList<>(samples(Subset.learned(whole, part)));
        all.addAll(held);
        assertEquals(IntStream.range(0, size).boxed().toList(), all.stream().sorted().toList());
    }

    @Test
    void whatIsHeldOutIsSpreadEvenly() {
        assertEquals(List.of(3, 7, 11, 15), samples(Subset.heldOut(new NumberedSet(16, -1), 0.25)));
    }

    @Test
    void aPartIsKnownFromTheWholeAndFromOthers() {
        DataSet whole = new NumberedSet(100, -1);
        DataIdentity held = Subset.heldOut(whole, 0.5).identity();
        assertNotEquals(Subset.learned(whole, 0.5).identity(), held);
        assertNotEquals(Subset.heldOut(whole, 0.4).identity(), held);
        assertEquals(Subset.heldOut(new NumberedSet(100, -1), 0.5).identity(), held);
    }
}
