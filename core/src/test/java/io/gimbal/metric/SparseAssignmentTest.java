package io.gimbal.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SparseAssignmentTest {
    private static final double NONE = Double.POSITIVE_INFINITY;

    private static SparseAssignment sparse(double[][] costs, int columns, double alone) {
        int[] starts = new int[costs.length + 1];
        int[] entries = new int[costs.length * columns];
        double[] values = new double[entries.length];
        int count = 0;
        for (int row = 0; row < costs.length; row++) {
            for (int column = 0; column < columns; column++) {
                if (costs[row][column] != NONE) {
                    entries[count] = column;
                    values[count++] = costs[row][column];
                }
            }
            starts[row + 1] = count;
        }
        return new SparseAssignment(starts, entries, values, columns, alone);
    }

    /** At a low price rows are left alone though a column is free; whole numbers tie. */
    @ParameterizedTest
    @ValueSource(doubles = {0.5, 2, 5, 1000})
    void theCostIsThatOfTheHungarianMethod(double alone) {
        Random random = new Random((long) (10 * alone));
        for (int trial = 0; trial < 400; trial++) {
            int rows = random.nextInt(9);
            int columns = random.nextInt(9);
            boolean whole = random.nextBoolean();
            double part = random.nextDouble();
            double[][] costs = new double[rows][columns];
            for (double[] row : costs) {
                for (int column = 0; column < columns; column++) {
                    row[column] = random.nextDouble() > part ? NONE : whole ? random.nextInt(4)
                            : 4 * random.nextDouble();
                }
            }
            EdgeMatching.Pairs due = HungarianMethod.pairs(costs, columns, alone, 0);
            SparseAssignment found = sparse(costs, columns, alone);
            String shown = Arrays.deepToString(costs) + " alone " + alone;
            assertEquals(due.distance() + alone * (rows - due.count()), found.cost() + alone * (rows - found.pairs()),
                    1e-9, shown);
            if (!whole || alone == 1000) {
                assertEquals(due.count(), found.pairs(), shown);
            }
        }
    }

    @Test
    void aRowGivesWayWhereAnotherHasNothingElse() {
        SparseAssignment found = sparse(new double[][] {{1, 3}, {1, NONE}}, 2, 100);
        assertEquals(2, found.pairs());
        assertEquals(4, found.cost());
    }

    @Test
    void theDearerRowStaysAloneThoughItCameFirst() {
        SparseAssignment found = sparse(new double[][] {{3}, {1}}, 1, 100);
        assertEquals(1, found.pairs());
        assertEquals(1, found.cost());
    }

    @Test
    void withoutRowsOrColumnsNothingIsAssigned() {
        assertEquals(0, sparse(new double[0][0], 0, 1).pairs());
        assertEquals(0, sparse(new double[3][0], 0, 1).pairs());
        assertEquals(0, sparse(new double[0][3], 3, 1).cost());
    }

    /** Many rows for few columns, whose sums of roots are rounded: a path once came back to where it had been. */
    @Test
    void roundedSumsLeadNoPathBack() {
        Random random = new Random(3);
        int rows = 3000;
        int columns = 1000;
        int[] starts = new int[rows + 1];
        int[] entries = new int[8 * rows];
        double[] costs = new double[entries.length];
        for (int row = 0; row < rows; row++) {
            int first = random.nextInt(columns - 8);
            for (int i = 0; i < 8; i++) {
                entries[8 * row + i] = first + i;
                costs[8 * row + i] = Math.sqrt(random.nextInt(20));
            }
            starts[row + 1] = 8 * (row + 1);
        }
        int pairs = new SparseAssignment(starts, entries, costs, columns, 868).pairs();
        boolean[] reachable = new boolean[columns];
        Arrays.stream(entries).forEach(column -> reachable[column] = true);
        int all = 0;
        for (boolean one : reachable) {
            all += one ? 1 : 0;
        }
        assertEquals(all, pairs, "three rows for each column: none is left over");
    }
}
