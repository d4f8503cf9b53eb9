// Rules that project on the cone of what conflicts with no task, over the Gram matrix G [T][T] of the tasks' gradients, made regular:
// H = G / tr G + regularize I. Gradients that are all 0 have coefficients 1 / n.
//
// solve_upgrad: arXiv 2406.16232, proposition 1: sum_i argmin v^T H v over v >= e_i / n.
// solve_dualproj: the same for the mean gradient, argmin v^T H v over v >= 1 / n (GEM, arXiv 1706.08840).
// Above its bound v is x >= 0 with H x + q >= 0, q = H times the bound: a problem of `nonnegative`, with H divided by the roots of its
// diagonal on both sides. One block; the systems of some n/2 supports, each of up to n^3 / 2 operations, for upgrad n times.
#include "combining.cuh"

// H = G / tr G + regularize I, divided by the roots of its diagonal on both sides; `root` [n] holds those. False where tr G is 0.
DEVICE bool regular(const Step& step, const Present& present, double regularize, double* root, double* H) {
    int n = present.n;
    double trace = dot(present.length, present.length, n);
    if (trace == 0) return false;
    for (int i = threadIdx.x; i < n; i += THREADS) root[i] = sqrt(present.length[i] * present.length[i] / trace + regularize);
    __syncthreads();
    each_of_matrix(n, n, [&](int i, int j) {
        double roots = root[i] * root[j];
        double product = present.product(step, i, j) / trace + (i == j ? regularize : 0);
        H[i * ROW + j] = i == j ? 1 : roots > 0 ? product / roots : 0;
    });
    __syncthreads();
    return true;
}

// The sum of the projections of each gradient by itself, divided by n, or (not `each`) that of the mean.
DEVICE void project(const Step& step, double regularize, bool each) {
    SHARED(int, task, MOST_TASKS);
    SHARED(double, length, MOST_TASKS);
    SHARED(double, H, MATRIX);
    SHARED(double, root, MOST_TASKS);
    SHARED(double, q, MOST_TASKS);
    SHARED(double, x, MOST_TASKS);
    SHARED(double, slope, MOST_TASKS);
    SHARED(int, chosen, MOST_TASKS);
    SHARED(double, A, MATRIX);
    SHARED(double, sum, MOST_TASKS);
    if (blockIdx.x != 0) return;
    Present present{task, length, H, 0};
    if (!find_present(step, present)) return;
    int n = present.n;
    for (int i = threadIdx.x; i < n; i += THREADS) sum[i] = 1.0 / n;
    if (regular(step, present, regularize, root, H)) {
        Support support{x, chosen, slope, A, 0};
        for (int k = 0; k < (each ? n : 1); k++) {
            for (int i = threadIdx.x; i < n; i += THREADS) {
                q[i] = (each ? H[i * ROW + k] * root[k] : dot(H + i * ROW, root, n)) / n;
            }
            __syncthreads();
            nonnegative(H, q, n, support);
            for (int i = threadIdx.x; i < n; i += THREADS) sum[i] += x[i] > 0 ? x[i] / root[i] : 0;
        }
    }
    __syncthreads();
    answer(step, false, [&](int i) { return sum[i]; });
}

// counts: loads 1.72, stores 1.00, conflicts 1.01, instructions 592795, resident 4
RESIDENT_KERNEL(1, solve_upgrad, const double* gram, const float* losses, const int* counts, double* coefficients, int* fell_back, int T,
                double regularize) {
    project(Step{gram, losses, counts, coefficients, fell_back, T}, regularize, true);
}

// counts: loads 1.72, stores 1.00, conflicts 1.00, instructions 22111, resident 4
RESIDENT_KERNEL(1, solve_dualproj, const double* gram, const float* losses, const int* counts, double* coefficients, int* fell_back, int T,
                double regularize) {
    project(Step{gram, losses, counts, coefficients, fell_back, T}, regularize, false);
}
