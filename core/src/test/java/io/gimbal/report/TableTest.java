package io.gimbal.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.gimbal.metric.Score;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TableTest {

    @Test
    void resultsStandInColumns() {
        Map<String, List<Score>> scores = new LinkedHashMap<>();
        scores.put("segmentation", List.of(new Score("mIoU", "%", 23.04, 2.5, true), new Score("pixel accuracy", "%",
                51, 32.5, true)));
        scores.put("depth", List.of(new Score("RMSE", "m", 0.8512, 1.2, false)));
        scores.put("normals", List.of(new Score("mean angle", "deg", Double.NaN, Double.NaN, false),
                new Score("within 30 deg", "%", 12.5, 0, true), new Score("worst", "deg", 9, 0, false)));
        assertEquals("""
                ┌──────────────┬────────────────┬─────────┬───────────────┬──────────────┐
                │ task         │ metric         │   value │ best constant │    better by │
                ├──────────────┼────────────────┼─────────┼───────────────┼──────────────┤
                │ segmentation │ mIoU           │  23.0 % │         2.5 % │ +20.5 points │
                │              │ pixel accuracy │  51.0 % │        32.5 % │ +18.5 points │
                │ depth        │ RMSE           │ 0.851 m │       1.200 m │      +29.1 % │
                │ normals      │ mean angle     │   - deg │         - deg │            - │
                │              │ within 30 deg  │  12.5 % │         0.0 % │ +12.5 points │
                │              │ worst          │ 9.0 deg │       0.0 deg │            - │
                └──────────────┴────────────────┴─────────┴───────────────┴──────────────┘
                """,
                Table.ofScores(scores).toString());
    }

    @Test
    void wordsStandLeftAndAnEmptyTableHasItsHeadings() {
        assertEquals("""
                ┌───┬─────┐
                │ a │ b   │
                ├───┼─────┤
                │ 1 │ x   │
                │ 2 │ yes │
                └───┴─────┘
                """, new Table("a", "b").row("1", "x").row("2", "yes").toString());
        assertEquals("""
                ┌──────┐
                │ only │
                ├──────┤
                └──────┘
                """, new Table("only").toString());
        assertThrows(IllegalArgumentException.class, () -> new Table("a", "b").row("1"));
    }

    @Test
    void smallFiguresKeepThreeDigits() {
        assertEquals("0.000161", Table.figure(0.00016052, ""));
        assertEquals("0.00999", Table.figure(0.00999, ""));
        assertEquals("0.010", Table.figure(0.01, ""));
        assertEquals("0.000", Table.figure(0, ""));
        assertEquals("-0.00200 m", Table.figure(-0.002, "m"));
        assertEquals("0.0 %", Table.figure(0.00016052, "%"));
        assertEquals("0.000000000000", Table.figure(1e-30, ""));
        assertEquals("-", Table.figure(Double.NaN, ""));
    }
}
