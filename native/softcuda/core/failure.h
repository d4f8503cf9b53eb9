#pragma once
// What goes wrong: a status with its sentence, the last message, and the error that stays.
#include <stdexcept>
#include <string>

#include "softcuda.h"

namespace softcuda {

// A status with its sentence. Thrown inside deferred work it becomes the context's sticky error.
struct Failure : std::runtime_error {
    Failure(CUresult status, const std::string& message) : std::runtime_error(message), status(status) {}
    CUresult status;
};

// Where there is no memory for the text, the message is an empty one.
void set_message(const std::string& message) noexcept;
void set_message(const char* message) noexcept;
std::string last_message();

// Of the exception being handled: its status, and its sentence as the last message, behind `place` where there is one.
CUresult status_of_exception(const char* place = nullptr) noexcept;

// Runs the body of an exported function; nothing is thrown across the C boundary.
template <class F>
CUresult guarded(F body) noexcept {
    try {
        return body();
    } catch (...) {
        return status_of_exception();
    }
}

// The error that all further work meets until the last context is released; the first one stays.
void set_sticky(CUresult status, const std::string& message);
bool set_sticky(CUresult status) noexcept;  // whether it is the first
CUresult sticky();
void clear_sticky();

}  // namespace softcuda
