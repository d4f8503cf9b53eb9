package io.gimbal.metric;

import java.util.Arrays;

/**
 * The cheapest perfect assignment of a square table, in the plainest form: shortest augmenting paths that look at every
 * entry (Kuhn, 1955, as Lawler has it in O(n^3)).
 */
final class HungarianMethod {
    private HungarianMethod() { }

    /** By row its column. */
    static int[] assign(double[][] costs) {
        int n = costs.length;
        double[] u = new double[n + 1];
        double[] v = new double[n + 1];
        int[] rows = new int[n + 1];
        for (int row = 1; row <= n; row++) {
            int[] before = new int[n + 1];
            double[] least = new double[n + 1];
            boolean[] used = new boolean[n + 1];
            Arrays.fill(least, Double.POSITIVE_INFINITY);
            int column = 0;
            rows[0] = row;
            while (rows[column] != 0) {
                used[column] = true;
                double step = Double.POSITIVE_INFINITY;
                int next = 0;
                for (int j = 1; j <= n; j++) {
                    if (!used[j]) {
                        double reduced = costs[rows[column] - 1][j - 1] - u[rows[column]] - v[j];
                        if (reduced < least[j]) {
                            least[j] = reduced;
                            before[j] = column;
                        }
                        if (least[j] < step) {
                            step = least[j];
                            next = j;
                        }
                    }
                }
                for (int j = 0; j <= n; j++) {
                    if (used[j]) {
                        u[rows[j]] += step;
                        v[j] -= step;
                    } else {
                        least[j] -= step;
                    }
                }
                column = next;
            }
            while (column != 0) {
                rows[column] = rows[before[column]];
                column = before[column];
            }
        }
        int[] columns = new int[n];
        for (int j = 1; j <= n; j++) {
            columns[rows[j] - 1] = j - 1;
        }
        return columns;
    }

    /**
     * Some rows to some columns, where each may stay alone at a price: the table is filled up with a column of its own
     * for each row and a row of its own for each column, which may meet at no cost.
     *
     * @param costs of the pairs; infinite where there can be none
     * @return how many pairs, and what they cost
     */
    static EdgeMatching.Pairs pairs(double[][] costs, int columns, double aloneRow, double aloneColumn) {
        int rows = costs.length;
        // More than anything else can cost, and not so much that sums lose digits.
        double never = 1e4 * (aloneRow + aloneColumn + 1);
        double[][] table = new double[rows + columns][rows + columns];
        for (int i = 0; i < rows + columns; i++) {
            for (int j = 0; j < rows + columns; j++) {
                table[i][j] = i < rows && j < columns ? Math.min(never, costs[i][j])
                        : i < rows ? (j - columns == i ? aloneRow : never)
                        : j < columns ? (i - rows == j ? aloneColumn : never) : 0;
            }
        }
        int[] assigned = assign(table);
        int count = 0;
        double sum = 0;
        for (int row = 0; row < rows; row++) {
            if (assigned[row] < columns) {
                count++;
                sum += costs[row][assigned[row]];
            }
        }
        return new EdgeMatching.Pairs(count, sum);
    }
}
