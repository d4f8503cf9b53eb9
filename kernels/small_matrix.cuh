// Linear algebra of one block over matrices of at most MOST_TASKS rows, in shared memory and in double: eigenvalues, positive definite
// systems, least squares with no negative unknown. A matrix is A[i * ROW + j]. Threads share rows and columns; what decides how a loop
// goes on is computed by every thread alike from what stands in shared memory. All threads call every function, and see what it leaves
// where nothing else is said.
#pragma once
#include "common.cuh"

constexpr int ROW = MOST_TASKS + 3;  // two right sides have room behind a system; odd, so that a column lies in different banks
constexpr int MATRIX = MOST_TASKS * ROW;
constexpr int ACROSS = FAST ? 1 : 32, DOWN = THREADS / ACROSS;  // threads side by side in a row of a matrix, and in a column

// Calls body(i, j) for the thread's elements of a matrix.
template <class Body> DEVICE void each_of_matrix(int rows, int columns, Body body) {
    for (int i = threadIdx.x / ACROSS; i < rows; i += DOWN) {
        for (int j = threadIdx.x % ACROSS; j < columns; j += ACROSS) body(i, j);
    }
}

// x^T A y
DEVICE double product(const double* x, const double* A, const double* y, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
        double row = 0;
        for (int j = 0; j < n; j++) row += A[i * ROW + j] * y[j];
        sum += x[i] * row;
    }
    return sum;
}

DEVICE double dot(const double* x, const double* y, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += x[i] * y[i];
    return sum;
}

// ------------------------------------------------------------------------------------------------------------------ eigenvalues

constexpr int MOST_PAIRS_AT_ONCE = MOST_TASKS / 2;
constexpr int MOST_SWEEPS = 20;  // some 6 to 10 are enough

// The k-th of the pairs of round `round`, by which n (even) rows meet each other once in n - 1 rounds.
struct RowPair {
    int p, q;

    MEMBER RowPair(int k, int round, int n) {
        p = k == 0 ? n - 1 : round + k - (round + k < n - 1 ? 0 : n - 1);
        q = k == 0 ? round : round - k + (round >= k ? 0 : n - 1);
    }
};

DEVICE void rotate(double& x, double& y, double cosine, double sine) {
    double old = x;
    x = cosine * old - sine * y;
    y = sine * old + cosine * y;
}

