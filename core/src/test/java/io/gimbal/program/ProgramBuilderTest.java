package io.gimbal.program;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProgramBuilderTest {
    @ParameterizedTest
    @CsvSource({"1, 1", "8, 1", "9, 2", "64, 8", "513, 65", "1000000, 1056"})
    void sumsOverBlocksAreFinishedByABlockForEach8Columns(long columns, int blocks) {
        assertEquals(blocks, ProgramBuilder.finishBlocks(columns));
    }
}
