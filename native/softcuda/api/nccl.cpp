// The functions of NCCL.
#include "nccl_api.h"

#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <system_error>
#include <unordered_map>
#include <vector>

#include "collective/bootstrap.h"
#include "collective/communicator.h"
#include "collective/elements.h"
#include "core/contexts.h"
#include "core/failure.h"
#include "core/scheduler.h"
#include "core/streams.h"
#include "core/switches.h"

using namespace softcuda;

namespace {

constexpr int NCCL_RELEASE = 23007;

std::mutex table_mutex;

std::unordered_map<ncclComm_t, std::shared_ptr<Communicator>> &table() {
    static auto *live = new std::unordered_map<ncclComm_t, std::shared_ptr<Communicator>>;
    return *live;
}

// A call that waits in a group, with what it goes to.
struct Pending {
    std::shared_ptr<Communicator> communicator;
    CollectiveCall call;
    CUstream stream;
};
thread_local int group_depth = 0;
thread_local std::vector<Pending> group;

ncclResult_t refuse(ncclResult_t status, const std::string &message) { throw CollectiveFailure(status, message); }

// Runs the body of an exported function; nothing is thrown across the C boundary. What went wrong is the last message.
template <class Body>
ncclResult_t guarded_as(const char *function, Body body) noexcept {
    try {
        return body();
    } catch (const CollectiveFailure &failure) {
        try {
            set_message(std::string(function) + ": " + failure.what());
        } catch (const std::bad_alloc &) {
            set_message(failure.what());
        }
        return failure.status;
    } catch (...) {
        CUresult status = status_of_exception(function);
        bool system = status == CUDA_ERROR_OUT_OF_MEMORY || status == CUDA_ERROR_OPERATING_SYSTEM;
        return system ? ncclSystemError : ncclInternalError;
    }
}

std::shared_ptr<Communicator> known(ncclComm_t communicator) {
    std::lock_guard<std::mutex> hold(table_mutex);
    auto found = table().find(communicator);
    if (found == table().end()) {
        refuse(ncclInvalidArgument, "there is no such communicator, or it was destroyed or aborted");
    }
    return found->second;
}

// Takes it out of the table: no other thread finds it from now on.
std::shared_ptr<Communicator> taken(ncclComm_t communicator) {
    std::lock_guard<std::mutex> hold(table_mutex);
    auto found = table().find(communicator);
    if (found == table().end()) {
        refuse(ncclInvalidArgument, "there is no such communicator, or it was destroyed or aborted");
    }
    std::shared_ptr<Communicator> one = std::move(found->second);
    table().erase(found);
    statistics().communicators--;
    return one;
}

void require_ready(Communicator &communicator) {
    ncclResult_t state = communicator.state();
    if (state == ncclInProgress) {
        refuse(ncclInvalidArgument, "the communicator is still in progress: wait until ncclCommGetAsyncError says that "
                                    "it is not");
    }
    if (state != ncclSuccess) refuse(state, communicator.message());
    if (communicator.finalizing_or_finalized()) refuse(ncclInvalidUsage, "the communicator is finalized");
}

// Of a blocking communicator what came of it; else that it is under way.
ncclResult_t outcome(Communicator &communicator) {
    if (!communicator.blocking()) return ncclInProgress;
    communicator.wait();
    ncclResult_t state = communicator.state();
    return state == ncclSuccess ? state : refuse(state, communicator.message());
}

// Until all work that is in any stream now is done.
void wait_for_all_work() {
    Scheduler &scheduler = Scheduler::get();
    std::unique_lock<std::mutex> lock(scheduler.mutex);
    scheduler.wait_for_all(lock);
}

ncclResult_t put(const Pending &pending) {
    CUresult result = enqueue(pending.stream, "NCCL", [pending] { pending.communicator->perform(pending.call); });
    if (result == CUDA_SUCCESS) return ncclSuccess;
    return refuse(ncclUnhandledCudaError, "the work cannot be put into the stream: status " + std::to_string(result));
}

ncclResult_t call(const char *function, ncclComm_t handle, cudaStream_t stream, const CollectiveCall &collective) {
    return guarded_as(function, [&] {
        std::shared_ptr<Communicator> communicator = known(handle);
        size_t element = element_bytes(collective.type);
        if (element == 0) {
            refuse(ncclInvalidArgument, "the software device knows no elements of type " +
                                            std::to_string(collective.type) +
                                            ": it may be ncclUint8, ncclInt32, ncclInt64, ncclFloat32, ncclFloat64 or "
                                            "ncclBfloat16");
        }
        if (!known_reduction(collective.reduction)) {
            refuse(ncclInvalidArgument, "the software device knows no reduction " +
                                            std::to_string(collective.reduction) +
                                            ": it may be ncclSum, ncclMax, ncclMin or ncclAvg");
        }
        if (collective.root < 0 || collective.root >= communicator->ranks()) {
            refuse(ncclInvalidArgument, "the root is " + std::to_string(collective.root) + ": it may be 0 to " +
                                            std::to_string(communicator->ranks() - 1));
        }
        if (collective.count > SIZE_MAX / element / static_cast<size_t>(communicator->ranks())) {
            refuse(ncclInvalidArgument, "no memory holds so many elements");
        }
        bool reads = collective.kind != CollectiveKind::broadcast || collective.root == communicator->rank();
        if (collective.count > 0 && (!collective.receive || (reads && !collective.send))) {
            refuse(ncclInvalidArgument, "a buffer is null");
        }
        require_ready(*communicator);
        Pending pending{communicator, collective, stream};
        if (group_depth == 0) return put(pending);
        group.push_back(std::move(pending));
        return ncclSuccess;
    });
}

}  // namespace

