// What finalizing a descriptor checks and computes, type by type.
#include "dnn/finalize.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

#include "core/switches.h"
#include "dnn/engines.h"
#include "dnn/parts.h"

namespace softcuda::dnn {

namespace {

int enumeration(const Content &content, int name) { return *content.require(name).values<int>(); }

bool is_true(const Content &content, int name) {
    const Attribute *attribute = content.find(name);
    return attribute != nullptr && attribute->values<char>()[0] != 0;
}

void require_float(const Content &content, int name) {
    int type = enumeration(content, name);
    if (type == CUDNN_DATA_FLOAT) return;
    throw Refusal(CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE,
                  name_of_attribute(name) + " is data type " + std::to_string(type) +
                      ": the software device computes in CUDNN_DATA_FLOAT (0) alone");
}

Type type_of(const Content &content, int name) {
    int type = enumeration(content, name);
    if (type == CUDNN_DATA_FLOAT) return Type::float32;
    if (type == CUDNN_DATA_BFLOAT16) return Type::bf16;
    throw Refusal(CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE,
                  name_of_attribute(name) + " is data type " + std::to_string(type) +
                      ": the software device has CUDNN_DATA_FLOAT (0) and CUDNN_DATA_BFLOAT16 (9)");
}

void refuse_flag(const Content &content, int name) {
    if (is_true(content, name)) {
        throw Refusal(
            CUDNN_STATUS_NOT_SUPPORTED_GRAPH_PATTERN,
            name_of_attribute(name) + " is set: the software device runs graphs of one operation, over memory");
    }
}

void refuse_vectors(const Content &content) {
    const Attribute *count = content.find(CUDNN_ATTR_TENSOR_VECTOR_COUNT);
    if (count != nullptr && *count->values<int64_t>() != 1) {
        throw Refusal(CUDNN_STATUS_NOT_SUPPORTED_LAYOUT, "CUDNN_ATTR_TENSOR_VECTOR_COUNT is not 1");
    }
    const Attribute *reordering = content.find(CUDNN_ATTR_TENSOR_REORDERING_MODE);
    if (reordering != nullptr && *reordering->values<int>() != 0) {
        throw Refusal(CUDNN_STATUS_NOT_SUPPORTED_LAYOUT, "CUDNN_ATTR_TENSOR_REORDERING_MODE is not NONE (0)");
    }
}

// The bytes from the first element to the last must be countable.
void check_extent(const Tensor &tensor) {
    int64_t last = 0;
    for (int d = 0; d < 4; d++) {
        int64_t steps = tensor.dimensions[d] - 1, reach = 0;
        if (__builtin_mul_overflow(steps, tensor.strides[d], &reach) || __builtin_add_overflow(last, reach, &last) ||
            last > std::numeric_limits<int64_t>::max() / 8) {
            throw Refusal(CUDNN_STATUS_BAD_PARAM, "the tensor " + tensor.describe() + " is larger than any memory");
        }
    }
}

// What the library answers for attributes of a tensor that were not set.
void set_defaults(Content &content) {
    if (content.find(CUDNN_ATTR_TENSOR_VECTOR_COUNT) == nullptr) {
        content.set_integers(CUDNN_ATTR_TENSOR_VECTOR_COUNT, CUDNN_TYPE_INT64, {1});
    }
    for (int name : {CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_ATTR_TENSOR_IS_BY_VALUE}) {
        if (content.find(name) == nullptr) content.attributes[name] = {CUDNN_TYPE_BOOLEAN, 1, {0}, {}};
    }
}

void finalize_tensor(Content &content) {
    refuse_flag(content, CUDNN_ATTR_TENSOR_IS_VIRTUAL);
    refuse_flag(content, CUDNN_ATTR_TENSOR_IS_BY_VALUE);
    refuse_vectors(content);
    const Attribute &dimensions = content.require(CUDNN_ATTR_TENSOR_DIMENSIONS);
    const Attribute &strides = content.require(CUDNN_ATTR_TENSOR_STRIDES);
    if (dimensions.count != strides.count) {
        throw Refusal(CUDNN_STATUS_BAD_PARAM, "the tensor has " + std::to_string(dimensions.count) +
                                                  " dimensions and " + std::to_string(strides.count) + " strides");
    }
    if (dimensions.count != 4) {
        throw Refusal(CUDNN_STATUS_NOT_SUPPORTED_SHAPE,
                      "the tensor has " + std::to_string(dimensions.count) +
                          " dimensions: the software device runs those of 4 (N,C,H,W)");
    }
    Tensor &tensor = content.tensor;
    tensor.type = type_of(content, CUDNN_ATTR_TENSOR_DATA_TYPE);
    tensor.id = content.integer(CUDNN_ATTR_TENSOR_UNIQUE_ID);
    tensor.alignment = content.integer(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT);
    if (tensor.alignment <= 0 || (tensor.alignment & (tensor.alignment - 1)) != 0) {
        throw Refusal(CUDNN_STATUS_BAD_PARAM,
                      "CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT is " + std::to_string(tensor.alignment) + ", no power of two");
    }
    for (int d = 0; d < 4; d++) {
        tensor.dimensions[d] = dimensions.values<int64_t>()[d];
        tensor.strides[d] = strides.values<int64_t>()[d];
    }
    for (int d = 0; d < 4; d++) {
        if (tensor.dimensions[d] <= 0) {
            throw Refusal(CUDNN_STATUS_BAD_PARAM, "the tensor " + tensor.describe() + " has a dimension below 1");
        }
        if (tensor.strides[d] <= 0) {
            throw Refusal(CUDNN_STATUS_NOT_SUPPORTED_LAYOUT,
                          "the tensor " + tensor.describe() + " has a stride below 1");
        }
    }
    check_extent(tensor);
    set_defaults(content);
}

void read_pair(const Content &content, int name, int64_t least, int64_t (&pair)[2]) {
    const Attribute &attribute = content.require(name);
    if (attribute.count != 2) {
        throw Refusal(CUDNN_STATUS_BAD_PARAM, name_of_attribute(name) + " has " + std::to_string(attribute.count) +
                                                  " elements, and CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS is 2");
    }
    for (int i = 0; i < 2; i++) {
        pair[i] = attribute.values<int64_t>()[i];
        if (pair[i] < least || pair[i] > std::numeric_limits<int>::max()) {
            throw Refusal(CUDNN_STATUS_BAD_PARAM, name_of_attribute(name) + " is " + std::to_string(pair[i]) +
                                                      ", and may not be below " + std::to_string(least));
        }
    }
}

void finalize_convolution(Content &content) {
    require_float(content, CUDNN_ATTR_CONVOLUTION_COMP_TYPE);
    int mode = enumeration(content, CUDNN_ATTR_CONVOLUTION_CONV_MODE);
    if (mode != CUDNN_CROSS_CORRELATION) {
        throw Refusal(CUDNN_STATUS_NOT_SUPPORTED, "CUDNN_ATTR_CONVOLUTION_CONV_MODE is " + std::to_string(mode) +
                                                      ": the software device runs CUDNN_CROSS_CORRELATION (1) alone");
    }
    int64_t rank = content.integer(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS);
    if (rank != 2) {
        throw Refusal(CUDNN_STATUS_NOT_SUPPORTED_SHAPE, "CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS is " +
                                                            std::to_string(rank) +
                                                            ": the software device convolves over 2 dimensions");
    }
    ConvolutionParameters &parameters = content.parameters;
    read_pair(content, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, 0, parameters.padding_before);
    read_pair(content, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, 0, parameters.padding_after);
    read_pair(content, CUDNN_ATTR_CONVOLUTION_DILATIONS, 1, parameters.dilation);
    read_pair(content, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, 1, parameters.stride);
}

// The attributes of the three operations, in one order.
struct OperationNames {
    Pass pass;
    int x, w, y, convolution, alpha, beta;
};

OperationNames names_of(int descriptor) {
    switch (descriptor) {
        case CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR:
            return {Pass::forward,
                    CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
                    CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
                    CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
                    CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
                    CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
                    CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
        case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR:
            return {Pass::backward_data,
                    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
                    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
                    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
                    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
                    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
                    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
        default:
            return {Pass::backward_filter,
                    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
                    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
                    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
                    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
                    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
                    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};
    }
}

const Content &child_of_type(const Content &content, int name, int type) {
    const Content &child = content.child(name);
    if (child.type != type) {
        throw Refusal(CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE, name_of_attribute(name) + " is " +
                                                                  name_of_descriptor(child.type) + ", and is to be " +
                                                                  name_of_descriptor(type));
    }
    return child;
}

void require_scalar(const Content &content, int name, double wanted) {
    const Attribute *attribute = content.find(name);
    if (attribute == nullptr) return;
    double value = attribute->type == CUDNN_TYPE_FLOAT ? *attribute->values<float>() : *attribute->values<double>();
    if (value != wanted) {
        throw Refusal(CUDNN_STATUS_NOT_SUPPORTED, name_of_attribute(name) + " is " + std::to_string(value) +
                                                      ": the software device runs alpha 1 and beta 0 alone");
    }
}

void check_shapes(const Convolution &convolution) {
    auto refuse = [&](cudnnStatus_t status, const std::string &why) {
        throw Refusal(status, convolution.describe() + ": " + why);
    };
    const Tensor &x = convolution.x, &w = convolution.w, &y = convolution.y;
    if (x.type != w.type || x.type != y.type) {
        refuse(CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE,
               "CUDNN_ATTR_TENSOR_DATA_TYPE differs: the software device convolves tensors of one type, all "
               "CUDNN_DATA_FLOAT (0) or all CUDNN_DATA_BFLOAT16 (9)");
    }
    if (x.dimensions[1] % w.dimensions[1] != 0) {
        refuse(CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH, "the image's " + std::to_string(x.dimensions[1]) +
                                                          " channels are no multiple of the filter's " +
                                                          std::to_string(w.dimensions[1]));
    }
    if (w.dimensions[0] % convolution.groups() != 0) {
        refuse(CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH, "its " + std::to_string(w.dimensions[0]) +
                                                          " filters cannot be divided among " +
                                                          std::to_string(convolution.groups()) + " groups");
    }
    if (y.dimensions[0] != x.dimensions[0]) refuse(CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH, "the batches differ");
    if (y.dimensions[1] != w.dimensions[0]) {
        refuse(CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH, "the output's channels are not the filter's outputs");
    }
    for (int d = 0; d < 2; d++) {
        int64_t padded = x.dimensions[2 + d] + convolution.padding_before[d] + convolution.padding_after[d];
        int64_t reach = 0;
        if (__builtin_mul_overflow(convolution.dilation[d], w.dimensions[2 + d] - 1, &reach) || reach >= padded) {
            refuse(CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH, "the filter does not fit into the padded image");
        }
        int64_t places = (padded - reach - 1) / convolution.stride[d] + 1;
        if (y.dimensions[2 + d] != places) {
            refuse(CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH, std::string("the output's ") + (d == 0 ? "height" : "width") +
                                                              " would be " + std::to_string(places));
        }
    }
}

// Two elements of what is written must not share a place.
void check_result(const Tensor &result) {
    int order[4] = {0, 1, 2, 3};
    std::sort(order, order + 4, [&](int a, int b) { return result.strides[a] < result.strides[b]; });
    int64_t reach = 1;
    for (int d : order) {
        if (result.dimensions[d] == 1) continue;
        if (result.strides[d] < reach) {
            throw Refusal(CUDNN_STATUS_NOT_SUPPORTED_LAYOUT,
                          "the output " + result.describe() + " has strides by which its elements overlap");
        }
        reach = result.strides[d] * (result.dimensions[d] - 1) + reach;
    }
}

// What may run in parts is copied by places, whose channels lie side by side.
void check_layout(const Convolution &convolution) {
    if (!wants_channels_last(convolution) || convolution.all_channels_last()) return;
    throw Refusal(CUDNN_STATUS_NOT_SUPPORTED_LAYOUT,
                  convolution.describe() + ": the software device convolves bf16, and several groups, with adjacent "
                                           "channels (NHWC), packed");
}

void finalize_operation(Content &content) {
    OperationNames names = names_of(content.type);
    Convolution &convolution = content.convolution;
    convolution.pass = names.pass;
    convolution.x = child_of_type(content, names.x, CUDNN_BACKEND_TENSOR_DESCRIPTOR).tensor;
    convolution.w = child_of_type(content, names.w, CUDNN_BACKEND_TENSOR_DESCRIPTOR).tensor;
    convolution.y = child_of_type(content, names.y, CUDNN_BACKEND_TENSOR_DESCRIPTOR).tensor;
    const Content &child = child_of_type(content, names.convolution, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
    const ConvolutionParameters &parameters = child.parameters;
    for (int d = 0; d < 2; d++) {
        convolution.stride[d] = parameters.stride[d];
        convolution.dilation[d] = parameters.dilation[d];
        convolution.padding_before[d] = parameters.padding_before[d];
        convolution.padding_after[d] = parameters.padding_after[d];
    }
    require_scalar(content, names.alpha, 1);
    require_scalar(content, names.beta, 0);
    check_shapes(convolution);
    check_layout(convolution);
    check_result(convolution.result());
}

void finalize_graph(Content &content) {
    const Attribute &operations = content.require(CUDNN_ATTR_OPERATIONGRAPH_OPS);
    if (operations.count != 1) {
        throw Refusal(CUDNN_STATUS_NOT_SUPPORTED_GRAPH_PATTERN,
                      "the operation graph has " + std::to_string(operations.count) +
                          " operations: the software device runs graphs of one convolution");
    }
    const Content &operation = *operations.children.front();
    bool convolves = operation.type == CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR ||
                     operation.type == CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR ||
                     operation.type == CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR;
    if (!convolves) {
        throw Refusal(
            CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE,
            "CUDNN_ATTR_OPERATIONGRAPH_OPS holds " + name_of_descriptor(operation.type) + ", which is no operation");
    }
    const Convolution &convolution = operation.convolution;
    if (convolution.x.id == convolution.w.id || convolution.x.id == convolution.y.id ||
        convolution.w.id == convolution.y.id) {
        throw Refusal(CUDNN_STATUS_BAD_PARAM_DUPLICATED_ENTRIES,
                      convolution.describe() + ": two of its tensors have the same CUDNN_ATTR_TENSOR_UNIQUE_ID");
    }
    content.convolution = convolution;
    content.set_integers(CUDNN_ATTR_OPERATIONGRAPH_ENGINE_GLOBAL_COUNT, CUDNN_TYPE_INT64, {ENGINES});
}

void finalize_engine(Content &content) {
    const Content &graph =
        child_of_type(content, CUDNN_ATTR_ENGINE_OPERATION_GRAPH, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    int64_t index = content.integer(CUDNN_ATTR_ENGINE_GLOBAL_INDEX);
    if (index < 0 || index >= ENGINES) {
        throw Refusal(CUDNN_STATUS_BAD_PARAM_OUT_OF_BOUND, "CUDNN_ATTR_ENGINE_GLOBAL_INDEX is " +
                                                               std::to_string(index) + ", and there are engines 0 to " +
                                                               std::to_string(ENGINES - 1));
    }
    std::string why = refusal(static_cast<int>(index), graph.convolution);
    if (!why.empty()) {
        throw Refusal(CUDNN_STATUS_NOT_SUPPORTED, graph.convolution.describe() + ": the engine " +
                                                      engine(static_cast<int>(index)).name + " " + why);
    }
    content.convolution = graph.convolution;
    content.engine = static_cast<int>(index);
}

void finalize_configuration(Content &content) {
    const Content &chosen = child_of_type(content, CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR);
    content.convolution = chosen.convolution;
    content.engine = chosen.engine;
}

std::shared_ptr<const Content> configuration_of(const std::shared_ptr<const Content> &graph, int index) {
    auto chosen = std::make_shared<Content>(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
    chosen->set_children(CUDNN_ATTR_ENGINE_OPERATION_GRAPH, {graph});
    chosen->set_integers(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, {index});
    finalize(*chosen);
    auto configuration = std::make_shared<Content>(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    configuration->set_children(CUDNN_ATTR_ENGINECFG_ENGINE, {chosen});
    finalize(*configuration);
    return configuration;
}

void finalize_heuristics(Content &content) {
    child_of_type(content, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    int mode = enumeration(content, CUDNN_ATTR_ENGINEHEUR_MODE);
    if (mode < CUDNN_HEUR_MODE_INSTANT || mode > CUDNN_HEUR_MODE_A) {
        throw Refusal(CUDNN_STATUS_BAD_PARAM,
                      "CUDNN_ATTR_ENGINEHEUR_MODE is " + std::to_string(mode) + ", which is no mode");
    }
    const std::shared_ptr<const Content> graph =
        content.require(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH).children.front();
    Ranking ranking = rank(graph->convolution);
    std::vector<std::shared_ptr<const Content>> results;
    // One engine each, unless the switch says otherwise: a program that takes the fastest of several by the clock would
    // not always compute the same bits.
    int offered = switches().all_engines ? ranking.count : std::min(ranking.count, 1);
    for (int i = 0; i < offered; i++) results.push_back(configuration_of(graph, ranking.indices[i]));
    content.set_children(CUDNN_ATTR_ENGINEHEUR_RESULTS, results);
}

std::string escaped(const std::string &text) {
    std::string result;
    for (char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result;
}

void finalize_plan(Content &content) {
    const Content &configuration =
        child_of_type(content, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    if (switches().fail_plan > 0 && --switches().fail_plan == 0) throw std::bad_alloc();
    auto plan = std::make_shared<Plan>();
    plan->convolution = configuration.convolution;
    plan->engine = configuration.engine;
    plan->computation = prepare(plan->engine, plan->convolution);
    content.plan = plan;
    // Room to align whatever pointer the caller will have.
    size_t bytes = plan->computation->workspace_bytes();
    int64_t workspace = bytes == 0 ? 0 : static_cast<int64_t>(bytes + WORKSPACE_ALIGNMENT - 1);
    content.set_integers(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, {workspace});
    std::string text = "{\"engine\": " + std::to_string(plan->engine) + ", \"engine_name\": \"" +
                       engine(plan->engine).name + "\", \"operation\": \"" + escaped(plan->convolution.describe()) +
                       "\", \"implementation\": \"" + escaped(plan->computation->describe()) +
                       "\", \"workspace\": " + std::to_string(workspace) + "}";
    Attribute &json = content.attributes[CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION];
    json.type = CUDNN_TYPE_CHAR;
    json.count = static_cast<int64_t>(text.size()) + 1;
    json.bytes.assign(text.c_str(), text.c_str() + text.size() + 1);
}

void finalize_pack(Content &content) {
    const Attribute &ids = content.require(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
    const Attribute &pointers = content.require(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS);
    if (ids.count != pointers.count) {
        throw Refusal(CUDNN_STATUS_BAD_PARAM, "the variant pack has " + std::to_string(ids.count) + " unique ids and " +
                                                  std::to_string(pointers.count) + " pointers");
    }
    for (int64_t i = 0; i < ids.count; i++) {
        int64_t id = ids.values<int64_t>()[i];
        void *pointer = pointers.values<void *>()[i];
        if (!content.pack.pointers.emplace(id, pointer).second) {
            throw Refusal(CUDNN_STATUS_BAD_PARAM_DUPLICATED_ENTRIES,
                          "the variant pack has the unique id " + std::to_string(id) + " twice");
        }
    }
    const Attribute *workspace = content.find(CUDNN_ATTR_VARIANT_PACK_WORKSPACE);
    content.pack.workspace = workspace == nullptr ? nullptr : *workspace->values<void *>();
}

}  // namespace

void finalize(Content &content) {
    if (content.finalized) {
        throw Refusal(CUDNN_STATUS_BAD_PARAM, name_of_descriptor(content.type) + " is finalized already");
    }
    switch (content.type) {
        case CUDNN_BACKEND_TENSOR_DESCRIPTOR: finalize_tensor(content); break;
        case CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR: finalize_convolution(content); break;
        case CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR:
        case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR:
        case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR: finalize_operation(content); break;
        case CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR: finalize_graph(content); break;
        case CUDNN_BACKEND_ENGINE_DESCRIPTOR: finalize_engine(content); break;
        case CUDNN_BACKEND_ENGINECFG_DESCRIPTOR: finalize_configuration(content); break;
        case CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR: finalize_heuristics(content); break;
        case CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR: finalize_plan(content); break;
        case CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR: finalize_pack(content); break;
        case CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR: break;
    }
    content.finalized = true;
}

}  // namespace softcuda::dnn
