// What the rules that combine gradients share: the tasks that are present in a step, seen as lengths and cosines of their gradients, and
// how an answer is written. A rule is one block; it sees the n present tasks, in order, as 0 to n - 1. TINY is what counts as zero beside
// 1 in a matrix of cosines: an eigenvalue, or the square of a length of a sum that cancels.
#pragma once
#include "small_matrix.cuh"

constexpr double TINY = 1e-6;

// The parameters that all rules have. gram [T][T]: inner products of the tasks' gradients; losses, counts [T]; coefficients [T].
struct Step {
    const double* gram;
    const float* losses;
    const int* counts;
    double* coefficients;
    int* fell_back;
    int T;
};

// The tasks with counts > 0: `task` [n] their numbers, `length` [n] of their gradients, `cosines` [n][n], 0 beside a gradient of 0.
struct Present {
    int* task;
    double *length, *cosines;
    int n;

    MEMBER double product(const Step& step, int i, int j) const { return step.gram[task[i] * step.T + task[j]]; }
};

// Fills `present`. Where there is nothing to decide, the answer is written and the result false: no task is present, or a loss or
// product is not finite, so that the step will be rejected.
DEVICE bool find_present(const Step& step, Present& present) {
    SHARED(int, sound, MOST_TASKS);
    int T = step.T;
    for (int t = threadIdx.x; t < T; t += THREADS) {
        bool finite = true;
        if (step.counts[t] > 0) {
            present.task[present_before(step.counts, t)] = t;
            finite = is_finite(step.losses[t]);
            for (int u = 0; u < T; u++) finite = finite && (step.counts[u] <= 0 || is_finite(step.gram[t * T + u]));
        }
        sound[t] = finite;
    }
    present.n = present_before(step.counts, T);
    __syncthreads();
    bool finite = true;
    for (int t = 0; t < T; t++) finite = finite && sound[t];
    if (!finite || present.n == 0) {
        for (int t = threadIdx.x; t < T; t += THREADS) step.coefficients[t] = finite ? 0 : 1;
        if (threadIdx.x == 0) step.fell_back[0] = 0;
        return false;
    }
    for (int i = threadIdx.x; i < present.n; i += THREADS) present.length[i] = sqrt(larger(present.product(step, i, i), 0.0));
    __syncthreads();
    each_of_matrix(present.n, present.n, [&](int i, int j) {
        double lengths = present.length[i] * present.length[j];
        present.cosines[i * ROW + j] = lengths > 0 ? present.product(step, i, j) / lengths : 0;
    });
    __syncthreads();
    return true;
}

// Writes of(i) for the present task i, 0 for the absent.
template <class Value> DEVICE void answer(const Step& step, bool fell_back, Value of) {
    for (int t = threadIdx.x; t < step.T; t += THREADS) {
        step.coefficients[t] = step.counts[t] > 0 ? of(present_before(step.counts, t)) : 0;
    }
    if (threadIdx.x == 0) step.fell_back[0] = fell_back;
}

// Whether gradients of these lengths (or less than none) add up to next to nothing beside them.
DEVICE bool cancels(const double* lengths, const double* cosines, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += fabs(lengths[i]);
    return !(product(lengths, cosines, lengths, n) > TINY * sum * sum);
}
