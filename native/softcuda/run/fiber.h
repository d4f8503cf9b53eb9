#pragma once
// A stackful coroutine: resume() runs its body until it suspends or ends; the next resume() after an end runs it anew.
// Belongs to the OS thread that resumes it first.
#include <cstddef>

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace softcuda {

class Fiber {
public:
    // `colour` shifts the top of the stack a little, or all stacks would compete for the same lines of the cache.
    Fiber(void (*body)(void*), void* argument, unsigned colour);
    ~Fiber();
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;

    void resume();
    void suspend();  // called from within the body

private:
    static void entry();
    char* top(unsigned colour) const;

    void (*body_)(void*);
    void* argument_;
    char* stack_;
#if defined(__x86_64__)
    void* own_ = nullptr;     // stack pointers of the two sides, each valid while the other runs
    void* caller_ = nullptr;
#else
    ucontext_t own_;
    ucontext_t caller_;
#endif
};

}  // namespace softcuda
