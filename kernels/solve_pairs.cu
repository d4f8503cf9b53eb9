// Rules that go through pairs of tasks in a random order, over the Gram matrix G [T][T] of the tasks' gradients. Row i of c is what
// becomes of the gradient i, as a combination of all; the answer is the rows' sum.
//
// solve_pcgrad: arXiv 2001.06782, algorithm 1: c = e_i; for each other j in turn, if (c G)_j < 0, c_j -= (c G)_j / G_jj.
// solve_gradvac: arXiv 2010.05874, algorithm 1: phi = (c G)_j / (sqrt(c G c) |g_j|), h = averages[i][j] [T][T]. If phi < h, c_j +=
//     sqrt(c G c) (h sqrt(1 - phi^2) - phi sqrt(1 - h^2)) / (|g_j| sqrt(1 - h^2)); always moved[i][j] = (1 - beta) h + beta phi. Passed
//     over: g_j = 0, or c's gradient cancels; nothing is added where 1 - h^2 <= TINY. The averages of other pairs are copied.
// The order of task i is a shuffle by the words i T, i T + 1, ... of stream 0xB1 (random.cuh) at the step counters[0].
// One block, row i by one thread: n^2 operations in turn, of gradvac 4 n^2.
#include "combining.cuh"
#include "random.cuh"

constexpr int ORDER_STREAM = 0xB1;

// order [m]: the present tasks other than i, in the order in which task i meets them. m is the result.
DEVICE int order_of(const Present& present, int i, int T, long long seed, long long step, int* order) {
    int m = 0;
    for (int j = 0; j < present.n; j++) {
        if (j != i) order[m++] = j;
    }
    RandomStream words(seed, ORDER_STREAM, step);
    long long next = (long long)present.task[i] * T;
    for (int last = m - 1; last > 0; last--) {
        int with = (int)((unsigned long long)words.word(next++) * (unsigned)(last + 1) >> 32);
        int kept = order[last];
        order[last] = order[with];
        order[with] = kept;
    }
    return m;
}

// The sum over the rows of `lengths` [n][n], each column in units of its gradient.
DEVICE void answer_rows(const Step& step, const Present& present, const double* lengths) {
    __syncthreads();
    answer(step, false, [&](int j) {
        double sum = 0;
        for (int i = 0; i < present.n; i++) sum += lengths[i * ROW + j];
        return sum;
    });
}

// counts: loads 1.92, stores 1.00, conflicts 1.33, instructions 14589, resident 3
RESIDENT_KERNEL(1, solve_pcgrad, const double* gram, const float* losses, const int* counts, double* coefficients, int* fell_back, int T,
                long long seed, const long long* counters) {
    SHARED(int, task, MOST_TASKS);
    SHARED(double, length, MOST_TASKS);
    SHARED(double, cosines, MATRIX);
    SHARED(double, rows, MATRIX);
    SHARED(int, orders, MATRIX);
    if (blockIdx.x != 0) return;
    Step step{gram, losses, counts, coefficients, fell_back, T};
    Present present{task, length, cosines, 0};
    if (!find_present(step, present)) return;
    int n = present.n;
    for (int i = threadIdx.x; i < n; i += THREADS) {
        double* row = rows + i * ROW;
        int* order = orders + i * ROW;
        int others = order_of(present, i, T, seed, counters[0], order);
        for (int j = 0; j < n; j++) row[j] = i == j;
        for (int k = 0; k < others; k++) {
            int j = order[k];
            double inner = 0;  // in units of the gradient j's length
            for (int l = 0; l < n; l++) inner += row[l] * length[l] * cosines[l * ROW + j];
            if (inner < 0) row[j] -= inner / length[j];
        }
    }
    answer_rows(step, present, rows);
}

// counts: loads 2.13, stores 2.46, conflicts 1.12, instructions 8337, resident 4
RESIDENT_KERNEL(1, solve_gradvac, const double* gram, const float* losses, const int* counts, double* coefficients, int* fell_back, int T,
                long long seed, const long long* counters, double beta, const double* averages, double* moved) {
    SHARED(int, task, MOST_TASKS);
    SHARED(double, length, MOST_TASKS);
    SHARED(double, cosines, MATRIX);
    SHARED(double, rows, MATRIX);
    SHARED(double, inners, MATRIX);
    SHARED(int, orders, MATRIX);
    if (blockIdx.x != 0) return;
    each_of_matrix(T, T, [&](int i, int j) { moved[i * T + j] = averages[i * T + j]; });
    Step step{gram, losses, counts, coefficients, fell_back, T};
    Present present{task, length, cosines, 0};
    if (!find_present(step, present)) return;
    int n = present.n;
    for (int i = threadIdx.x; i < n; i += THREADS) {
        double *row = rows + i * ROW, *inner = inners + i * ROW;  // the altered gradient's parts as lengths, its products with unit ones
        int* order = orders + i * ROW;
        int others = order_of(present, i, T, seed, counters[0], order);
        for (int j = 0; j < n; j++) {
            row[j] = i == j ? length[i] : 0;
            inner[j] = length[i] * cosines[i * ROW + j];
        }
        for (int k = 0; k < others; k++) {
            int j = order[k];
            double square = dot(row, inner, n), sum = 0;
            for (int l = 0; l < n; l++) sum += fabs(row[l]);
            if (length[j] == 0 || square <= TINY * sum * sum) continue;
            double own = sqrt(square), cosine = larger(smaller(inner[j] / own, 1.0), -1.0);
            long long pair = (long long)task[i] * T + task[j];
            double goal = averages[pair], rest = 1 - goal * goal;
            if (cosine < goal && rest > TINY) {
                rest = sqrt(rest);
                double more = own * (goal * sqrt(1 - cosine * cosine) - cosine * rest) / rest;
                row[j] += more;
                for (int l = 0; l < n; l++) inner[l] += more * cosines[j * ROW + l];
            }
            moved[pair] = (1 - beta) * goal + beta * cosine;
        }
        for (int j = 0; j < n; j++) row[j] = length[j] > 0 ? row[j] / length[j] : i == j;
    }
    answer_rows(step, present, rows);
}