ncclResult_t ncclGetVersion(int *version) {
    if (!version) return ncclInvalidArgument;
    *version = NCCL_RELEASE;
    return ncclSuccess;
}

ncclResult_t ncclGetUniqueId(ncclUniqueId *uniqueId) {
    return guarded_as("ncclGetUniqueId", [&] {
        if (!uniqueId) refuse(ncclInvalidArgument, "the unique id is null");
        *uniqueId = packed(start_root());
        return ncclSuccess;
    });
}

ncclResult_t ncclCommInitRankConfig(ncclComm_t *comm, int nranks, ncclUniqueId commId, int rank,
                                    ncclConfig_t *config) {
    return guarded_as("ncclCommInitRankConfig", [&] {
        if (!comm) refuse(ncclInvalidArgument, "the communicator is null");
        *comm = nullptr;
        if (nranks < 1) {
            refuse(ncclInvalidArgument, "there are " + std::to_string(nranks) + " ranks: it must be 1 or more");
        }
        if (rank < 0 || rank >= nranks) {
            refuse(ncclInvalidArgument, "the rank is " + std::to_string(rank) + ": of " + std::to_string(nranks) +
                                            " ranks it may be 0 to " + std::to_string(nranks - 1));
        }
        if (config && (config->size < sizeof(ncclConfig_t) || config->magic != NCCL_API_MAGIC)) {
            refuse(ncclInvalidArgument, "the configuration does not begin as NCCL_CONFIG_INITIALIZER begins it");
        }
        if (require_healthy() != CUDA_SUCCESS) {
            refuse(ncclUnhandledCudaError, "no context is current, or work in it has failed");
        }
        UniqueId id = unpacked(commId);
        auto communicator = std::make_shared<Communicator>(nranks, rank, !config || config->blocking != 0);
        auto handle = reinterpret_cast<ncclComm_t>(communicator.get());
        communicator->start(id);
        if (communicator->blocking()) outcome(*communicator);
        {
            std::lock_guard<std::mutex> hold(table_mutex);
            table().emplace(handle, communicator);
            statistics().communicators++;
        }
        *comm = handle;
        return communicator->blocking() ? ncclSuccess : ncclInProgress;
    });
}

ncclResult_t ncclCommFinalize(ncclComm_t comm) {
    return guarded_as("ncclCommFinalize", [&] {
        std::shared_ptr<Communicator> communicator = known(comm);
        require_ready(*communicator);
        communicator->finalize(wait_for_all_work);
        return outcome(*communicator);
    });
}

