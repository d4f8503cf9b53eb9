package io.gimbal.page;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ThinnedTest {
    @ParameterizedTest
    @CsvSource({"0, ''", "1, 0", "4, 0 1 2 3", "5, 0 2 4", "6, 0 2 4 5", "8, 0 2 4 6 7", "9, 0 4 8", "12, 0 4 8 11"})
    void evenlySpreadOnesAndTheLastAreKept(int count, String kept) {
        Thinned<Integer> list = new Thinned<>(4);
        IntStream.range(0, count).forEach(list::add);
        assertEquals(kept.isEmpty() ? List.of() : Arrays.stream(kept.split(" ")).map(Integer::valueOf).toList(),
                list.all());
        assertEquals(count, list.added());
    }
}
