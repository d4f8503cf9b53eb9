package io.gimbal.metric;

import java.util.Arrays;

/**
 * Rows assigned to columns at the least total cost, each column to one row at most. A row goes to one of the columns
 * that it has a cost with, or stays alone at a price. Exact but for the rounding of sums: shortest augmenting paths,
 * row by row, over costs less the columns' prices (Jonker and Volgenant, Computing 38, 1987). For one thread.
 */
final class SparseAssignment {
    private static final int NONE = -1;

    private final int[] starts;
    private final int[] columns;
    private final double[] costs;
    private final double alone;

    /** By row its entry among the costs; {@link #NONE} if it is alone. */
    private final int[] chosen;
    /** By column the row that has it. */
    private final int[] owners;
    /** By column what it costs less since others want it: at most 0, and 0 while nobody has it. */
    private final double[] prices;

    /** By column: how far it is from the row that is being assigned, and by which row's entry it is reached. */
    private final double[] distances;
    private final int[] fromRows;
    private final int[] fromEntries;
    private final DistanceHeap near;
    /** Columns that were reached. */
    private final int[] reached;
    /** The columns passed. None is reached again, though a rounded sum might say that it is nearer. */
    private final boolean[] passed;
    private int reachedCount;

    /**
     * Assigns all rows.
     *
     * @param starts      by row its first entry in the other two, and behind the last row their end
     * @param columns     by entry a column, each once a row
     * @param costs       by entry what the row costs there, 0 or above
     * @param columnCount how many columns there are
     * @param alone       what a row costs that stays alone, above 0
     */
    SparseAssignment(int[] starts, int[] columns, double[] costs, int columnCount, double alone) {
        this.starts = starts;
        this.columns = columns;
        this.costs = costs;
        this.alone = alone;
        chosen = new int[starts.length - 1];
        owners = new int[columnCount];
        Arrays.fill(chosen, NONE);
        Arrays.fill(owners, NONE);
        prices = new double[columnCount];
        distances = new double[columnCount];
        Arrays.fill(distances, Double.POSITIVE_INFINITY);
        fromRows = new int[columnCount];
        fromEntries = new int[columnCount];
        near = new DistanceHeap(columnCount);
        reached = new int[columnCount];
        passed = new boolean[columnCount];
        for (int row = 0; row < chosen.length; row++) {
            takeCheapest(row);
        }
        for (int row = 0; row < chosen.length; row++) {
            if (chosen[row] == NONE) {
                assign(row);
            }
        }
    }

    /** How many rows are not alone. */
    int pairs() {
        return (int) Arrays.stream(chosen).filter(entry -> entry != NONE).count();
    }

    /** What these cost. */
    double cost() {
        return Arrays.stream(chosen).filter(entry -> entry != NONE).mapToDouble(entry -> costs[entry]).sum();
    }

    /** Where one of the row's cheapest columns is free, no path can be shorter. */
    private void takeCheapest(int row) {
        double least = alone;
        for (int entry = starts[row]; entry < starts[row + 1]; entry++) {
            least = Math.min(least, costs[entry]);
        }
        for (int entry = starts[row]; entry < starts[row + 1]; entry++) {
            if (costs[entry] == least && owners[columns[entry]] == NONE) {
                chosen[row] = entry;
                owners[columns[entry]] = row;
                return;
            }
        }
    }

    /** Along the shortest path to a free column, or to a row that is best left alone instead. */
    private void assign(int first) {
        double length = Double.POSITIVE_INFINITY;
        int freeColumn = NONE;
        int aloneRow = NONE;
        int row = first;
        double walked = 0;
        while (true) {
            double back = walked - (row == first ? 0 : costs[chosen[row]] - prices[columns[chosen[row]]]);
            if (back + alone < length) {
                length = back + alone;
                aloneRow = row;
                freeColumn = NONE;
            }
            for (int entry = starts[row]; entry < starts[row + 1]; entry++) {
                int column = columns[entry];
                double distance = back + costs[entry] - prices[column];
                if (passed[column] || distance >= length || distance >= distances[column]) {
                    continue;
                }
                reach(column, distance, row, entry);
                if (owners[column] == NONE) {
                    length = distance;
                    freeColumn = column;
                } else {
                    near.put(column, distance);
                }
            }
            if (near.isEmpty() || near.least() >= length) {
                break;
            }
            int column = near.take();
            passed[column] = true;
            walked = distances[column];
            row = owners[column];
        }
        settle(length);
        if (freeColumn != NONE) {
            shift(freeColumn, first);
        } else if (aloneRow != first) {
            int column = columns[chosen[aloneRow]];
            chosen[aloneRow] = NONE;
            shift(column, first);
        }
    }

    private void reach(int column, double distance, int row, int entry) {
        if (distances[column] == Double.POSITIVE_INFINITY) {
            reached[reachedCount++] = column;
        }
        distances[column] = distance;
        fromRows[column] = row;
        fromEntries[column] = entry;
    }

    /** Lowers the prices of the columns passed, so that what is assigned stays cheapest, and forgets the search. */
    private void settle(double length) {
        for (int i = 0; i < reachedCount; i++) {
            int column = reached[i];
            if (passed[column]) {
                prices[column] += distances[column] - length;
                passed[column] = false;
            }
            distances[column] = Double.POSITIVE_INFINITY;
        }
        near.clear();
        reachedCount = 0;
    }

    /** Gives the column to the row it was reached from, that row's to the one before, and so on to the first row. */
    private void shift(int last, int first) {
        int column = last;
        while (true) {
            int row = fromRows[column];
            int before = chosen[row];
            chosen[row] = fromEntries[column];
            owners[column] = row;
            if (row == first) {
                return;
            }
            column = columns[before];
        }
    }
}