ncclResult_t ncclCommDestroy(ncclComm_t comm) {
    return guarded_as("ncclCommDestroy", [&] {
        std::shared_ptr<Communicator> communicator = taken(comm);
        bool healthy = communicator->state() == ncclSuccess;
        if (healthy && !communicator->finalizing_or_finalized()) {
            communicator->finalize(wait_for_all_work);
            communicator->wait();
        }
        communicator->end();
        return ncclSuccess;
    });
}

ncclResult_t ncclCommAbort(ncclComm_t comm) {
    return guarded_as("ncclCommAbort", [&] {
        taken(comm)->end();
        return ncclSuccess;
    });
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t comm, ncclResult_t *asyncError) {
    return guarded_as("ncclCommGetAsyncError", [&] {
        if (!asyncError) refuse(ncclInvalidArgument, "the result is null");
        *asyncError = known(comm)->state();
        return ncclSuccess;
    });
}

const char *ncclGetErrorString(ncclResult_t result) {
    switch (result) {
        case ncclSuccess: return "no error";
        case ncclUnhandledCudaError: return "unhandled cuda error";
        case ncclSystemError: return "unhandled system error";
        case ncclInternalError: return "internal error";
        case ncclInvalidArgument: return "invalid argument";
        case ncclInvalidUsage: return "invalid usage";
        case ncclRemoteError: return "remote process exited or there was a network error";
        case ncclInProgress: return "NCCL operation in progress";
        case ncclTimeout: return "timeout";
    }
    return "unknown result code";
}

const char *ncclGetLastError(ncclComm_t comm) {
    thread_local std::string own;
    guarded_as("ncclGetLastError", [&] {
        own.clear();
        if (comm) {
            std::lock_guard<std::mutex> hold(table_mutex);
            auto found = table().find(comm);
            if (found != table().end()) own = found->second->message();
        }
        if (own.empty()) own = last_message();
        return ncclSuccess;
    });
    return own.c_str();
}

ncclResult_t ncclCommCount(const ncclComm_t comm, int *count) {
    return guarded_as("ncclCommCount", [&] {
        if (!count) refuse(ncclInvalidArgument, "the count is null");
        *count = known(comm)->ranks();
        return ncclSuccess;
    });
}

ncclResult_t ncclCommUserRank(const ncclComm_t comm, int *rank) {
    return guarded_as("ncclCommUserRank", [&] {
        if (!rank) refuse(ncclInvalidArgument, "the rank is null");
        *rank = known(comm)->rank();
        return ncclSuccess;
    });
}

ncclResult_t ncclCommCuDevice(const ncclComm_t comm, int *device) {
    return guarded_as("ncclCommCuDevice", [&] {
        if (!device) refuse(ncclInvalidArgument, "the device is null");
        known(comm);
        *device = 0;
        return ncclSuccess;
    });
}

ncclResult_t ncclAllReduce(const void *sendbuff, void *recvbuff, size_t count, ncclDataType_t datatype, ncclRedOp_t op,
                           ncclComm_t comm, cudaStream_t stream) {
    return call("ncclAllReduce", comm, stream,
                {CollectiveKind::all_reduce, sendbuff, recvbuff, count, datatype, op, 0});
}

ncclResult_t ncclBroadcast(const void *sendbuff, void *recvbuff, size_t count, ncclDataType_t datatype, int root,
                           ncclComm_t comm, cudaStream_t stream) {
    return call("ncclBroadcast", comm, stream,
                {CollectiveKind::broadcast, sendbuff, recvbuff, count, datatype, ncclSum, root});
}

ncclResult_t ncclAllGather(const void *sendbuff, void *recvbuff, size_t sendcount, ncclDataType_t datatype,
                           ncclComm_t comm, cudaStream_t stream) {
    return call("ncclAllGather", comm, stream,
                {CollectiveKind::all_gather, sendbuff, recvbuff, sendcount, datatype, ncclSum, 0});
}

ncclResult_t ncclGroupStart() {
    group_depth++;
    return ncclSuccess;
}

ncclResult_t ncclGroupEnd() {
    return guarded_as("ncclGroupEnd", [&] {
        if (group_depth == 0) refuse(ncclInvalidUsage, "no group was started on this thread");
        if (--group_depth > 0) return ncclSuccess;
        std::vector<Pending> calls = std::move(group);
        group.clear();
        for (const Pending &pending : calls) put(pending);
        return ncclSuccess;
    });
}
