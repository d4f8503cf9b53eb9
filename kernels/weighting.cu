// Rules that weight the losses. weigh_* find a step's weights from its own losses (or by chance), between the losses and the backward
// pass; learn_* move a rule's state at the step's end, where it was accepted, and leave the next step's weights. Sources and formulas
// stand at each. One block, a thread a task, in double: a few hundred bytes and operations; their time is the launch's.
//
// state is rows of [T] doubles; the first are the weights of the next step's losses, of which weights [T] is the copy in float that loss
// kernels read. A task is present where counts > 0; an absent one takes part in nothing, and its state stays.
#include "random.cuh"


DEVICE double sum_of(const double* x, int T) {
    double sum = 0;
    for (int t = 0; t < T; t++) sum += x[t];
    return sum;
}

// Adam (betas 0.9 and 0.999, eps 1e-8), or gradient descent, on one number a task.
struct Mover {
    double *first, *second, *steps;
    double rate;
    int adam;

    MEMBER Mover(double* at, int T, double rate, int adam) : first(at), second(at + T), steps(at + 2 * T), rate(rate), adam(adam) {}

    // How far the number of task t goes down.
    MEMBER double move(int t, double gradient) const {
        constexpr double BETA1 = 0.9, BETA2 = 0.999, EPSILON = 1e-8;
        if (!adam) return rate * gradient;
        double step = steps[t] += 1;
        double mean = first[t] = BETA1 * first[t] + (1 - BETA1) * gradient;
        double square = second[t] = BETA2 * second[t] + (1 - BETA2) * gradient * gradient;
        return rate * (mean / (1 - pow(BETA1, step))) / (sqrt(square / (1 - pow(BETA2, step))) + EPSILON);
    }
};

// ------------------------------------------------------------------------------------------------------------------ GradNorm

// L(0): the first loss of a task while it is present; NaN before.
DEVICE void latch_initial(const float* losses, const int* counts, double* initial, int T) {
    for (int t = threadIdx.x; t < T; t += THREADS) if (counts[t] > 0 && initial[t] != initial[t]) initial[t] = losses[t];
}

// In a step that measures no gradients. state as learn_gradnorm has it.
// counts: loads 1.10, stores 1.00, conflicts 1.00, instructions 5323, resident 8
KERNEL(learn_initial, const float* losses, const int* counts, const int* accepted, double* state, int T) {
    if (blockIdx.x == 0 && accepted[0]) latch_initial(losses, counts, state + T, T);
}

// What makes weights add up to T, where those that would be above cap are cap: each other weight times scale.
struct Rescaling {
    unsigned int capped;  // bit t: that task's weight is cap
    double scale;

    MEMBER Rescaling(const double* weight, double cap, int T) : capped(0), scale(1) {
        for (int round = 0; round < T; round++) {
            double sum = 0, rest = T;
            for (int t = 0; t < T; t++) {
                if (capped >> t & 1u) rest -= cap;
                else sum += weight[t];
            }
            scale = sum > 0 ? rest / sum : 1;
            unsigned int before = capped;
            for (int t = 0; t < T; t++) capped |= (weight[t] * scale > cap ? 1u : 0u) << t;
            if (capped == before) return;
        }
    }
};

// When weights move: in the steps warm_up, warm_up + every, ... before freeze_after.
struct Timing {
    long long warm_up, every, freeze_after;

    MEMBER bool due(long long step) const { return step >= warm_up && step < freeze_after && (step - warm_up) % every == 0; }
};

