// cuDNN's exported functions: handles, descriptors, execution. Every refusal leaves its reason in the last error
// string.
#include <algorithm>
#include <cstring>
#include <mutex>
#include <new>
#include <unordered_set>

#include "core/streams.h"
#include "dnn/finalize.h"

struct cudnnContext {
    CUstream stream = nullptr;
};

namespace {

using namespace softcuda::dnn;

constexpr size_t DNN_VERSION = 92400;

thread_local std::string last_error;

std::mutex contexts_mutex;

std::unordered_set<cudnnHandle_t> &contexts() {
    static auto *live = new std::unordered_set<cudnnHandle_t>;
    return *live;
}

void check_context(cudnnHandle_t handle) {
    std::lock_guard<std::mutex> lock(contexts_mutex);
    if (contexts().count(handle) == 0) {
        throw Refusal(handle == nullptr ? CUDNN_STATUS_BAD_PARAM_NULL_POINTER : CUDNN_STATUS_BAD_PARAM,
                      handle == nullptr ? "the handle is null" : "this is no handle, or it was destroyed");
    }
}

cudnnStatus_t remember(cudnnStatus_t status, const char *function, const char *message) noexcept {
    last_error.clear();
    try {
        last_error = std::string(function) + ": " + message;
    } catch (const std::bad_alloc &) {
    }
    return status;
}

template <class Work>
cudnnStatus_t guarded_dnn(const char *function, Work work) noexcept {
    try {
        work();
        return CUDNN_STATUS_SUCCESS;
    } catch (const Refusal &refusal) {
        return remember(refusal.status, function, refusal.what());
    } catch (const std::bad_alloc &) {
        return remember(CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED, function, "the host is out of memory");
    } catch (const std::exception &failure) {
        return remember(CUDNN_STATUS_INTERNAL_ERROR, function, failure.what());
    } catch (...) {
        return remember(CUDNN_STATUS_INTERNAL_ERROR, function, "an unknown exception");
    }
}

const Content &finalized_content(cudnnBackendDescriptor_t descriptor, int type) {
    const Content &content = *handle_of(descriptor).content;
    if (content.type != type) {
        throw Refusal(CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE,
                      name_of_descriptor(content.type) + " is given for " + name_of_descriptor(type));
    }
    if (!content.finalized) {
        throw Refusal(CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED, name_of_descriptor(type) + " is not finalized");
    }
    return content;
}

float *pointer_for(const VariantPack &pack, const Tensor &tensor, const char *role) {
    std::string name = std::string(role) + " (unique id " + std::to_string(tensor.id) + ")";
    auto found = pack.pointers.find(tensor.id);
    if (found == pack.pointers.end())
        throw Refusal(CUDNN_STATUS_BAD_PARAM, "the variant pack has no pointer for " + name);
    if (found->second == nullptr) {
        throw Refusal(CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "the variant pack's pointer for " + name + " is null");
    }
    int64_t alignment = std::max(tensor.alignment, bytes_of(tensor.type));
    if (reinterpret_cast<uintptr_t>(found->second) % alignment != 0) {
        throw Refusal(
            CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER,
            "the variant pack's pointer for " + name + " is not aligned to " + std::to_string(alignment) + " bytes");
    }
    return static_cast<float *>(found->second);
}

char *workspace_for(const VariantPack &pack, const Computation &computation) {
    if (computation.workspace_bytes() == 0) return nullptr;
    if (pack.workspace == nullptr) {
        throw Refusal(CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "the plan needs a workspace of " +
                                                               std::to_string(computation.workspace_bytes()) +
                                                               " bytes, and the variant pack has none");
    }
    uintptr_t address = reinterpret_cast<uintptr_t>(pack.workspace);
    return reinterpret_cast<char *>((address + WORKSPACE_ALIGNMENT - 1) / WORKSPACE_ALIGNMENT * WORKSPACE_ALIGNMENT);
}

void execute(cudnnHandle_t handle, const Content &plan_content, const Content &pack_content) {
    std::shared_ptr<const Plan> plan = plan_content.plan;
    const VariantPack &pack = pack_content.pack;
    float *x = pointer_for(pack, plan->convolution.x, "x");
    float *w = pointer_for(pack, plan->convolution.w, "w");
    float *y = pointer_for(pack, plan->convolution.y, "y");
    char *workspace = workspace_for(pack, *plan->computation);
    CUresult result = softcuda::enqueue(handle->stream, name_of(plan->convolution.pass),
                                        [plan, x, w, y, workspace] { plan->computation->run(x, w, y, workspace); });
    if (result != CUDA_SUCCESS) {
        throw Refusal(CUDNN_STATUS_EXECUTION_FAILED_CUDA_DRIVER,
                      "the stream refused the work with CUresult " + std::to_string(static_cast<int>(result)));
    }
}

}  // namespace

