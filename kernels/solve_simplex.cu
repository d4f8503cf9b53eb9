// Rules whose answer is a point of the simplex of the tasks, found from their gradients' Gram matrix G [T][T].
//
// solve_mgda: arXiv 1810.04650, eq. 3, the weights l >= 0, sum 1, of the shortest sum_i l_i g_i / s_i; s_i is 1, |g_i|, the loss L_i or
// L_i |g_i| (`normalize` 0 to 3; 0 counts as 1). In x_i = l_i |g_i| / s_i it is argmin x^T C x over x >= 0 with v.x = 1, where C are the
// cosines and v_i = s_i / |g_i|, whatever the lengths; with (v.x - 1)^2 in the place of the condition it has the same direction.
// solve_cagrad: arXiv 2110.14048, algorithm 1, u = g_0 + c |g_0| g_w / |g_w|, g_0 the mean gradient, g_w = sum_i w_i g_i, w = argmin over
// the simplex of <g_w, g_0> + c |g_0| |g_w|; then u / (1, 1 + c^2, 1 + c) (`rescale` 0 to 2). Where g_w cancels the second term is left
// out. Of y = w / |g_w| the conditions are, for some m: <g_i, u> >= m, with equality where y_i > 0, and |g_y| = 1. For a given m that is
// a problem of `nonnegative`, whose |g_y| grows with m; between two supports m is the root of a quadratic, which ends it.
//
// Where many l (w) are optimal, tasks of the same gradient share equally. One block; some kilobytes and some thousand operations, most
// of them the systems of n/2 supports, each of up to n^3 / 2: their time is the launch's and the barriers'.
#include "combining.cuh"

DEVICE bool alike(double a, double b) { return fabs(a - b) <= 1e-12 * fabs(a); }

// What x gives the tasks with the gradient of task i, divided equally among them. `scaled` are the lengths by which x is found.
DEVICE double shared_equally(const Step& step, const Present& present, const double* scaled, const double* x, int i) {
    double sum = 0;
    int tasks = 0;
    for (int j = 0; j < present.n; j++) {
        bool same = i == j || (alike(scaled[i], scaled[j])
                && alike(present.product(step, i, j), present.length[i] * present.length[j]));
        if (!same) continue;
        sum += x[j];
        tasks++;
    }
    return sum / tasks;
}

constexpr int NORMALIZE_NONE = 0, NORMALIZE_L2 = 1, NORMALIZE_LOSS = 2;

// counts: loads 1.92, stores 1.00, conflicts 1.01, instructions 70244, resident 3
RESIDENT_KERNEL(1, solve_mgda, const double* gram, const float* losses, const int* counts, double* coefficients, int* fell_back, int T,
                int normalize) {
    SHARED(int, task, MOST_TASKS);
    SHARED(double, length, MOST_TASKS);
    SHARED(double, cosines, MATRIX);
    SHARED(double, scaled, MOST_TASKS);
    SHARED(double, q, MOST_TASKS);
    SHARED(double, x, MOST_TASKS);
    SHARED(double, slope, MOST_TASKS);
    SHARED(int, chosen, MOST_TASKS);
    SHARED(double, A, MATRIX);
    SHARED(double, V, MATRIX);
    if (blockIdx.x != 0) return;
    Step step{gram, losses, counts, coefficients, fell_back, T};
    Present present{task, length, cosines, 0};
    if (!find_present(step, present)) return;
    int n = present.n, zeros = 0;
    for (int i = threadIdx.x; i < n; i += THREADS) {
        double loss = losses[task[i]];
        double divisor = normalize == NORMALIZE_NONE ? 1 : normalize == NORMALIZE_L2 ? length[i]
                : normalize == NORMALIZE_LOSS ? loss : loss * length[i];
        scaled[i] = divisor == 0 ? length[i] : length[i] / divisor;
    }
    for (int i = 0; i < n; i++) zeros += length[i] == 0;
    if (zeros > 0) {
        answer(step, false, [&](int i) { return length[i] == 0 ? 1.0 / zeros : 0; });
        return;
    }
    __syncthreads();
    double shortest = fabs(scaled[0]);
    for (int i = 1; i < n; i++) shortest = smaller(shortest, fabs(scaled[i]));
    make_semidefinite(cosines, A, V, n);
    for (int i = threadIdx.x; i < n; i += THREADS) q[i] = -shortest / fabs(scaled[i]);
    __syncthreads();
    each_of_matrix(n, n, [&](int i, int j) {
        bool turned = (scaled[i] < 0) != (scaled[j] < 0);
        cosines[i * ROW + j] = (turned ? -1 : 1) * cosines[i * ROW + j] + q[i] * q[j];
    });
    Support support{x, chosen, slope, A, 0};
    nonnegative(cosines, q, n, support);
    double sum = dot(x, q, n);
    for (int i = threadIdx.x; i < n; i += THREADS) slope[i] = x[i] * q[i] / sum;
    __syncthreads();
    answer(step, false, [&](int i) { return shared_equally(step, present, scaled, slope, i); });
}