// arXiv 1711.02257, algorithm 1, by the present tasks; gram's diagonal are the squared norms of d(w_i L_i)/dW. The gradient of
// sum |G_i - target_i| by w_i is sign(G_i - target_i) ||dL_i/dW||; a target is multiplied by the task's priority. Where a rate is not
// defined it counts as 1: an initial loss of 0, or all losses 0. Then the weights add up to T again, none above cap. exponential: what
// moves is log w_i, whose gradient is that of w_i times w_i; a weight is then above 0 without the floor. state: weight, initial (NaN:
// not yet known), first, second, steps. counters[0] counts this step already.
// counts: loads 1.05, stores 1.17, conflicts 1.00, instructions 9189, resident 4
KERNEL(learn_gradnorm, const float* losses, const int* counts, const double* gram, const int* accepted, const long long* counters,
       double* state, float* weights, const double* priority, int T, double alpha, double rate, double floor, double cap, int adam,
       int exponential, long long warm_up, long long every, long long freeze_after) {
    constexpr double FARTHEST = 30, LEAST = 1e-12;  // of a step in log w; of a weight that has no floor
    SHARED(double, norms, MOST_TASKS);
    SHARED(double, weighted, MOST_TASKS);
    SHARED(double, ratio, MOST_TASKS);
    int n = present_before(counts, T);
    if (blockIdx.x != 0 || !accepted[0]) return;
    double *weight = state, *initial = state + T;
    latch_initial(losses, counts, initial, T);
    if (n == 0 || !Timing{warm_up, every, freeze_after}.due(counters[0] - 1)) return;
    Mover mover(state + 2 * T, T, rate, adam);
    for (int t = threadIdx.x; t < T; t += THREADS) {
        bool present = counts[t] > 0;
        double used = weights[t];
        norms[t] = used == 0 ? 0 : sqrt(gram[t * T + t]) / used;
        weighted[t] = present ? weight[t] * norms[t] : 0;
        ratio[t] = !present ? 0 : initial[t] == 0 ? 1 : losses[t] / initial[t];
    }
    __syncthreads();
    double mean_norm = sum_of(weighted, T) / n, mean_ratio = sum_of(ratio, T) / n;
    for (int t = threadIdx.x; t < T; t += THREADS) {
        double moved = weight[t];
        if (counts[t] > 0) {
            double relative = mean_ratio == 0 ? 1 : larger(ratio[t] / mean_ratio, 0.0);
            double away = weighted[t] - mean_norm * pow(relative, alpha) * priority[t];
            double gradient = away > 0 ? norms[t] : away < 0 ? -norms[t] : 0;
            if (exponential) moved *= exp(-larger(smaller(mover.move(t, gradient * moved), FARTHEST), -FARTHEST));
            else moved -= mover.move(t, gradient);
        }
        weight[t] = larger(moved, exponential ? LEAST : floor);
    }
    __syncthreads();
    Rescaling rescaling(weight, cap, T);
    __syncthreads();
    for (int t = threadIdx.x; t < T; t += THREADS) {
        weight[t] = rescaling.capped >> t & 1u ? cap : weight[t] * rescaling.scale;
        weights[t] = (float)weight[t];
    }
}

// ------------------------------------------------------------------------------------------------------------------ learned scales

// A number s_i a task, moved by dL/ds_i = gradient(i); the next weight is weigh(s_i). state: weight, s, first, second, steps.
template <class G, class W>
DEVICE void learn_scale(const int* counts, const int* accepted, double* state, float* weights, int T, double rate, int adam, G gradient,
                        W weigh) {
    if (blockIdx.x != 0 || !accepted[0]) return;
    double *weight = state, *s = state + T;
    Mover mover(state + 2 * T, T, rate, adam);
    for (int t = threadIdx.x; t < T; t += THREADS) {
        if (counts[t] <= 0) continue;
        s[t] -= mover.move(t, gradient(t, weight[t]));
        weight[t] = weigh(t, s[t]);
        weights[t] = (float)weight[t];
    }
}

// Uncertainty weighting, arXiv 1705.07115, eq. 7 and 10: sum c_i e^-s_i L_i + s_i / 2.
// counts: loads 1.13, stores 1.34, conflicts 1.00, instructions 2296, resident 5
KERNEL(learn_uncertainty, const float* losses, const int* counts, const int* accepted, double* state, float* weights,
       const double* c, int T, double rate, int adam) {
    learn_scale(counts, accepted, state, weights, T, rate, adam, [&](int t, double w) { return 0.5 - w * losses[t]; },
                [&](int t, double s) { return c[t] * exp(-s); });
}

// IMTL-L (Liu et al., ICLR 2021): sum e^s_i L_i - s_i.
// counts: loads 1.14, stores 1.34, conflicts 1.00, instructions 2424, resident 5
KERNEL(learn_impartial, const float* losses, const int* counts, const int* accepted, double* state, float* weights, int T, double rate,
       int adam) {
    learn_scale(counts, accepted, state, weights, T, rate, adam, [&](int t, double w) { return w * losses[t] - 1; },
                [&](int t, double s) { return exp(s); });
}

// ------------------------------------------------------------------------------------------------------------------ softmax

// Of `power` [T], over the tasks that take part.
struct Softmax {
    const double* power;
    double most, all;

