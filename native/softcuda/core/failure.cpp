#include "core/failure.h"

#include <atomic>
#include <mutex>
#include <new>
#include <system_error>

namespace softcuda {

namespace {

std::mutex failure_mutex;
std::string message;
std::atomic<int> sticky_status{CUDA_SUCCESS};

}  // namespace

void set_message(const char* text) noexcept {
    std::lock_guard<std::mutex> hold(failure_mutex);
    message.clear();
    try {
        message = text;
    } catch (const std::bad_alloc&) {
    }
}

void set_message(const std::string& text) noexcept { set_message(text.c_str()); }

std::string last_message() {
    std::lock_guard<std::mutex> hold(failure_mutex);
    return message;
}

CUresult status_of_exception(const char* place) noexcept {
    auto told = [place](CUresult status, const char* what) noexcept {
        try {
            set_message(place ? std::string(place) + ": " + what : std::string(what));
        } catch (const std::bad_alloc&) {
            set_message(what);
        }
        return status;
    };
    try {
        throw;
    } catch (const Failure& failure) {
        return told(failure.status, failure.what());
    } catch (const std::bad_alloc&) {
        return told(CUDA_ERROR_OUT_OF_MEMORY, "the host is out of memory");
    } catch (const std::system_error& failure) {
        return told(CUDA_ERROR_OPERATING_SYSTEM, failure.what());
    } catch (const std::exception& failure) {
        return told(CUDA_ERROR_UNKNOWN, failure.what());
    } catch (...) {
        return told(CUDA_ERROR_UNKNOWN, "an unknown exception");
    }
}

void set_sticky(CUresult status, const std::string& text) {
    if (set_sticky(status)) set_message(text);
}

bool set_sticky(CUresult status) noexcept {
    int none = CUDA_SUCCESS;
    return sticky_status.compare_exchange_strong(none, status);
}

CUresult sticky() { return static_cast<CUresult>(sticky_status.load(std::memory_order_acquire)); }

void clear_sticky() { sticky_status = CUDA_SUCCESS; }

}  // namespace softcuda
