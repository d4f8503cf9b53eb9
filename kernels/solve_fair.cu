// solve_fairgrad: arXiv 2402.15638, the w > 0 with G w = w^(-1/alpha) for the Gram matrix G [T][T] of the tasks' gradients; alpha 1 is
// Nash-MTL, arXiv 2202.01017. A gradient of 0 has weight 0. No answer (then weights 1) where some positive combination of the gradients
// vanishes, or where the solution cancels.
//
// Newton's method with backtracking in b = w / w0, where w0 solves the equation of each task alone. With p = 1 / alpha, C the cosines and
// e_i = |g_i|^((p - 1) / (p + 1)) the equation is sum_j C_ij e_j b_j / e_i = b_i^-p, and z = e step solves the positive definite system
// (C + diag(p b^(-p-1))) z = -e residual. One block; a step is some n^3 / 2 operations and n powers, and some ten steps are enough.
#include "combining.cuh"

DEVICE double to_power(double x, double power) { return power == -1 ? 1 / x : power == -2 ? 1 / (x * x) : pow(x, power); }

// counts: loads 1.92, stores 1.00, conflicts 1.01, instructions 140236, resident 2
RESIDENT_KERNEL(1, solve_fairgrad, const double* gram, const float* losses, const int* counts, double* coefficients, int* fell_back, int T,
                double alpha) {
    SHARED(int, task, MOST_TASKS);
    SHARED(double, length, MOST_TASKS);
    SHARED(double, cosines, MATRIX);
    SHARED(double, A, MATRIX);
    SHARED(double, size, MOST_TASKS);
    SHARED(double, b, MOST_TASKS);
    SHARED(double, next, MOST_TASKS);
    SHARED(double, powers, MOST_TASKS);
    SHARED(double, residual, MOST_TASKS);
    SHARED(double, move, MOST_TASKS);
    constexpr int MOST_STEPS = 200;
    constexpr double LEAST_SHARE = 1e-12;  // of a step; one that must be shorter gets nowhere
    if (blockIdx.x != 0) return;
    Step step{gram, losses, counts, coefficients, fell_back, T};
    Present present{task, length, cosines, 0};
    if (!find_present(step, present)) return;
    int n = present.n;
    double power = 1 / alpha;
    for (int i = threadIdx.x; i < n; i += THREADS) {
        size[i] = length[i] == 0 ? 0 : power == 1 ? 1 : pow(length[i], (power - 1) / (power + 1));
        next[i] = 1;
    }
    auto evaluate = [&]() {  // the residual at `next`; its square
        __syncthreads();
        for (int i = threadIdx.x; i < n; i += THREADS) {
            double sum = 0;
            for (int j = 0; j < n; j++) sum += cosines[i * ROW + j] * size[j] * next[j];
            powers[i] = to_power(next[i], -power);
            residual[i] = size[i] > 0 ? sum / size[i] - powers[i] : 0;
        }
        __syncthreads();
        return sqrt(dot(residual, residual, n));
    };
    double miss = evaluate(), largest = 1;
    bool solved = true;
    for (int k = 0; k < MOST_STEPS; k++) {
        each_of_matrix(n, n + 1, [&](int i, int j) {
            A[i * ROW + j] = j == n ? -size[i] * residual[i]
                    : cosines[i * ROW + j] + (i == j ? power * powers[i] / next[i] : 0);
        });
        for (int i = threadIdx.x; i < n; i += THREADS) b[i] = next[i];
        eliminate(A, n, n + 1);
        solved = all_pivots_positive(A, n);  // otherwise rounding of the products already hides the combination's length
        if (!solved) break;
        for (int i = threadIdx.x; i < n; i += THREADS) move[i] = size[i] > 0 ? solution(A, i, n) / size[i] : 0;
        __syncthreads();
        double share = 1;
        bool still = true;
        for (int i = 0; i < n; i++) {
            if (move[i] < 0) share = smaller(share, -0.9 * b[i] / move[i]);
        }
        double before = miss;
        for (;; share /= 2) {
            for (int i = threadIdx.x; i < n; i += THREADS) next[i] = b[i] + share * move[i];
            miss = evaluate();
            if (!(before > 1e-13 && share > LEAST_SHARE && miss > (1 - 0.1 * share) * before)) break;
        }
        largest = 0;
        for (int i = 0; i < n; i++) {
            if (size[i] == 0) continue;
            still = still && fabs(move[i]) <= 1e-14 * next[i];
            largest = larger(largest, next[i]);
        }
        bool rounding = before <= 1e-12 * largest && miss > before / 2;
        if (still || rounding || share <= LEAST_SHARE || to_power(largest, -power - 1) < 1e-12) break;
    }
    for (int i = 0; i < n; i++) solved = solved && fabs(residual[i]) <= 1e-9 * largest;
    __syncthreads();
    for (int i = threadIdx.x; i < n; i += THREADS) move[i] = size[i] * next[i];
    __syncthreads();
    double any = dot(length, length, n);
    bool fails = any > 0 && (!solved || cancels(move, cosines, n));
    answer(step, fails, [&](int i) {
        return fails ? 1.0 : length[i] == 0 ? 0 : next[i] * (power == 1 ? 1 / length[i] : pow(length[i], -2 / (power + 1)));
    });
}
