// Descriptors and their attributes: which there are, of which type and how many, setting and getting.
#include "dnn/descriptor.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <unordered_map>

namespace softcuda::dnn {

namespace {

constexpr int ANY_SCALAR = -1;  // float or double
constexpr int64_t MANY = int64_t(1) << 20;

struct AttributeRule {
    int descriptor;
    int name;
    const char *text;
    int type;
    int64_t most;
    bool settable;
};

#define RULE(descriptor, name, type, most, settable) \
    {CUDNN_BACKEND_##descriptor##_DESCRIPTOR, CUDNN_ATTR_##name, "CUDNN_ATTR_" #name, type, most, settable}

constexpr AttributeRule RULES[] = {
    RULE(TENSOR, TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1, true),
    RULE(TENSOR, TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, 1, true),
    RULE(TENSOR, TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 8, true),
    RULE(TENSOR, TENSOR_STRIDES, CUDNN_TYPE_INT64, 8, true),
    RULE(TENSOR, TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, 1, true),
    RULE(TENSOR, TENSOR_VECTOR_COUNT, CUDNN_TYPE_INT64, 1, true),
    RULE(TENSOR, TENSOR_VECTORIZED_DIMENSION, CUDNN_TYPE_INT64, 1, true),
    RULE(TENSOR, TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, 1, true),
    RULE(TENSOR, TENSOR_IS_BY_VALUE, CUDNN_TYPE_BOOLEAN, 1, true),
    RULE(TENSOR, TENSOR_REORDERING_MODE, CUDNN_TYPE_TENSOR_REORDERING_MODE, 1, true),
    RULE(CONVOLUTION, CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, 1, true),
    RULE(CONVOLUTION, CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, true),
    RULE(CONVOLUTION, CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, 1, true),
    RULE(CONVOLUTION, CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, 6, true),
    RULE(CONVOLUTION, CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, 6, true),
    RULE(CONVOLUTION, CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, 6, true),
    RULE(CONVOLUTION, CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, 6, true),
    RULE(OPERATION_CONVOLUTION_FORWARD, OPERATION_CONVOLUTION_FORWARD_X, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, true),
    RULE(OPERATION_CONVOLUTION_FORWARD, OPERATION_CONVOLUTION_FORWARD_W, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, true),
    RULE(OPERATION_CONVOLUTION_FORWARD, OPERATION_CONVOLUTION_FORWARD_Y, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, true),
    RULE(OPERATION_CONVOLUTION_FORWARD, OPERATION_CONVOLUTION_FORWARD_CONV_DESC, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
         true),
    RULE(OPERATION_CONVOLUTION_FORWARD, OPERATION_CONVOLUTION_FORWARD_ALPHA, ANY_SCALAR, 1, true),
    RULE(OPERATION_CONVOLUTION_FORWARD, OPERATION_CONVOLUTION_FORWARD_BETA, ANY_SCALAR, 1, true),
    RULE(OPERATION_CONVOLUTION_BACKWARD_DATA, OPERATION_CONVOLUTION_BWD_DATA_W, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, true),
    RULE(OPERATION_CONVOLUTION_BACKWARD_DATA, OPERATION_CONVOLUTION_BWD_DATA_DX, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
         true),
    RULE(OPERATION_CONVOLUTION_BACKWARD_DATA, OPERATION_CONVOLUTION_BWD_DATA_DY, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
         true),
    RULE(OPERATION_CONVOLUTION_BACKWARD_DATA, OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC, CUDNN_TYPE_BACKEND_DESCRIPTOR,
         1, true),
    RULE(OPERATION_CONVOLUTION_BACKWARD_DATA, OPERATION_CONVOLUTION_BWD_DATA_ALPHA, ANY_SCALAR, 1, true),
    RULE(OPERATION_CONVOLUTION_BACKWARD_DATA, OPERATION_CONVOLUTION_BWD_DATA_BETA, ANY_SCALAR, 1, true),
    RULE(OPERATION_CONVOLUTION_BACKWARD_FILTER, OPERATION_CONVOLUTION_BWD_FILTER_X, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
         true),
    RULE(OPERATION_CONVOLUTION_BACKWARD_FILTER, OPERATION_CONVOLUTION_BWD_FILTER_DW, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
         true),
    RULE(OPERATION_CONVOLUTION_BACKWARD_FILTER, OPERATION_CONVOLUTION_BWD_FILTER_DY, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
         true),
    RULE(OPERATION_CONVOLUTION_BACKWARD_FILTER, OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
         CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, true),
    RULE(OPERATION_CONVOLUTION_BACKWARD_FILTER, OPERATION_CONVOLUTION_BWD_FILTER_ALPHA, ANY_SCALAR, 1, true),
    RULE(OPERATION_CONVOLUTION_BACKWARD_FILTER, OPERATION_CONVOLUTION_BWD_FILTER_BETA, ANY_SCALAR, 1, true),
    RULE(OPERATIONGRAPH, OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, true),
    RULE(OPERATIONGRAPH, OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, MANY, true),
    RULE(OPERATIONGRAPH, OPERATIONGRAPH_ENGINE_GLOBAL_COUNT, CUDNN_TYPE_INT64, 1, false),
    RULE(ENGINE, ENGINE_OPERATION_GRAPH, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, true),
    RULE(ENGINE, ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1, true),
    RULE(ENGINE, ENGINE_SM_COUNT_TARGET, CUDNN_TYPE_INT32, 1, true),
    RULE(ENGINE, ENGINE_DEVICEPROP, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, true),
    RULE(ENGINE, ENGINE_KNOB_INFO, CUDNN_TYPE_BACKEND_DESCRIPTOR, MANY, false),
    RULE(ENGINE, ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE, MANY, false),
    RULE(ENGINE, ENGINE_BEHAVIOR_NOTE, CUDNN_TYPE_BEHAVIOR_NOTE, MANY, false),
    RULE(ENGINE, ENGINE_LAYOUT_INFO, CUDNN_TYPE_BACKEND_DESCRIPTOR, MANY, false),
    RULE(ENGINEHEUR, ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, true),
    RULE(ENGINEHEUR, ENGINEHEUR_OPERATION_GRAPH, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, true),
    RULE(ENGINEHEUR, ENGINEHEUR_SM_COUNT_TARGET, CUDNN_TYPE_INT32, 1, true),
    RULE(ENGINEHEUR, ENGINEHEUR_DEVICEPROP, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, true),
    RULE(ENGINEHEUR, ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, MANY, false),
    RULE(ENGINECFG, ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, true),
    RULE(ENGINECFG, ENGINECFG_KNOB_CHOICES, CUDNN_TYPE_BACKEND_DESCRIPTOR, MANY, true),
    RULE(ENGINECFG, ENGINECFG_INTERMEDIATE_INFO, CUDNN_TYPE_BACKEND_DESCRIPTOR, MANY, false),
    RULE(EXECUTION_PLAN, EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, true),
    RULE(EXECUTION_PLAN, EXECUTION_PLAN_ENGINE_CONFIG, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, true),
    RULE(EXECUTION_PLAN, EXECUTION_PLAN_DEVICEPROP, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, true),
    RULE(EXECUTION_PLAN, EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, false),
    RULE(EXECUTION_PLAN, EXECUTION_PLAN_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, MANY, false),
    RULE(VARIANT_PACK, VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, MANY, true),
    RULE(VARIANT_PACK, VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, MANY, true),
    RULE(VARIANT_PACK, VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, true),
    RULE(DEVICEPROP, DEVICEPROP_DEVICE_ID, CUDNN_TYPE_INT32, 1, true),
    RULE(DEVICEPROP, DEVICEPROP_HANDLE, CUDNN_TYPE_HANDLE, 1, true),
    RULE(DEVICEPROP, DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, MANY, true),
};

#undef RULE

struct TypeRule {
    int type;
    const char *text;
    size_t bytes;
};

constexpr TypeRule TYPES[] = {
    {CUDNN_TYPE_HANDLE, "CUDNN_TYPE_HANDLE", 8},
    {CUDNN_TYPE_DATA_TYPE, "CUDNN_TYPE_DATA_TYPE", 4},
    {CUDNN_TYPE_BOOLEAN, "CUDNN_TYPE_BOOLEAN", 1},
    {CUDNN_TYPE_INT64, "CUDNN_TYPE_INT64", 8},
    {CUDNN_TYPE_FLOAT, "CUDNN_TYPE_FLOAT", 4},
    {CUDNN_TYPE_DOUBLE, "CUDNN_TYPE_DOUBLE", 8},
    {CUDNN_TYPE_VOID_PTR, "CUDNN_TYPE_VOID_PTR", 8},
    {CUDNN_TYPE_CONVOLUTION_MODE, "CUDNN_TYPE_CONVOLUTION_MODE", 4},
    {CUDNN_TYPE_HEUR_MODE, "CUDNN_TYPE_HEUR_MODE", 4},
    {CUDNN_TYPE_NUMERICAL_NOTE, "CUDNN_TYPE_NUMERICAL_NOTE", 4},
    {CUDNN_TYPE_BACKEND_DESCRIPTOR, "CUDNN_TYPE_BACKEND_DESCRIPTOR", 8},
    {CUDNN_TYPE_BEHAVIOR_NOTE, "CUDNN_TYPE_BEHAVIOR_NOTE", 4},
    {CUDNN_TYPE_TENSOR_REORDERING_MODE, "CUDNN_TYPE_TENSOR_REORDERING_MODE", 4},
    {CUDNN_TYPE_INT32, "CUDNN_TYPE_INT32", 4},
    {CUDNN_TYPE_CHAR, "CUDNN_TYPE_CHAR", 1},
};

struct NamedDescriptor {
    int type;
    const char *text;
};

#define NAMED(type) {CUDNN_BACKEND_##type##_DESCRIPTOR, "CUDNN_BACKEND_" #type "_DESCRIPTOR"}

constexpr NamedDescriptor DESCRIPTORS[] = {
    NAMED(CONVOLUTION),
    NAMED(ENGINE),
    NAMED(ENGINECFG),
    NAMED(ENGINEHEUR),
    NAMED(EXECUTION_PLAN),
    NAMED(OPERATION_CONVOLUTION_FORWARD),
    NAMED(OPERATION_CONVOLUTION_BACKWARD_FILTER),
    NAMED(OPERATION_CONVOLUTION_BACKWARD_DATA),
    NAMED(OPERATIONGRAPH),
    NAMED(VARIANT_PACK),
    NAMED(TENSOR),
    NAMED(DEVICEPROP),
};

#undef NAMED

const AttributeRule &rule_of(int descriptor, int name) {
    for (const AttributeRule &rule : RULES) {
        if (rule.descriptor == descriptor && rule.name == name) return rule;
    }
    throw Refusal(CUDNN_STATUS_BAD_PARAM, name_of_attribute(name) +
                                              " is no attribute that the software device knows of " +
                                              name_of_descriptor(descriptor));
}

size_t size_of_type(int type) {
    for (const TypeRule &rule : TYPES) {
        if (rule.type == type) return rule.bytes;
    }
    return 0;
}

void check_type(const AttributeRule &rule, int type) {
    bool fits = rule.type == ANY_SCALAR ? type == CUDNN_TYPE_FLOAT || type == CUDNN_TYPE_DOUBLE : type == rule.type;
    if (fits) return;
    std::string wanted = rule.type == ANY_SCALAR ? "CUDNN_TYPE_FLOAT or CUDNN_TYPE_DOUBLE" : name_of_type(rule.type);
    throw Refusal(CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE,
                  std::string(rule.text) + " is given as " + name_of_type(type) + ", and is " + wanted);
}

std::mutex handles_mutex;

std::unordered_map<cudnnBackendDescriptor_t, std::unique_ptr<Handle>> &handles() {
    static auto *live = new std::unordered_map<cudnnBackendDescriptor_t, std::unique_ptr<Handle>>;
    return *live;
}

void fill_descriptors(const Attribute &attribute, int64_t count, void *elements, const char *text) {
    auto *descriptors = static_cast<cudnnBackendDescriptor_t *>(elements);
    for (int64_t i = 0; i < count; i++) {
        Handle &into = handle_of(descriptors[i]);
        if (into.content->type != attribute.children[i]->type) {
            throw Refusal(CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE,
                          std::string(text) + " fills " + name_of_descriptor(attribute.children[i]->type) +
                              ", element " + std::to_string(i) + " is " + name_of_descriptor(into.content->type));
        }
    }
    for (int64_t i = 0; i < count; i++) {
        handle_of(descriptors[i]).content = std::make_shared<Content>(*attribute.children[i]);
    }
}

}  // namespace

std::string name_of_descriptor(int type) {
    for (const NamedDescriptor &named : DESCRIPTORS) {
        if (named.type == type) return named.text;
    }
    return "descriptor type " + std::to_string(type);
}

std::string name_of_attribute(int name) {
    for (const AttributeRule &rule : RULES) {
        if (rule.name == name) return rule.text;
    }
    return "attribute " + std::to_string(name);
}

std::string name_of_type(int type) {
    for (const TypeRule &rule : TYPES) {
        if (rule.type == type) return rule.text;
    }
    return "attribute type " + std::to_string(type);
}

void check_descriptor_type(int type) {
    for (const NamedDescriptor &named : DESCRIPTORS) {
        if (named.type == type) return;
    }
    throw Refusal(CUDNN_STATUS_NOT_SUPPORTED,
                  "the software device has no " + name_of_descriptor(type) + ": it computes convolutions alone");
}

const Attribute *Content::find(int name) const {
    auto found = attributes.find(name);
    return found == attributes.end() ? nullptr : &found->second;
}

const Attribute &Content::require(int name) const {
    const Attribute *found = find(name);
    if (found == nullptr || found->count == 0) {
        throw Refusal(CUDNN_STATUS_BAD_PARAM,
                      name_of_attribute(name) + " of " + name_of_descriptor(type) + " is not set");
    }
    return *found;
}

void Content::set_integers(int name, cudnnBackendAttributeType_t integer_type, const std::vector<int64_t> &values) {
    Attribute &attribute = attributes[name];
    attribute.type = integer_type;
    attribute.count = static_cast<int64_t>(values.size());
    attribute.bytes.resize(values.size() * sizeof(int64_t));
    std::memcpy(attribute.bytes.data(), values.data(), attribute.bytes.size());
}

void Content::set_children(int name, const std::vector<std::shared_ptr<const Content>> &children) {
    Attribute &attribute = attributes[name];
    attribute.type = CUDNN_TYPE_BACKEND_DESCRIPTOR;
    attribute.count = static_cast<int64_t>(children.size());
    attribute.children = children;
}

void set_attribute(Content &content, int name, int type, int64_t count, const void *elements) {
    if (content.finalized) {
        throw Refusal(CUDNN_STATUS_BAD_PARAM, name_of_attribute(name) + ": " + name_of_descriptor(content.type) +
                                                  " is finalized and cannot be changed");
    }
    const AttributeRule &rule = rule_of(content.type, name);
    if (!rule.settable) throw Refusal(CUDNN_STATUS_BAD_PARAM, std::string(rule.text) + " can be read, not set");
    check_type(rule, type);
    if (count < 0 || count > rule.most) {
        throw Refusal(CUDNN_STATUS_BAD_PARAM, std::string(rule.text) + " has " + std::to_string(count) +
                                                  " elements, and may have at most " + std::to_string(rule.most));
    }
    if (count == 0 && rule.most == 1) throw Refusal(CUDNN_STATUS_BAD_PARAM, std::string(rule.text) + " has no element");
    if (count > 0 && elements == nullptr) {
        throw Refusal(CUDNN_STATUS_BAD_PARAM_NULL_POINTER, std::string(rule.text) + ": the array of elements is null");
    }
    Attribute attribute;
    attribute.type = static_cast<cudnnBackendAttributeType_t>(type);
    attribute.count = count;
    if (type == CUDNN_TYPE_BACKEND_DESCRIPTOR) {
        auto *descriptors = static_cast<const cudnnBackendDescriptor_t *>(elements);
        for (int64_t i = 0; i < count; i++) {
            const std::shared_ptr<Content> &child = handle_of(descriptors[i]).content;
            if (!child->finalized) {
                throw Refusal(CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED,
                              std::string(rule.text) + ": " + name_of_descriptor(child->type) + " is not finalized");
            }
            attribute.children.push_back(child);
        }
    } else {
        const char *from = static_cast<const char *>(elements);
        attribute.bytes.assign(from, from + count * size_of_type(type));
    }
    content.attributes[name] = std::move(attribute);
}

int64_t get_attribute(const Content &content, int name, int type, int64_t requested, void *elements) {
    if (!content.finalized) {
        throw Refusal(CUDNN_STATUS_NOT_INITIALIZED,
                      name_of_attribute(name) + ": " + name_of_descriptor(content.type) + " is not finalized");
    }
    const AttributeRule &rule = rule_of(content.type, name);
    check_type(rule, type);
    if (requested < 0) {
        throw Refusal(CUDNN_STATUS_BAD_PARAM, std::string(rule.text) + ": fewer than no elements are asked for");
    }
    const Attribute *attribute = content.find(name);
    if (attribute == nullptr) return 0;
    if (attribute->type != type) {
        throw Refusal(CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE, std::string(rule.text) + " was set as " +
                                                                 name_of_type(attribute->type) +
                                                                 ", and is asked for as " + name_of_type(type));
    }
    int64_t copied = std::min(requested, attribute->count);
    if (requested == 0) return attribute->count;
    if (copied == 0) return 0;
    if (elements == nullptr) {
        throw Refusal(CUDNN_STATUS_BAD_PARAM_NULL_POINTER, std::string(rule.text) + ": the array of elements is null");
    }
    if (type == CUDNN_TYPE_BACKEND_DESCRIPTOR) {
        fill_descriptors(*attribute, copied, elements, rule.text);
    } else {
        std::memcpy(elements, attribute->bytes.data(), copied * size_of_type(type));
    }
    return copied;
}

Handle &handle_of(cudnnBackendDescriptor_t descriptor) {
    std::lock_guard<std::mutex> lock(handles_mutex);
    auto found = handles().find(descriptor);
    if (found == handles().end()) {
        throw Refusal(descriptor == nullptr ? CUDNN_STATUS_BAD_PARAM_NULL_POINTER : CUDNN_STATUS_BAD_PARAM,
                      descriptor == nullptr ? "the descriptor is null" : "this is no descriptor, or it was destroyed");
    }
    return *found->second;
}

cudnnBackendDescriptor_t create_handle(cudnnBackendDescriptorType_t type) {
    auto handle = std::make_unique<Handle>();
    handle->content = std::make_shared<Content>(type);
    cudnnBackendDescriptor_t descriptor = handle.get();
    std::lock_guard<std::mutex> lock(handles_mutex);
    handles()[descriptor] = std::move(handle);
    return descriptor;
}

void destroy_handle(cudnnBackendDescriptor_t descriptor) {
    std::lock_guard<std::mutex> lock(handles_mutex);
    if (handles().erase(descriptor) == 0) {
        throw Refusal(CUDNN_STATUS_BAD_PARAM, "this is no descriptor, or it was destroyed");
    }
}

}  // namespace softcuda::dnn
