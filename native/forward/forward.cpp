// A library with the soname and the symbol versions that JCuda's natives ask for. What Gimbal calls is forwarded to the
// library that forwardTo names, whatever its own soname; everything else that the natives refer to fails by name.
//
// Compiled once a library with
//   GIMBAL_FUNCTIONS  a file of FORWARDED(name), REFUSED(name), REFUSED_NUMBER(name) and REFUSED_TEXT(name)
//   GIMBAL_SONAME     the soname, for messages
//   GIMBAL_STATUS     the library's status for what it does not support
#include <dlfcn.h>

#include <atomic>
#include <cstdio>

namespace {

std::atomic<const char*> target{nullptr};

/** Says once for each function that it failed, and why. */
int refuse(const char* function, std::atomic<bool>& told) {
    if (!told.exchange(true)) {
        const char* library = target.load();
        if (library == nullptr) {
            std::fprintf(stderr, "%s: Gimbal's %s stands before no CUDA library yet; open a Gimbal device, or load "
                         "JCuda through Gimbal, before the first call.\n", function, GIMBAL_SONAME);
        } else {
            std::fprintf(stderr, "%s: Gimbal's %s does not forward this function to %s; it forwards those that Gimbal "
                         "calls. Where CUDA 12 and cuDNN 9 are installed JCuda calls them directly.\n", function,
                         GIMBAL_SONAME, library);
        }
    }
    return GIMBAL_STATUS;
}

}  // namespace

#define EXPORTED extern "C" __attribute__((visibility("default")))

#define REFUSED(name)                      \
    EXPORTED int name() {                  \
        static std::atomic<bool> told;     \
        return refuse(#name, told);        \
    }
#define REFUSED_NUMBER(name)               \
    EXPORTED std::size_t name() {          \
        static std::atomic<bool> told;     \
        refuse(#name, told);               \
        return 0;                          \
    }
#define REFUSED_TEXT(name)                 \
    EXPORTED const char* name() {          \
        static std::atomic<bool> told;     \
        refuse(#name, told);               \
        return #name " is not forwarded";  \
    }

// A jump leaves every argument where it is, so that no prototype is needed.
#define FORWARDED(name)                                                                          \
    static int refused_##name() {                                                                \
        static std::atomic<bool> told;                                                           \
        return refuse(#name, told);                                                              \
    }                                                                                            \
    extern "C" {                                                                                 \
    __attribute__((visibility("hidden"))) void* slot_##name = (void*)refused_##name;             \
    }                                                                                            \
    __asm__(".text\n.p2align 4\n.globl " #name "\n.type " #name ", @function\n" #name ":\n"       \
            "\tendbr64\n\tjmp *slot_" #name "(%rip)\n.size " #name ", .-" #name "\n");

#include GIMBAL_FUNCTIONS

#undef REFUSED
#undef REFUSED_NUMBER
#undef REFUSED_TEXT
#undef FORWARDED

/**
 * Forwards to the library in the file `path` from now on; before the first call of any other function, and once.
 * Returns null, or the loader's reason why the file cannot be opened. The text at `path` must stay.
 */
EXPORTED const char* gimbalForwardTo(const char* path) {
    void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        return dlerror();
    }
#define REFUSED(name)
#define REFUSED_NUMBER(name)
#define REFUSED_TEXT(name)
#define FORWARDED(name)                              \
    if (void* function = dlsym(library, #name)) {    \
        slot_##name = function;                      \
    }
#include GIMBAL_FUNCTIONS
    target = path;
    return nullptr;
}

/** The file that it forwards to, as forwardTo was given it; null where that was not called yet. */
EXPORTED const char* gimbalForwardsTo() { return target.load(); }
