// LD_PRELOAD: the calls FIRST to LAST of pthread_create and mmap, counted alike, that the library whose file is named
// LIBRARY makes are refused, as a system without threads and memory does.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static int count;

static int refused(void *caller) {
    const char *library = getenv("LIBRARY");
    Dl_info info;
    if (!library || !dladdr(caller, &info) || !info.dli_fname || !strstr(info.dli_fname, library)) return 0;
    int call = __sync_add_and_fetch(&count, 1);
    return call >= atoi(getenv("FIRST")) && call <= atoi(getenv("LAST"));
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument) {
    if (refused(__builtin_return_address(0))) return EAGAIN;
    int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) = dlsym(RTLD_NEXT, "pthread_create");
    return next(thread, attributes, body, argument);
}

void *mmap(void *address, size_t bytes, int protection, int flags, int file, off_t offset) {
    if (refused(__builtin_return_address(0))) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return (void *)syscall(SYS_mmap, address, bytes, protection, flags, file, offset);
}

void *mmap64(void *address, size_t bytes, int protection, int flags, int file, off_t offset)
    __attribute__((alias("mmap")));