    template <class TakesPart> MEMBER Softmax(const double* power, int T, TakesPart takes_part)
        : power(power), most(-infinity()), all(0) {
        for (int t = 0; t < T; t++) if (takes_part(t)) most = larger(most, power[t]);
        for (int t = 0; t < T; t++) if (takes_part(t)) all += exp(power[t] - most);
    }
    // Of a whole, what falls to task t.
    MEMBER double share(int t, double whole) const { return whole * exp(power[t] - most) / all; }
};

// ------------------------------------------------------------------------------------------------------------------ by epochs

// Dynamic weight average, arXiv 1803.10704: T softmax(r / temperature), r_i the ratio of the mean losses of the last two epochs, 1 where
// there are not both; all 1 until two epochs are over. An epoch is that many accepted steps, of which counters[1] tells. state: weight,
// sum, count, the mean of the last epoch, that of the one before.
// counts: loads 1.16, stores 1.50, conflicts 1.00, instructions 8504, resident 4
KERNEL(learn_average, const float* losses, const int* counts, const int* accepted, const long long* counters, double* state,
       float* weights, int T, int epoch, double temperature) {
    SHARED(double, power, MOST_TASKS);
    if (blockIdx.x != 0 || !accepted[0]) return;
    double *weight = state, *sum = state + T, *count = state + 2 * T, *last = state + 3 * T, *before = state + 4 * T;
    long long done = counters[1];
    bool over = done % epoch == 0;
    for (int t = threadIdx.x; t < T; t += THREADS) {
        if (counts[t] > 0) {
            sum[t] += losses[t];
            count[t] += 1;
        }
        if (!over) continue;
        before[t] = last[t];
        last[t] = sum[t] / count[t];  // not a number where the task was absent throughout
        sum[t] = count[t] = 0;
        double ratio = last[t] / before[t];
        power[t] = (is_finite(ratio) ? ratio : 1) / temperature;
    }
    if (!over || done / epoch < 2) return;
    __syncthreads();
    Softmax softmax(power, T, [](int) { return true; });
    for (int t = threadIdx.x; t < T; t += THREADS) {
        weight[t] = softmax.share(t, T);
        weights[t] = (float)weight[t];
    }
}

// ------------------------------------------------------------------------------------------------------------------ by this step's losses

DEVICE bool all_positive(const float* losses, const int* counts, int T) {
    bool positive = true;
    for (int t = 0; t < T; t++) positive = positive && (counts[t] <= 0 || losses[t] > 0);
    return positive;
}

DEVICE void give_weight(int t, double weight, double* used, float* weights) {
    used[t] = weight;
    weights[t] = (float)weight;
}

// Where a present task's loss is not above 0, 1 for each; 0 for an absent task.
template <class W> DEVICE void weigh_positive(const float* losses, const int* counts, double* used, float* weights, int T, W weigh) {
    bool positive = all_positive(losses, counts, T);
    for (int t = threadIdx.x; t < T; t += THREADS) {
        give_weight(t, counts[t] <= 0 ? 0 : positive ? weigh(t) : 1, used, weights);
    }
}

// The geometric mean of the losses, arXiv 1904.08492: its gradient, (prod_j L_j)^(1/n) / (n L_i).
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 58939, resident 5
KERNEL(weigh_geometric, const float* losses, const int* counts, double* used, float* weights, int T) {
    if (blockIdx.x != 0) return;
    int n = present_before(counts, T);
    double logs = 0;
    for (int t = 0; t < T; t++) if (counts[t] > 0) logs += log((double)losses[t]);
    double mean = exp(logs / n);
    weigh_positive(losses, counts, used, weights, T, [&](int t) { return mean / (n * (double)losses[t]); });
}

// Scale-invariant weights: the gradient of sum log L_i.
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 11828, resident 8
KERNEL(weigh_invariant, const float* losses, const int* counts, double* used, float* weights, int T) {
    if (blockIdx.x != 0) return;
    weigh_positive(losses, counts, used, weights, T, [&](int t) { return 1 / (double)losses[t]; });
}

// What smooth Tchebycheff weights divide a loss by: as given or found before, else the mean over the last epoch of the warm-up, else
// this loss. state: weight, nadir (NaN: not yet known), sum, count.
DEVICE double nadir_of(const double* state, int t, int T, double loss) {
    double nadir = state[T + t], mean = state[2 * T + t] / state[3 * T + t];
    return nadir == nadir ? nadir : mean == mean ? mean : loss;
}