// Jacobi's method: the symmetric A [n][n] becomes diagonal, its eigenvalues; row k of V is the eigenvector to A[k][k]. A row of zeros
// stays one. Both have room for one more row and column where n is odd.
DEVICE void eigenvectors(double* A, double* V, int n) {
    constexpr double NEGLIGIBLE = 1e-16;  // beside the trace of magnitudes
    SHARED(double, cosine, MOST_PAIRS_AT_ONCE);
    SHARED(double, sine, MOST_PAIRS_AT_ONCE);
    int even = n + n % 2, pairs = even / 2;
    each_of_matrix(even, even, [&](int i, int j) {
        V[i * ROW + j] = i == j;
        if (i >= n || j >= n) A[i * ROW + j] = 0;
    });
    __syncthreads();
    double scale = 0;
    for (int i = 0; i < n; i++) scale += fabs(A[i * ROW + i]);
    bool turned = true;
    for (int sweep = 0; sweep < MOST_SWEEPS && turned; sweep++) {
        turned = false;
        for (int round = 0; round < even - 1; round++) {
            for (int k = threadIdx.x; k < pairs; k += THREADS) {
                RowPair pair(k, round, even);
                double off = A[pair.p * ROW + pair.q];
                bool turns = fabs(off) > NEGLIGIBLE * scale;
                double slope = turns ? (A[pair.q * ROW + pair.q] - A[pair.p * ROW + pair.p]) / (2 * off) : 0;
                double tangent = (slope < 0 ? -1 : 1) / (fabs(slope) + sqrt(slope * slope + 1));
                cosine[k] = turns ? 1 / sqrt(tangent * tangent + 1) : 1;
                sine[k] = turns ? tangent * cosine[k] : 0;
            }
            __syncthreads();
            bool turns = false;
            for (int k = 0; k < pairs; k++) turns |= sine[k] != 0;
            if (turns) {
                turned = true;
                each_of_matrix(pairs, pairs, [&](int a, int b) {
                    if (a > b) return;
                    RowPair rows(a, round, even), columns(b, round, even);
                    double pp = A[rows.p * ROW + columns.p], pq = A[rows.p * ROW + columns.q];
                    double qp = A[rows.q * ROW + columns.p], qq = A[rows.q * ROW + columns.q];
                    rotate(pp, qp, cosine[a], sine[a]);
                    rotate(pq, qq, cosine[a], sine[a]);
                    rotate(pp, pq, cosine[b], sine[b]);
                    rotate(qp, qq, cosine[b], sine[b]);
                    if (a == b && sine[a] != 0) pq = qp = 0;
                    A[rows.p * ROW + columns.p] = A[columns.p * ROW + rows.p] = pp;
                    A[rows.p * ROW + columns.q] = A[columns.q * ROW + rows.p] = pq;
                    A[rows.q * ROW + columns.p] = A[columns.p * ROW + rows.q] = qp;
                    A[rows.q * ROW + columns.q] = A[columns.q * ROW + rows.q] = qq;
                });
                each_of_matrix(pairs, even, [&](int a, int j) {
                    RowPair rows(a, round, even);
                    rotate(V[rows.p * ROW + j], V[rows.q * ROW + j], cosine[a], sine[a]);
                });
            }
            __syncthreads();
        }
    }
}

// ------------------------------------------------------------------------------------------------------------------ systems

// What a pivot counts as at least, in a matrix whose diagonal is about 1: a row that depends on those before it gets a large unknown.
constexpr double LEAST_PIVOT = 1e-13;

// Gauss and Jordan's method without a search for pivots, for positive definite systems: A [m][columns] has m columns of the matrix, and
// behind them the right sides. A's diagonal then holds the pivots; `solution` reads what solves a right side.
DEVICE void eliminate(double* A, int m, int columns) {
    for (int k = 0; k < m; k++) {
        __syncthreads();
        double inverse = 1 / larger(A[k * ROW + k], LEAST_PIVOT);
        for (int i = threadIdx.x / ACROSS; i < m; i += DOWN) {
            if (i == k) continue;
            double factor = A[i * ROW + k] * inverse;
            for (int j = k + 1 + threadIdx.x % ACROSS; j < columns; j += ACROSS) A[i * ROW + j] -= factor * A[k * ROW + j];
        }
    }
    __syncthreads();
}

DEVICE double solution(const double* A, int i, int column) { return A[i * ROW + column] / larger(A[i * ROW + i], LEAST_PIVOT); }

// Whether `eliminate` found the matrix positive definite.
DEVICE bool all_pivots_positive(const double* A, int m) {
    bool positive = true;
    for (int i = 0; i < m; i++) positive = positive && A[i * ROW + i] > 0;
    return positive;
}

// What rounding has made slightly indefinite loses its negative eigenvalues. A and V are scratch. Who reads C has to wait first.
DEVICE void make_semidefinite(double* C, double* A, double* V, int n) {
    constexpr double ROUNDING = 1e-12;
    each_of_matrix(n, n, [&](int i, int j) { A[i * ROW + j] = C[i * ROW + j] + (i == j ? ROUNDING : 0); });
    eliminate(A, n, n);
    bool semidefinite = all_pivots_positive(A, n);
    __syncthreads();
    if (semidefinite) return;
    each_of_matrix(n, n, [&](int i, int j) { A[i * ROW + j] = C[i * ROW + j]; });
    eigenvectors(A, V, n);
    each_of_matrix(n, n, [&](int i, int j) {
        double sum = 0;
        for (int k = 0; k < n; k++) sum += larger(A[k * ROW + k], 0.0) * V[k * ROW + i] * V[k * ROW + j];
        C[i * ROW + j] = sum;
    });
}

