// Convolutions by oneDNN's primitives. A primitive is made once for a plan; its memory objects are pointed at the
// caller's tensors for each run, and all it needs beside them lies in the workspace.
#include "dnn/onednn.h"

#include <omp.h>

#include <algorithm>
#include <new>
#include <vector>

#include "core/parallel.h"
#include "dnn/onednn_status.h"
#include "oneapi/dnnl/dnnl.hpp"

namespace softcuda::dnn {

namespace {

using dnnl::memory;

// Primitives take the number of threads at their making from the thread that makes them: give it the device's.
class ThreadsOfDevice {
public:
    ThreadsOfDevice() : before(omp_get_max_threads()) { omp_set_num_threads(softcuda::threads()); }
    ~ThreadsOfDevice() { omp_set_num_threads(before); }

private:
    int before;
};

// Neither this nor the stream is ever destroyed: the device thread outlives static destructors.
const dnnl::engine &cpu() {
    static const auto *engine = new dnnl::engine(dnnl::engine::kind::cpu, 0);
    return *engine;
}

dnnl::stream &cpu_stream() {
    static auto *stream = new dnnl::stream(cpu());
    return *stream;
}

memory::dims four(const int64_t *values) { return {values[0], values[1], values[2], values[3]}; }

memory::dims two(const int64_t *values) { return {values[0], values[1]}; }

memory::dims dilations(const Convolution &f) { return {f.dilation[0] - 1, f.dilation[1] - 1}; }

// As it lies in memory. Strides of dimensions of one element say nothing: they are given as a packed tensor has them.
memory::desc as_given(const Tensor &tensor) {
    if (tensor.channels_last()) return {four(tensor.dimensions), memory::data_type::f32, memory::format_tag::acdb};
    if (tensor.channels_first()) return {four(tensor.dimensions), memory::data_type::f32, memory::format_tag::abcd};
    return {four(tensor.dimensions), memory::data_type::f32, four(tensor.strides)};
}

memory::desc any(const Tensor &tensor) {
    return {four(tensor.dimensions), memory::data_type::f32, memory::format_tag::any};
}

// A filter of several groups has the group for another dimension before all.
memory::dims with_groups(const Convolution &f) {
    memory::dims dimensions = four(f.w.dimensions);
    dimensions[0] /= f.groups();
    dimensions.insert(dimensions.begin(), f.groups());
    return dimensions;
}

memory::desc filter_as_given(const Convolution &f) {
    if (f.groups() == 1) return as_given(f.w);
    memory::dims strides = four(f.w.strides);
    strides.insert(strides.begin(), f.filters() / f.groups() * strides[0]);
    return {with_groups(f), memory::data_type::f32, strides};
}

memory::desc any_filter(const Convolution &f) {
    if (f.groups() == 1) return any(f.w);
    return {with_groups(f), memory::data_type::f32, memory::format_tag::any};
}

// The three passes' primitives, with the layouts they chose.
struct Choice {
    dnnl::primitive primitive;
    memory::desc x, w, y, scratchpad;
    std::string implementation;
};

template <class Description>
Choice take(const Description &description, const memory::desc &x, const memory::desc &w, const memory::desc &y) {
    return {dnnl::primitive(description), x, w, y, description.scratchpad_desc(), description.impl_info_str()};
}

Choice choose(const Convolution &f, const memory::desc &x, const memory::desc &w, const memory::desc &y) {
    ThreadsOfDevice threads;
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    const dnnl::algorithm algorithm = dnnl::algorithm::convolution_direct;
    memory::dims stride = two(f.stride), dilation = dilations(f);
    memory::dims before = two(f.padding_before), after = two(f.padding_after);
    dnnl::convolution_forward::primitive_desc forward(cpu(), dnnl::prop_kind::forward_training, algorithm, x, w, y,
                                                      stride, dilation, before, after, attributes);
    if (f.pass == Pass::forward) {
        return take(forward, forward.src_desc(), forward.weights_desc(), forward.dst_desc());
    }
    if (f.pass == Pass::backward_data) {
        dnnl::convolution_backward_data::primitive_desc backward(cpu(), algorithm, x, w, y, stride, dilation, before,
                                                                 after, forward, attributes);
        return take(backward, backward.diff_src_desc(), backward.weights_desc(), backward.diff_dst_desc());
    }
    dnnl::convolution_backward_weights::primitive_desc backward(cpu(), algorithm, x, w, y, stride, dilation, before,
                                                                after, forward, attributes);
    return take(backward, backward.src_desc(), backward.diff_weights_desc(), backward.diff_dst_desc());
}

class Onednn final : public Computation {
public:
    Onednn(const Convolution &f, const Choice &choice)
        : writes(f.pass == Pass::forward         ? Y
                 : f.pass == Pass::backward_data ? X
                                                 : W),
          text(choice.implementation) {
        ThreadsOfDevice threads;
        const Tensor *tensors[3] = {&f.x, &f.w, &f.y};
        const memory::desc chosen[3] = {choice.x, choice.w, choice.y};
        const int arguments[3] = {f.pass == Pass::backward_data ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC,
                                  f.pass == Pass::backward_filter ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS,
                                  f.pass == Pass::forward ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST};
        std::vector<Argument> of_convolution;
        for (int i = 0; i < 3; i++) {
            memory::desc given = i == W ? filter_as_given(f) : as_given(*tensors[i]);
            outside[i] = memory(given, cpu(), nullptr);
            inside[i] = outside[i];
            if (given != chosen[i]) {
                inside[i] = place(chosen[i]);
                text += std::string(", ") + "xwy"[i] + " reordered";
            }
            of_convolution.push_back({arguments[i], inside[i]});
        }
        of_convolution.push_back({DNNL_ARG_SCRATCHPAD, place(choice.scratchpad)});
        for (int i = 0; i < 3; i++) {
            if (i != writes && inside[i] != outside[i]) add_reorder(outside[i], inside[i]);
        }
        steps.push_back({choice.primitive, bind(of_convolution)});
        if (inside[writes] != outside[writes]) add_reorder(inside[writes], outside[writes]);
    }