// Smooth Tchebycheff, arXiv 2402.19078: n softmax_i(log(L_i / nadir_i) / mu) / L_i; in the first warm_up accepted steps 1 / L_i.
// counts: loads 1.02, stores 1.00, conflicts 1.00, instructions 22918, resident 5
KERNEL(weigh_tchebycheff, const float* losses, const int* counts, const long long* counters, const double* state, double* used,
       float* weights, int T, double mu, long long warm_up) {
    SHARED(double, power, MOST_TASKS);
    if (blockIdx.x != 0) return;
    bool warm = counters[1] < warm_up;
    int n = present_before(counts, T);
    for (int t = threadIdx.x; t < T; t += THREADS) power[t] = log(losses[t] / nadir_of(state, t, T, losses[t])) / mu;
    __syncthreads();
    Softmax softmax(power, T, [&](int t) { return counts[t] > 0; });
    weigh_positive(losses, counts, used, weights, T,
                   [&](int t) { return (warm ? 1 : softmax.share(t, n)) / losses[t]; });
}

// Keeps the nadir from the first step after the warm-up on, and before it adds the losses of the last epoch up.
// counts: loads 1.02, stores 1.50, conflicts 1.00, instructions 6354, resident 4
KERNEL(learn_nadir, const float* losses, const int* counts, const int* accepted, const long long* counters, double* state, int T,
       long long epoch, long long warm_up) {
    if (blockIdx.x != 0 || !accepted[0]) return;
    long long step = counters[1] - 1;
    bool positive = all_positive(losses, counts, T), averaged = step < warm_up && step >= warm_up - epoch;
    double *nadir = state + T, *sum = state + 2 * T, *count = state + 3 * T;
    for (int t = threadIdx.x; t < T; t += THREADS) {
        bool present = counts[t] > 0;
        if (averaged && present) {
            sum[t] += losses[t];
            count[t] += 1;
        }
        if (step >= warm_up && positive && (present || count[t] > 0)) nadir[t] = nadir_of(state, t, T, losses[t]);
    }
}

// ------------------------------------------------------------------------------------------------------------------ by chance

#ifdef GIMBAL_HOST
DEVICE double cosine_of_turns(double v) { return cos(6.283185307179586 * v); }
DEVICE double sine_of_turns(double v) { return sin(6.283185307179586 * v); }
#else
DEVICE double cosine_of_turns(double v) { return cospi(2 * v); }  // cos would bring a table for large angles
DEVICE double sine_of_turns(double v) { return sinpi(2 * v); }
#endif

// Random loss weights, arXiv 2111.10603: n softmax(z) over the present, z_i of the standard normal distribution: Box-Muller on the numbers
// 2 j and 2 j + 1 of stream 0xB0, by the step's number.
// counts: loads 1.04, stores 1.00, conflicts 1.00, instructions 52705, resident 4
KERNEL(weigh_randomly, const int* counts, const long long* counters, long long seed, double* used, float* weights, int T) {
    SHARED(double, z, MOST_TASKS);
    if (blockIdx.x != 0) return;
    RandomStream random(seed, 0xB0, counters[0]);
    for (int t = threadIdx.x; t < T; t += THREADS) {
        int j = t / 2 * 2;
        double u = (random.word(j) + 0.5) / 4294967296.0, v = (random.word(j + 1) + 0.5) / 4294967296.0;
        z[t] = sqrt(-2 * log(u)) * (t % 2 == 0 ? cosine_of_turns(v) : sine_of_turns(v));
    }
    __syncthreads();
    int n = present_before(counts, T);
    Softmax softmax(z, T, [&](int t) { return counts[t] > 0; });
    for (int t = threadIdx.x; t < T; t += THREADS) give_weight(t, counts[t] > 0 ? softmax.share(t, n) : 0, used, weights);
}

// ------------------------------------------------------------------------------------------------------------------ of combining rules

// GradVac's averages (solve_pairs.cu) move where the step was accepted. state: weight, then the averages [T][T].
// counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 1272, resident 8
KERNEL(keep_averages, const int* accepted, const double* moved, double* state, int T) {
    if (blockIdx.x != 0 || !accepted[0]) return;
    for (int i = threadIdx.x; i < T * T; i += THREADS) state[T + i] = moved[i];
}
