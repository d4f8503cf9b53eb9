// How the tasks' gradients lie to each other, for a step's record (record.cuh): of the Gram matrix G [T][T] of T gradients the cosines
// C_ij = G_ij / sqrt(G_ii G_jj), 0 beside a gradient of 0, and the condition number of C over the gradients that are not 0: its largest
// eigenvalue over its least. 1: they are orthogonal; infinite: they depend on each other, as far as rounding lets it be seen.
//
// One block. Bytes 8 T^2 + 4 T + 8 read, 4 T (T - 1) + 8 written; operations some 8 sweeps of Jacobi's method of 6 T^3. A few
// kilobytes: up to some 8 tasks its time is the launch's.
#include "record.cuh"
#include "small_matrix.cuh"

DEVICE bool has_direction(double length) { return length != 0; }  // NaN has one, so that it is seen

// The diagnosis of the step before counters[0], which judge_step has counted already. A task without labels (counts 0) has no gradient.
// The condition is NaN where no gradient is above 0, or a product is not finite.
// counts: loads 2.49, stores 1.19, conflicts 1.02, instructions 82479, resident 4
RESIDENT_KERNEL(1, diagnose, const double* gram, const int* counts, const long long* counters, double* diagnoses, int record_slots,
                int T) {
    SHARED(double, length, MOST_TASKS);
    SHARED(int, row, MOST_TASKS);    // in A, of a task that has a direction
    SHARED(int, sound, MOST_TASKS);  // whether all of its row is finite
    SHARED(double, A, MATRIX);
    SHARED(double, V, MATRIX);
    if (blockIdx.x != 0) return;
    double* diagnosis = diagnosis_of(diagnoses, record_slots, counters[0] - 1, T);
    for (int t = threadIdx.x; t < T; t += THREADS) {
        double square = gram[t * T + t];
        length[t] = counts[t] <= 0 || square <= 0 ? 0 : sqrt(square);
    }
    __syncthreads();
    int n = 0;
    for (int t = 0; t < T; t++) n += has_direction(length[t]);
    for (int t = threadIdx.x; t < T; t += THREADS) {
        int before = 0;
        for (int u = 0; u < t; u++) before += has_direction(length[u]);
        row[t] = before;
        sound[t] = 1;
        for (int u = 0; u < T; u++) {
            if (has_direction(length[t]) && has_direction(length[u])) sound[t] &= is_finite(gram[t * T + u]);
        }
    }
    __syncthreads();
    each_of_matrix(T, T, [&](int i, int j) {
        bool known = has_direction(length[i]) && has_direction(length[j]);
        double cosine = known ? gram[i * T + j] / (length[i] * length[j]) : 0;
        if (i < j) diagnosis[cosine_in_diagnosis(T, i, j)] = cosine;
        if (known) A[row[i] * ROW + row[j]] = cosine;
    });
    bool finite = n > 0;
    for (int t = 0; t < T; t++) finite = finite && sound[t];
    if (finite) eigenvectors(A, V, n);  // which waits for all of A
    if (threadIdx.x != 0) return;
    double least = A[0], largest = A[0];
    for (int k = 1; finite && k < n; k++) {
        least = smaller(least, A[k * ROW + k]);
        largest = larger(largest, A[k * ROW + k]);
    }
    diagnosis[condition_in_diagnosis(T)] = !finite ? not_a_number() : least > 0 ? largest / least : infinity();
}
