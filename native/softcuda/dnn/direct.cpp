// Convolutions as the formula has them: every tensor by its own strides. Slow, and right for any layout.
//
//     y[n,k,p,q]  = sum over c,r,s of x[n,c,h,v] w[k,c,r,s],   h = p*stride - padding + r*dilation, v likewise from q
//     and s dx[n,c,h,v] = sum over k and all (p,r), (q,s) that meet there of dy[n,k,p,q] w[k,c,r,s] dw[k,c,r,s] = sum
//     over n,p,q of dy[n,k,p,q] x[n,c,h,v]
//
// Each sum is one accumulator of double, run through in this order, whatever the number of threads.
#include "dnn/direct.h"

#include "core/parallel.h"

namespace softcuda::dnn {

namespace {

int64_t offset(const Tensor &tensor, int64_t a, int64_t b, int64_t c, int64_t d) {
    return a * tensor.strides[0] + b * tensor.strides[1] + c * tensor.strides[2] + d * tensor.strides[3];
}

class Direct final : public Computation {
public:
    explicit Direct(const Convolution &convolution) : f(convolution) {}
    size_t workspace_bytes() const override { return 0; }
    std::string describe() const override { return "loops"; }

    void run(float *x, float *w, float *y, char *) override {
        switch (f.pass) {
            case Pass::forward: forward(x, w, y); break;
            case Pass::backward_data: backward_data(x, w, y); break;
            case Pass::backward_filter: backward_filter(x, w, y); break;
        }
    }

private:
    Convolution f;

    int64_t input_row(int64_t p, int64_t r) const { return p * f.stride[0] - f.padding_before[0] + r * f.dilation[0]; }
    int64_t input_column(int64_t q, int64_t s) const {
        return q * f.stride[1] - f.padding_before[1] + s * f.dilation[1];
    }

    // The output place along one dimension that meets input place `at` with filter tap `tap`; -1 if none.
    int64_t output_place(int d, int64_t at, int64_t tap, int64_t places) const {
        int64_t shifted = at + f.padding_before[d] - tap * f.dilation[d];
        if (shifted < 0 || shifted % f.stride[d] != 0 || shifted / f.stride[d] >= places) return -1;
        return shifted / f.stride[d];
    }

    void forward(const float *x, const float *w, float *y) const {
        softcuda::parallel_for(f.batch() * f.output_height(), [&](long row) {
            int64_t n = row / f.output_height(), p = row % f.output_height();
            for (int64_t q = 0; q < f.output_width(); q++) {
                for (int64_t k = 0; k < f.filters(); k++) y[offset(f.y, n, k, p, q)] = place(x, w, n, k, p, q);
            }
        });
    }

    float place(const float *x, const float *w, int64_t n, int64_t k, int64_t p, int64_t q) const {
        double sum = 0;
        for (int64_t r = 0; r < f.filter_height(); r++) {
            int64_t h = input_row(p, r);
            if (h < 0 || h >= f.height()) continue;
            for (int64_t s = 0; s < f.filter_width(); s++) {
                int64_t v = input_column(q, s);
                if (v < 0 || v >= f.width()) continue;
                for (int64_t c = 0; c < f.channels(); c++) {
                    sum += double(x[offset(f.x, n, c, h, v)]) * w[offset(f.w, k, c, r, s)];
                }
            }
        }
        return float(sum);
    }

    void backward_data(float *dx, const float *w, const float *dy) const {
        softcuda::parallel_for(f.batch() * f.height(), [&](long row) {
            int64_t n = row / f.height(), h = row % f.height();
            for (int64_t v = 0; v < f.width(); v++) {
                for (int64_t c = 0; c < f.channels(); c++) dx[offset(f.x, n, c, h, v)] = gather(w, dy, n, c, h, v);
            }
        });
    }

    float gather(const float *w, const float *dy, int64_t n, int64_t c, int64_t h, int64_t v) const {
        double sum = 0;
        for (int64_t r = 0; r < f.filter_height(); r++) {
            int64_t p = output_place(0, h, r, f.output_height());
            if (p < 0) continue;
            for (int64_t s = 0; s < f.filter_width(); s++) {
                int64_t q = output_place(1, v, s, f.output_width());
                if (q < 0) continue;
                for (int64_t k = 0; k < f.filters(); k++) {
                    sum += double(dy[offset(f.y, n, k, p, q)]) * w[offset(f.w, k, c, r, s)];
                }
            }
        }
        return float(sum);
    }

    void backward_filter(const float *x, float *dw, const float *dy) const {
        softcuda::parallel_for(f.filters() * f.channels(), [&](long pair) {
            int64_t k = pair / f.channels(), c = pair % f.channels();
            for (int64_t r = 0; r < f.filter_height(); r++) {
                for (int64_t s = 0; s < f.filter_width(); s++) dw[offset(f.w, k, c, r, s)] = tap(x, dy, k, c, r, s);
            }
        });
    }

    float tap(const float *x, const float *dy, int64_t k, int64_t c, int64_t r, int64_t s) const {
        double sum = 0;
        for (int64_t n = 0; n < f.batch(); n++) {
            for (int64_t p = 0; p < f.output_height(); p++) {
                int64_t h = input_row(p, r);
                if (h < 0 || h >= f.height()) continue;
                for (int64_t q = 0; q < f.output_width(); q++) {
                    int64_t v = input_column(q, s);
                    if (v < 0 || v >= f.width()) continue;
                    sum += double(dy[offset(f.y, n, k, p, q)]) * x[offset(f.x, n, c, h, v)];
                }
            }
        }
        return float(sum);
    }
};

}  // namespace

std::string direct_refusal(const Convolution &) { return ""; }

std::unique_ptr<Computation> direct(const Convolution &convolution) { return std::make_unique<Direct>(convolution); }

}  // namespace softcuda::dnn