    size_t workspace_bytes() const override { return bytes; }

    std::string describe() const override { return text; }

    void run(float *x, float *w, float *y, char *workspace) override {
        outside[X].set_data_handle(x);
        outside[W].set_data_handle(w);
        outside[Y].set_data_handle(y);
        for (Placed &placed : in_workspace) placed.object.set_data_handle(workspace + placed.offset);
        for (const Step &step : steps) {
            dnnl_status_t status =
                dnnl_primitive_execute(step.primitive.get(), cpu_stream().get(),
                                       static_cast<int>(step.arguments.size()), step.arguments.data());
            softcuda::check_onednn(status, "cudnnBackendExecute");
        }
    }

private:
    enum { X, W, Y };

    struct Argument {
        int name;
        memory object;
    };

    struct Step {
        dnnl::primitive primitive;
        std::vector<dnnl_exec_arg_t> arguments;
    };

    struct Placed {
        memory object;
        size_t offset;
    };

    int writes;
    std::string text;
    memory outside[3], inside[3];
    std::vector<Placed> in_workspace;
    std::vector<Step> steps;
    size_t bytes = 0;

    memory place(const memory::desc &description) {
        memory object(description, cpu(), nullptr);
        in_workspace.push_back({object, bytes});
        bytes += (description.get_size() + 63) / 64 * 64;
        return object;
    }

    static std::vector<dnnl_exec_arg_t> bind(const std::vector<Argument> &arguments) {
        std::vector<dnnl_exec_arg_t> bound;
        for (const Argument &argument : arguments) bound.push_back({argument.name, argument.object.get()});
        return bound;
    }

    void add_reorder(const memory &from, const memory &to) {
        dnnl::primitive_attr attributes;
        attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
        dnnl::reorder::primitive_desc description(cpu(), from.get_desc(), cpu(), to.get_desc(), attributes);
        memory scratchpad = place(description.scratchpad_desc());
        steps.push_back({dnnl::reorder(description),
                         bind({{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}, {DNNL_ARG_SCRATCHPAD, scratchpad}})});
    }
};

// What `make` makes; that there was no memory is thrown as everywhere else.
template <class Make>
auto made(Make make) {
    try {
        return make();
    } catch (const dnnl::error &error) {
        if (error.status == dnnl_out_of_memory) throw std::bad_alloc();
        throw;
    }
}

// Only what oneDNN has no code for is an answer; a moment without memory, or a defect, says nothing of the convolution.
template <class Make>
std::string refusal_of(Make make) {
    try {
        made(make);
        return "";
    } catch (const dnnl::error &error) {
        if (error.status != dnnl_unimplemented && error.status != dnnl_invalid_arguments) throw;
        return std::string("cannot run it: ") + error.what();
    }
}

// oneDNN 3.13: the AVX2 kernel for the filter gradient of strided 1x1 convolutions oversteps its buffers when channels
// lie adjacent and are no multiple of 8: results change from run to run, and it can crash.
bool oversteps(const Convolution &f) {
    bool strided = f.stride[0] != 1 || f.stride[1] != 1;
    return f.pass == Pass::backward_filter && f.filter_height() == 1 && f.filter_width() == 1 && strided &&
           !f.x.channels_first();
}

Choice choose_in_place(const Convolution &f) { return choose(f, as_given(f.x), any_filter(f), as_given(f.y)); }

Choice choose_blocked(const Convolution &f) { return choose(f, any(f.x), any_filter(f), any(f.y)); }

}  // namespace

std::string onednn_in_place_refusal(const Convolution &convolution) {
    if (oversteps(convolution)) return "computes no filter gradients of strided 1x1 convolutions";
    return refusal_of([&] { choose_in_place(convolution); });
}

std::unique_ptr<Computation> onednn_in_place(const Convolution &convolution) {
    return made([&] { return std::make_unique<Onednn>(convolution, choose_in_place(convolution)); });
}

std::string onednn_groups_refusal(const Convolution &convolution) {
    return convolution.groups() == 1 ? "computes several groups at once, and there is one"
                                     : onednn_in_place_refusal(convolution);
}

std::unique_ptr<Computation> onednn_groups(const Convolution &convolution) { return onednn_in_place(convolution); }

std::string onednn_blocked_refusal(const Convolution &convolution) {
    return refusal_of([&] { choose_blocked(convolution); });
}

std::unique_ptr<Computation> onednn_blocked(const Convolution &convolution) {
    return made([&] { return std::make_unique<Onednn>(convolution, choose_blocked(convolution)); });
}

}  // namespace softcuda::dnn