// counts: loads 2.39, stores 1.00, conflicts 1.01, instructions 136091, resident 3
RESIDENT_KERNEL(1, solve_cagrad, const double* gram, const float* losses, const int* counts, double* coefficients, int* fell_back, int T,
                double c, int rescale) {
    SHARED(int, task, MOST_TASKS);
    SHARED(double, length, MOST_TASKS);
    SHARED(double, cosines, MATRIX);
    SHARED(double, mean, MOST_TASKS);
    SHARED(double, bent, MOST_TASKS);
    SHARED(double, inverse, MOST_TASKS);
    SHARED(double, q, MOST_TASKS);
    SHARED(double, x, MOST_TASKS);
    SHARED(double, slope, MOST_TASKS);
    SHARED(int, chosen, MOST_TASKS);
    SHARED(double, A, MATRIX);
    SHARED(double, V, MATRIX);
    constexpr int MOST_ROUNDS = 60;
    constexpr double ROUNDING = 1e-12;
    constexpr double LARGE = 1e6;  // beside lengths of 1, where 1000 already cancels
    if (blockIdx.x != 0) return;
    Step step{gram, losses, counts, coefficients, fell_back, T};
    Present present{task, length, cosines, 0};
    if (!find_present(step, present)) return;
    int n = present.n;
    for (int i = threadIdx.x; i < n; i += THREADS) {
        double sum = 0;
        for (int j = 0; j < n; j++) sum += present.product(step, i, j);
        mean[i] = sum / n;
        x[i] = 0;
    }
    __syncthreads();
    double radius = 0, shortest = 0;
    bool zeros = false;
    for (int i = 0; i < n; i++) {
        radius += mean[i] / n;
        zeros = zeros || length[i] == 0;
        if (length[i] > 0 && (shortest == 0 || length[i] < shortest)) shortest = length[i];
    }
    radius = c * sqrt(larger(radius, 0.0));
    double scale = rescale == 1 ? 1 + c * c : rescale == 2 ? 1 + c : 1;
    bool found = false;
    if (radius > 0) {
        make_semidefinite(cosines, A, V, n);
        for (int i = threadIdx.x; i < n; i += THREADS) {
            bent[i] = length[i] > 0 ? mean[i] / length[i] / radius : 0;
            inverse[i] = length[i] > 0 ? -shortest / length[i] : 0;
        }
        __syncthreads();
        double low = infinity(), high = infinity();
        for (int i = 0; i < n; i++) {
            if (length[i] == 0) continue;
            low = smaller(low, -bent[i] / inverse[i]);
            high = smaller(high, -(bent[i] + sqrt(cosines[i * ROW + i])) / inverse[i]);
        }
        double level = high;
        high += 1e-6 * (fabs(high) + 1);
        Support support{x, chosen, slope, A, 0};
        for (int round = 0; round < MOST_ROUNDS && high - low > ROUNDING * (fabs(low) + 1); round++) {
            for (int i = threadIdx.x; i < n; i += THREADS) q[i] = bent[i] + level * inverse[i];
            nonnegative(cosines, q, n, support);
            double largest = 0;
            for (int i = 0; i < n; i++) largest = larger(largest, x[i]);
            double square = product(x, cosines, x, n);
            __syncthreads();
            double next = not_a_number();
            if (largest < LARGE) {
                if (square > 1) high = level;
                else low = level;
                support_system(cosines, bent, inverse, 2, support);
                int m = support.m;
                double a = 0, b = 0, d = 0;
                for (int i = 0; i < m; i++) {
                    double of_bent = solution(A, i, m), of_inverse = solution(A, i, m + 1);
                    a -= inverse[chosen[i]] * of_inverse;
                    b -= inverse[chosen[i]] * of_bent;
                    d -= bent[chosen[i]] * of_bent;
                }
                next = (sqrt(larger(b * b - a * (d - 1), 0.0)) - b) / a;
                found = fabs(next - level) <= ROUNDING * (fabs(level) + 1);
                if (found) {
                    for (int i = threadIdx.x; i < m; i += THREADS) x[chosen[i]] = solution(A, i, m) + next * solution(A, i, m + 1);
                    level = next;
                    break;
                }
            } else {
                high = level;
            }
            level = next > low && next < high ? next : low + (high - low) / 2;
        }
        __syncthreads();
        found = found && !(zeros && level > 1e-9) && !cancels(x, cosines, n);
        for (int i = threadIdx.x; i < n; i += THREADS) slope[i] = length[i] > 0 ? x[i] / length[i] : 0;
        __syncthreads();
    }
    answer(step, false, [&](int i) {
        return (1.0 / n + (found ? radius * shared_equally(step, present, length, slope, i) : 0)) / scale;
    });
}
