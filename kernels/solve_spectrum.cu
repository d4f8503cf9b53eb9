// Rules that are a formula of the eigenvalues of the tasks' Gram matrix G [T][T], or of that of their cosines, C; D are the lengths.
// Eigenvalues count only above TINY of the largest. A gradient of 0 has coefficient 0.
//
// solve_imtl_g: IMTL-G (Liu et al., ICLR 2021), equal projections on all unit gradients and sum 1: v = D^-1 C^+ 1, v / sum v. No answer
//     (then 1 / n) where 1^T C^+ 1 or sum v vanishes, or is below 0.
// solve_config: ConFIG, arXiv 2408.11104, eq. 2: with x = C^+ 1, D^-1 x (d^T C x) / (x^T C x). No answer (then 1) where x^T C x vanishes.
// solve_aligned: Aligned-MTL, arXiv 2305.19000, algorithm 1: G = V L V^T, V (s L^-1/2) V^T 1, s^2 the least eigenvalue, their lower
//     median or their mean (`scale` 0 to 2).
// One block. Jacobi's method takes some 8 sweeps of 6 n^3 operations.
#include "combining.cuh"

// x [n] = C^+ 1, C's eigenvalues up to TINY of the largest counting as 0: the combination of unit gradients that projects on them all
// alike, or most nearly so. The result is x^T C x; up to TINY it vanishes.
DEVICE double even_combination(const Present& present, double* A, double* V, double* sums, double* x) {
    int n = present.n;
    each_of_matrix(n, n, [&](int i, int j) { A[i * ROW + j] = present.cosines[i * ROW + j]; });
    eigenvectors(A, V, n);
    double largest = 0;
    for (int k = 0; k < n; k++) largest = larger(largest, A[k * ROW + k]);
    for (int k = threadIdx.x; k < n; k += THREADS) {
        double sum = 0;
        for (int i = 0; i < n; i++) sum += V[k * ROW + i];
        sums[k] = A[k * ROW + k] > TINY * largest ? sum / A[k * ROW + k] : 0;
    }
    __syncthreads();
    for (int i = threadIdx.x; i < n; i += THREADS) {
        double sum = 0;
        for (int k = 0; k < n; k++) sum += V[k * ROW + i] * sums[k];
        x[i] = sum;
    }
    __syncthreads();
    return product(x, present.cosines, x, n);
}

// Calls rule(present, x, x^T C x) with that.
template <class Rule> DEVICE void with_even_combination(const Step& step, Rule rule) {
    SHARED(int, task, MOST_TASKS);
    SHARED(double, length, MOST_TASKS);
    SHARED(double, cosines, MATRIX);
    SHARED(double, A, MATRIX);
    SHARED(double, V, MATRIX);
    SHARED(double, sums, MOST_TASKS);
    SHARED(double, x, MOST_TASKS);
    if (blockIdx.x != 0) return;
    Present present{task, length, cosines, 0};
    if (!find_present(step, present)) return;
    double square = even_combination(present, A, V, sums, x);
    rule(present, x, square);
}

// counts: loads 1.92, stores 1.00, conflicts 1.02, instructions 107478, resident 4
RESIDENT_KERNEL(1, solve_imtl_g, const double* gram, const float* losses, const int* counts, double* coefficients, int* fell_back, int T) {
    Step step{gram, losses, counts, coefficients, fell_back, T};
    with_even_combination(step, [&](const Present& present, const double* x, double square) {
        double sum = 0, size = 0, any = 0;
        for (int i = 0; i < present.n; i++) {
            double weight = present.length[i] > 0 ? x[i] / present.length[i] : 0;
            sum += weight;
            size += fabs(weight);
            any += present.length[i];
        }
        bool fails = any > 0 && !(square > TINY && sum > TINY * size);
        answer(step, fails, [&](int i) {
            return fails || any == 0 ? 1.0 / present.n : present.length[i] > 0 ? x[i] / present.length[i] / sum : 0;
        });
    });
}

// counts: loads 1.92, stores 1.00, conflicts 1.02, instructions 113014, resident 4
RESIDENT_KERNEL(1, solve_config, const double* gram, const float* losses, const int* counts, double* coefficients, int* fell_back, int T) {
    Step step{gram, losses, counts, coefficients, fell_back, T};
    with_even_combination(step, [&](const Present& present, const double* x, double square) {
        const double* length = present.length;
        double any = dot(length, length, present.n), projections = product(length, present.cosines, x, present.n);
        bool fails = any > 0 && !(square > TINY);
        answer(step, fails, [&](int i) {
            return fails || any == 0 ? 1.0 : length[i] > 0 ? x[i] / length[i] * projections / square : 0;
        });
    });
}

constexpr int SCALE_MIN = 0, SCALE_MEDIAN = 1;

// counts: loads 1.72, stores 1.00, conflicts 1.02, instructions 107087, resident 4
RESIDENT_KERNEL(1, solve_aligned, const double* gram, const float* losses, const int* counts, double* coefficients, int* fell_back, int T,
                int scale) {
    SHARED(int, task, MOST_TASKS);
    SHARED(double, length, MOST_TASKS);
    SHARED(double, A, MATRIX);
    SHARED(double, V, MATRIX);
    SHARED(double, sums, MOST_TASKS);
    SHARED(double, median, 1);
    if (blockIdx.x != 0) return;
    Step step{gram, losses, counts, coefficients, fell_back, T};
    Present present{task, length, A, 0};
    if (!find_present(step, present)) return;
    int n = present.n;
    each_of_matrix(n, n, [&](int i, int j) { A[i * ROW + j] = present.product(step, i, j); });
    eigenvectors(A, V, n);
    double largest = 0, least = 0, mean = 0;
    int kept = 0;
    for (int k = 0; k < n; k++) largest = larger(largest, A[k * ROW + k]);
    for (int k = 0; k < n; k++) {
        double value = A[k * ROW + k];
        if (!(value > TINY * largest)) continue;
        least = kept == 0 ? value : smaller(least, value);
        mean += value;
        kept++;
    }
    for (int k = threadIdx.x; k < n; k += THREADS) {
        double value = A[k * ROW + k], sum = 0;
        for (int i = 0; i < n; i++) sum += V[k * ROW + i];
        bool counts_here = value > TINY * largest;
        sums[k] = counts_here ? sum / sqrt(value) : 0;
        int below = 0;
        for (int j = 0; j < n; j++) {
            double other = A[j * ROW + j];
            below += other > TINY * largest && (other < value || (other == value && j < k));
        }
        if (counts_here && below == (kept - 1) / 2) median[0] = value;
    }
    __syncthreads();
    double square = scale == SCALE_MIN ? least : scale == SCALE_MEDIAN ? median[0] : mean / kept;
    answer(step, false, [&](int i) {
        if (kept == 0) return 1.0;
        double sum = 0;
        for (int k = 0; k < n; k++) sum += V[k * ROW + i] * sums[k];
        return length[i] > 0 ? sqrt(square) * sum : 0;
    });
}