// ------------------------------------------------------------------------------------------------------------------ unknowns >= 0

// What `nonnegative` leaves: x [n] and the m places where it is above 0, in the order in which they came.
struct Support {
    double* x;
    int* chosen;
    double *slope, *A;  // scratch
    int m;
};

// The system of the support, with right sides -q and, where there are two, -r.
DEVICE void support_system(const double* M, const double* q, const double* r, int sides, const Support& support) {
    int m = support.m, columns = m + sides;
    each_of_matrix(m, columns, [&](int i, int j) {
        int row = support.chosen[i];
        support.A[i * ROW + j] = j < m ? M[row * ROW + support.chosen[j]] : j == m ? -q[row] : -r[row];
    });
    eliminate(support.A, m, columns);
}

// argmin of x^T M x / 2 + q^T x over x >= 0, where M is positive semidefinite with a diagonal of about 1, by Lawson and Hanson's method
// (Solving Least Squares Problems, 1974, chapter 23): the place where the slope is steepest joins the support, the optimum on the support
// is solved for, and what would become negative on the way there leaves. The sum falls with every step, so that it ends, and the
// support's gradients are independent, so that a singular M does not matter. Where there is no least value, x becomes large. It waits before it reads M and q.
DEVICE void nonnegative(const double* M, const double* q, int n, Support& support) {
    constexpr double ROUNDING = 1e-13;
    constexpr int MOST_STEPS = 4 * MOST_TASKS;
    double* x = support.x;
    int* chosen = support.chosen;
    support.m = 0;
    for (int i = threadIdx.x; i < n; i += THREADS) x[i] = 0;
    for (int step = 0; step < MOST_STEPS; step++) {
        __syncthreads();
        for (int i = threadIdx.x; i < n; i += THREADS) {
            double slope = q[i], size = fabs(q[i]);
            for (int j = 0; j < n; j++) {
                double term = M[i * ROW + j] * x[j];
                slope += term;
                size += fabs(term);
            }
            support.slope[i] = x[i] == 0 && slope < -ROUNDING * size ? slope : 0;
        }
        __syncthreads();
        int steepest = 0;
        for (int i = 1; i < n; i++) {
            if (support.slope[i] < support.slope[steepest]) steepest = i;
        }
        if (support.slope[steepest] == 0) break;
        if (threadIdx.x == 0) chosen[support.m] = steepest;
        support.m++;
        for (bool whole = false; !whole;) {
            __syncthreads();
            support_system(M, q, q, 1, support);
            int m = support.m, first = -1;
            double* optimum = support.slope;
            for (int i = threadIdx.x; i < m; i += THREADS) optimum[i] = solution(support.A, i, m);
            __syncthreads();
            double share = 1;  // of the way, that can be gone
            for (int i = 0; i < m; i++) {
                double to = optimum[i], from = x[chosen[i]];
                if (to > 0 || from >= share * (from - to)) continue;
                share = from / (from - to);
                first = i;
            }
            whole = first < 0;
            __syncthreads();
            for (int i = threadIdx.x; i < m; i += THREADS) {
                double to = optimum[i], from = x[chosen[i]];
                x[chosen[i]] = whole ? to : i == first ? 0 : from + share * (to - from);
            }
            if (whole) break;
            if (first == m - 1 && share == 0) {  // only rounding spoke for it
                support.m--;
                step = MOST_STEPS;
                break;
            }
            __syncthreads();
            int kept = 0;
            for (int i = 0; i < m; i++) kept += x[chosen[i]] > 0;
            __syncthreads();
            if (threadIdx.x == 0) {
                int place = 0;
                for (int i = 0; i < m; i++) {
                    int task = chosen[i];
                    if (x[task] > 0) chosen[place++] = task;
                    else x[task] = 0;
                }
            }
            support.m = kept;
        }
    }
    __syncthreads();
}