size_t cudnnGetVersion(void) { return DNN_VERSION; }

const char *cudnnGetErrorString(cudnnStatus_t status) {
#define NAME(status) \
    case status: return #status
    switch (status) {
        NAME(CUDNN_STATUS_SUCCESS);
        NAME(CUDNN_STATUS_NOT_INITIALIZED);
        NAME(CUDNN_STATUS_BAD_PARAM);
        NAME(CUDNN_STATUS_BAD_PARAM_NULL_POINTER);
        NAME(CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER);
        NAME(CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED);
        NAME(CUDNN_STATUS_BAD_PARAM_OUT_OF_BOUND);
        NAME(CUDNN_STATUS_BAD_PARAM_SIZE_INSUFFICIENT);
        NAME(CUDNN_STATUS_BAD_PARAM_STREAM_MISMATCH);
        NAME(CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH);
        NAME(CUDNN_STATUS_BAD_PARAM_DUPLICATED_ENTRIES);
        NAME(CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE);
        NAME(CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE);
        NAME(CUDNN_STATUS_NOT_SUPPORTED);
        NAME(CUDNN_STATUS_NOT_SUPPORTED_GRAPH_PATTERN);
        NAME(CUDNN_STATUS_NOT_SUPPORTED_SHAPE);
        NAME(CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE);
        NAME(CUDNN_STATUS_NOT_SUPPORTED_LAYOUT);
        NAME(CUDNN_STATUS_NOT_SUPPORTED_PADDING);
        NAME(CUDNN_STATUS_INTERNAL_ERROR);
        NAME(CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED);
        NAME(CUDNN_STATUS_EXECUTION_FAILED);
        NAME(CUDNN_STATUS_EXECUTION_FAILED_CUDA_DRIVER);
    }
#undef NAME
    return "CUDNN_UNKNOWN_STATUS";
}

void cudnnGetLastErrorString(char *message, size_t max_size) {
    if (message == nullptr || max_size == 0) return;
    size_t length = std::min(last_error.size(), max_size - 1);
    std::memcpy(message, last_error.data(), length);
    message[length] = 0;
}

cudnnStatus_t cudnnCreate(cudnnHandle_t *handle) {
    return guarded_dnn("cudnnCreate", [&] {
        if (handle == nullptr) throw Refusal(CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "the place for the handle is null");
        auto created = std::make_unique<cudnnContext>();
        std::lock_guard<std::mutex> lock(contexts_mutex);
        contexts().insert(created.get());
        *handle = created.release();
    });
}

cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) {
    return guarded_dnn("cudnnDestroy", [&] {
        check_context(handle);
        std::lock_guard<std::mutex> lock(contexts_mutex);
        contexts().erase(handle);
        delete handle;
    });
}

cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t streamId) {
    return guarded_dnn("cudnnSetStream", [&] {
        check_context(handle);
        handle->stream = streamId;
    });
}

cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t descriptorType,
                                           cudnnBackendDescriptor_t *descriptor) {
    return guarded_dnn("cudnnBackendCreateDescriptor", [&] {
        if (descriptor == nullptr)
            throw Refusal(CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "the place for the descriptor is null");
        check_descriptor_type(descriptorType);
        *descriptor = create_handle(descriptorType);
    });
}

cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t descriptor) {
    return guarded_dnn("cudnnBackendDestroyDescriptor", [&] {
        if (descriptor == nullptr) throw Refusal(CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "the descriptor is null");
        destroy_handle(descriptor);
    });
}

cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t descriptor) {
    return guarded_dnn("cudnnBackendFinalize", [&] { finalize(*handle_of(descriptor).content); });
}

cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t attributeName,
                                       cudnnBackendAttributeType_t attributeType, int64_t elementCount,
                                       const void *arrayOfElements) {
    return guarded_dnn("cudnnBackendSetAttribute", [&] {
        set_attribute(*handle_of(descriptor).content, attributeName, attributeType, elementCount, arrayOfElements);
    });
}

cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t const descriptor,
                                       cudnnBackendAttributeName_t attributeName,
                                       cudnnBackendAttributeType_t attributeType, int64_t requestedElementCount,
                                       int64_t *elementCount, void *arrayOfElements) {
    return guarded_dnn("cudnnBackendGetAttribute", [&] {
        int64_t count = get_attribute(*handle_of(descriptor).content, attributeName, attributeType,
                                      requestedElementCount, arrayOfElements);
        if (elementCount != nullptr) *elementCount = count;
    });
}

cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t executionPlan,
                                  cudnnBackendDescriptor_t variantPack) {
    return guarded_dnn("cudnnBackendExecute", [&] {
        check_context(handle);
        execute(handle, finalized_content(executionPlan, CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR),
                finalized_content(variantPack, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR));
    });
}
