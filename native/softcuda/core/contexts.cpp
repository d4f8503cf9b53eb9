#include "core/contexts.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace softcuda {

namespace {

struct Context {
    std::atomic<bool> alive{false};
};

std::atomic<bool> initialized_once{false};

std::mutex contexts_mutex;
int retained = 0;
const std::shared_ptr<Context>& primary() {
    static auto* one = new std::shared_ptr<Context>(std::make_shared<Context>());
    return *one;
}
std::unordered_map<CUcontext, std::shared_ptr<Context>>& created() {
    static auto* all = new std::unordered_map<CUcontext, std::shared_ptr<Context>>;
    return *all;
}

// The last is current. A destroyed context stays on the stacks of other threads, which then meet that it is not alive.
thread_local std::vector<std::shared_ptr<Context>> stack;

CUcontext handle(const std::shared_ptr<Context>& context) { return reinterpret_cast<CUcontext>(context.get()); }

CUresult find(CUcontext wanted, std::shared_ptr<Context>& context) {
    std::lock_guard<std::mutex> hold(contexts_mutex);
    if (wanted == handle(primary())) {
        context = primary();
        return context->alive ? CUDA_SUCCESS : CUDA_ERROR_CONTEXT_IS_DESTROYED;
    }
    auto found = created().find(wanted);
    if (found == created().end()) return CUDA_ERROR_INVALID_CONTEXT;
    context = found->second;
    return CUDA_SUCCESS;
}

// The mutex is held.
void end(const std::shared_ptr<Context>& context, TakeDown take_down) {
    take_down(handle(context), retained == 0 && created().empty());
    context->alive = false;
}

}  // namespace

void initialize() { initialized_once = true; }

CUresult require_initialized() { return initialized_once ? CUDA_SUCCESS : CUDA_ERROR_NOT_INITIALIZED; }

CUresult require_context() {
    CUresult status = require_initialized();
    if (status != CUDA_SUCCESS) return status;
    if (stack.empty()) return CUDA_ERROR_INVALID_CONTEXT;
    return stack.back()->alive ? CUDA_SUCCESS : CUDA_ERROR_CONTEXT_IS_DESTROYED;
}

CUresult require_healthy() {
    CUresult status = require_context();
    return status == CUDA_SUCCESS ? sticky() : status;
}

CUcontext retain_primary() {
    std::lock_guard<std::mutex> hold(contexts_mutex);
    retained++;
    primary()->alive = true;
    return handle(primary());
}

CUresult release_primary(TakeDown take_down) {
    std::lock_guard<std::mutex> hold(contexts_mutex);
    if (retained == 0) return CUDA_ERROR_INVALID_CONTEXT;
    if (--retained == 0) end(primary(), take_down);
    return CUDA_SUCCESS;
}

bool primary_lives() { return primary()->alive; }

CUcontext create_context() {
    auto one = std::make_shared<Context>();
    one->alive = true;
    std::lock_guard<std::mutex> hold(contexts_mutex);
    created().emplace(handle(one), one);
    stack.push_back(std::move(one));
    return current_context();
}

CUresult destroy_context(CUcontext context, TakeDown take_down) {
    std::lock_guard<std::mutex> hold(contexts_mutex);
    auto found = created().find(context);
    if (found == created().end()) return CUDA_ERROR_INVALID_CONTEXT;
    const std::shared_ptr<Context> ended = found->second;
    created().erase(found);
    end(ended, take_down);
    if (current_context() == context) stack.pop_back();
    return CUDA_SUCCESS;
}

CUcontext current_context() { return stack.empty() ? nullptr : handle(stack.back()); }

CUresult push_context(CUcontext context) {
    std::shared_ptr<Context> pushed;
    CUresult status = find(context, pushed);
    if (status == CUDA_SUCCESS) stack.push_back(std::move(pushed));
    return status;
}

CUresult pop_context() {
    if (stack.empty()) return CUDA_ERROR_INVALID_CONTEXT;
    stack.pop_back();
    return CUDA_SUCCESS;
}

CUresult set_current_context(CUcontext context) {
    std::shared_ptr<Context> next;
    CUresult status = context ? find(context, next) : CUDA_SUCCESS;
    if (status != CUDA_SUCCESS) return status;
    if (!stack.empty()) stack.pop_back();
    if (next) stack.push_back(std::move(next));
    return CUDA_SUCCESS;
}

}  // namespace softcuda
