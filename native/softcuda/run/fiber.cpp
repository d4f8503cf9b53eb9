// Fibers: a few instructions on x86-64, ucontext elsewhere.
#include "run/fiber.h"

#include <sys/mman.h>

#include <cstdint>

#include "core/failure.h"

namespace softcuda {

namespace {

constexpr size_t stack_bytes = 128 << 10;
constexpr size_t guard_bytes = 4096;  // below the stack: running over it faults instead of writing elsewhere
thread_local Fiber* starting = nullptr;

char* new_stack() {
    void* memory = mmap(nullptr, stack_bytes + guard_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory, guard_bytes, PROT_NONE) != 0)
        throw Failure(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, "no memory for the stacks of a block's threads");
    return static_cast<char*>(memory);
}

}  // namespace

char* Fiber::top(unsigned colour) const { return stack_ + guard_bytes + stack_bytes - colour % 32 * 128; }

#if defined(__x86_64__)

// Saves what the calling convention lets the callee keep, and the stack pointer; loads the other side's.
extern "C" void softcuda_switch(void** save, void* load) __attribute__((visibility("hidden")));
__asm__(
    ".text\n"
    ".hidden softcuda_switch\n"
    ".globl softcuda_switch\n"
    ".type softcuda_switch, @function\n"
    "softcuda_switch:\n"
    "    pushq %rbp\n"
    "    pushq %rbx\n"
    "    pushq %r12\n"
    "    pushq %r13\n"
    "    pushq %r14\n"
    "    pushq %r15\n"
    "    movq %rsp, (%rdi)\n"
    "    movq %rsi, %rsp\n"
    "    popq %r15\n"
    "    popq %r14\n"
    "    popq %r13\n"
    "    popq %r12\n"
    "    popq %rbx\n"
    "    popq %rbp\n"
    "    ret\n"
    ".size softcuda_switch, .-softcuda_switch\n");

Fiber::Fiber(void (*body)(void*), void* argument, unsigned colour)
    : body_(body), argument_(argument), stack_(new_stack()) {
    // As softcuda_switch leaves a stack: six registers, then where to return to. At that function's entry the stack
    // pointer is 8 beyond a multiple of 16, as after a call.
    auto** slot = reinterpret_cast<void**>(top(colour));
    *--slot = nullptr;
    *--slot = reinterpret_cast<void*>(&Fiber::entry);
    for (int i = 0; i < 6; i++) *--slot = nullptr;
    own_ = slot;
}

void Fiber::resume() {
    starting = this;
    softcuda_switch(&caller_, own_);
}

void Fiber::suspend() { softcuda_switch(&own_, caller_); }

#else

Fiber::Fiber(void (*body)(void*), void* argument, unsigned colour)
    : body_(body), argument_(argument), stack_(new_stack()) {
    getcontext(&own_);
    own_.uc_stack.ss_sp = stack_ + guard_bytes;
    own_.uc_stack.ss_size = static_cast<size_t>(top(colour) - (stack_ + guard_bytes));
    own_.uc_link = nullptr;
    makecontext(&own_, &Fiber::entry, 0);
}

void Fiber::resume() {
    starting = this;
    swapcontext(&caller_, &own_);
}

void Fiber::suspend() { swapcontext(&own_, &caller_); }

#endif

Fiber::~Fiber() { munmap(stack_, stack_bytes + guard_bytes); }

void Fiber::entry() {
    Fiber* self = starting;
    for (;;) {
        self->body_(self->argument_);
        self->suspend();
    }
}

}  // namespace softcuda
