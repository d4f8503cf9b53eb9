// Descriptors of the backend API: attributes kept as they were given, and what finalizing made of them.
#pragma once

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "dnn/computation.h"
#include "dnn_api.h"

namespace softcuda::dnn {

// What an exported function answers with, when it is not success.
struct Refusal : std::runtime_error {
    Refusal(cudnnStatus_t status, const std::string &message) : std::runtime_error(message), status(status) {}
    cudnnStatus_t status;
};

struct Content;

struct Attribute {
    cudnnBackendAttributeType_t type = CUDNN_TYPE_INT64;
    int64_t count = 0;
    std::vector<char> bytes;                               // for all types but descriptors
    std::vector<std::shared_ptr<const Content>> children;  // for descriptors

    template <class T>
    const T *values() const {
        return reinterpret_cast<const T *>(bytes.data());
    }
};

// What a plan runs: the convolution and the engine made ready for it.
struct Plan {
    Convolution convolution;
    int engine = 0;
    std::shared_ptr<Computation> computation;
};

struct ConvolutionParameters {
    int64_t padding_before[2], padding_after[2], dilation[2], stride[2];
};

struct VariantPack {
    std::map<int64_t, void *> pointers;
    void *workspace = nullptr;
};

// A descriptor's inside. Once finalized it does not change, so that those which refer to it share it and its handle may
// be destroyed.
struct Content {
    explicit Content(cudnnBackendDescriptorType_t type) : type(type) {}
    cudnnBackendDescriptorType_t type;
    bool finalized = false;
    std::map<int, Attribute> attributes;

    // Of these, finalizing sets the one that belongs to the type.
    Tensor tensor;
    ConvolutionParameters parameters = {};
    Convolution convolution;  // operations, operation graphs, engines, configurations
    int engine = 0;           // engines, configurations
    std::shared_ptr<const Plan> plan;
    VariantPack pack;

    const Attribute *find(int name) const;
    const Attribute &require(int name) const;
    int64_t integer(int name) const { return *require(name).values<int64_t>(); }
    const Content &child(int name) const { return *require(name).children.front(); }
    void set_integers(int name, cudnnBackendAttributeType_t type, const std::vector<int64_t> &values);
    void set_children(int name, const std::vector<std::shared_ptr<const Content>> &children);
};

// Names for messages; the number for what is not known.
std::string name_of_descriptor(int type);
std::string name_of_attribute(int name);
std::string name_of_type(int type);

// Throws the refusal of a descriptor type which the software device does not have.
void check_descriptor_type(int type);

// Both throw Refusal. `set` checks name, type, count and that children are finalized; `get` copies at most `requested`
// elements into `elements` (children: into descriptors made by the caller) and returns how many those were; asked for
// none, it returns how many there are.
void set_attribute(Content &content, int name, int type, int64_t count, const void *elements);
int64_t get_attribute(const Content &content, int name, int type, int64_t requested, void *elements);

// Handles that were handed out and not yet destroyed.
struct Handle {
    std::shared_ptr<Content> content;
};
Handle &handle_of(cudnnBackendDescriptor_t descriptor);
cudnnBackendDescriptor_t create_handle(cudnnBackendDescriptorType_t type);
void destroy_handle(cudnnBackendDescriptor_t descriptor);

}  // namespace softcuda::dnn
