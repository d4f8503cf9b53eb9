// NVRTC as far as it goes without a compiler: a source is recognised by its text, and its "CUBIN" names it.
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/switches.h"
#include "run/sources.h"
#include "softcuda.h"

using namespace softcuda;

namespace {

struct Header {
    std::string name;
    std::string text;
};

struct Program {
    std::string name;
    std::string text;
    std::vector<Header> headers;
    std::string log;
    std::string image;  // empty until compiled
};

std::mutex mutex;
std::unordered_map<nvrtcProgram, std::shared_ptr<Program>>& programs() {
    static auto* all = new std::unordered_map<nvrtcProgram, std::shared_ptr<Program>>;
    return *all;
}

std::shared_ptr<Program> find(nvrtcProgram handle) {
    std::lock_guard<std::mutex> hold(mutex);
    auto found = programs().find(handle);
    return found == programs().end() ? nullptr : found->second;
}

std::string file_name(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

const char* const rebuild =
    "Its kernels are compiled in: rebuild it with native/softcuda/build, as the Maven build does.\n";

// Why this is not a program that was compiled in; empty if it is, and then its source is set.
std::string objection(const Program& program, const Source** source) {
    for (int i = 0; i < source_count && !*source; i++)
        if (program.text == sources[i].text) *source = &sources[i];
    if (!*source) {
        const bool known = find_source(file_name(program.name)) != nullptr;
        return program.name + ": error: the software device was built " +
               (known ? "with another text of this file. " : "without this file. ") + rebuild;
    }
    for (const Header& header : program.headers) {
        const Source* own = find_source(file_name(header.name));
        if (own && header.text != own->text)
            return header.name + ": error: the software device was built with another text of this file. " + rebuild;
    }
    return "";
}

template <class F> nvrtcResult guarded_nvrtc(F body) noexcept {
    try {
        return body();
    } catch (const std::bad_alloc&) {
        return NVRTC_ERROR_OUT_OF_MEMORY;
    } catch (...) {
        return NVRTC_ERROR_INTERNAL_ERROR;
    }
}

}  // namespace

nvrtcResult nvrtcVersion(int* major, int* minor) {
    if (!major || !minor) return NVRTC_ERROR_INVALID_INPUT;
    *major = 13;
    *minor = 0;
    return NVRTC_SUCCESS;
}

nvrtcResult nvrtcCreateProgram(nvrtcProgram* handle, const char* source, const char* name, int header_count,
                               const char* const* headers, const char* const* include_names) {
    return guarded_nvrtc([&] {
        if (!handle || !source || header_count < 0) return NVRTC_ERROR_INVALID_INPUT;
        if (header_count > 0 && (!headers || !include_names)) return NVRTC_ERROR_INVALID_INPUT;
        auto program = std::make_shared<Program>();
        program->name = name && *name ? name : "default_program";
        program->text = source;
        for (int i = 0; i < header_count; i++) {
            if (!headers[i] || !include_names[i]) return NVRTC_ERROR_INVALID_INPUT;
            program->headers.push_back({include_names[i], headers[i]});
        }
        std::lock_guard<std::mutex> hold(mutex);
        *handle = reinterpret_cast<nvrtcProgram>(program.get());
        programs().emplace(*handle, program);
        statistics().programs++;
        return NVRTC_SUCCESS;
    });
}

nvrtcResult nvrtcDestroyProgram(nvrtcProgram* handle) {
    return guarded_nvrtc([&] {
        if (!handle) return NVRTC_ERROR_INVALID_PROGRAM;
        std::lock_guard<std::mutex> hold(mutex);
        if (programs().erase(*handle) == 0) return NVRTC_ERROR_INVALID_PROGRAM;
        *handle = nullptr;
        statistics().programs--;
        return NVRTC_SUCCESS;
    });
}

nvrtcResult nvrtcCompileProgram(nvrtcProgram handle, int option_count, const char* const* options) {
    return guarded_nvrtc([&] {
        std::shared_ptr<Program> program = find(handle);
        if (!program) return NVRTC_ERROR_INVALID_PROGRAM;
        if (option_count < 0 || (option_count > 0 && !options)) return NVRTC_ERROR_INVALID_INPUT;
        program->image.clear();
        program->log.clear();
        for (int i = 0; i < option_count; i++) {
            if (options[i] && options[i][0] == '-') continue;
            program->log = "error: unrecognized option " + std::string(options[i] ? options[i] : "(null)") + "\n";
            return NVRTC_ERROR_INVALID_OPTION;
        }
        const Source* source = nullptr;
        program->log = objection(*program, &source);
        if (!program->log.empty()) return NVRTC_ERROR_COMPILATION;
        program->image = std::string(image_tag) + source->name + '\0';
        return NVRTC_SUCCESS;
    });
}

nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram handle, size_t* bytes) {
    return guarded_nvrtc([&] {
        std::shared_ptr<Program> program = find(handle);
        if (!program) return NVRTC_ERROR_INVALID_PROGRAM;
        if (!bytes) return NVRTC_ERROR_INVALID_INPUT;
        *bytes = program->log.size() + 1;
        return NVRTC_SUCCESS;
    });
}

nvrtcResult nvrtcGetProgramLog(nvrtcProgram handle, char* log) {
    return guarded_nvrtc([&] {
        std::shared_ptr<Program> program = find(handle);
        if (!program) return NVRTC_ERROR_INVALID_PROGRAM;
        if (!log) return NVRTC_ERROR_INVALID_INPUT;
        std::memcpy(log, program->log.c_str(), program->log.size() + 1);
        return NVRTC_SUCCESS;
    });
}

nvrtcResult nvrtcGetCUBINSize(nvrtcProgram handle, size_t* bytes) {
    return guarded_nvrtc([&] {
        std::shared_ptr<Program> program = find(handle);
        if (!program || program->image.empty()) return NVRTC_ERROR_INVALID_PROGRAM;
        if (!bytes) return NVRTC_ERROR_INVALID_INPUT;
        *bytes = program->image.size();
        return NVRTC_SUCCESS;
    });
}

nvrtcResult nvrtcGetCUBIN(nvrtcProgram handle, char* image) {
    return guarded_nvrtc([&] {
        std::shared_ptr<Program> program = find(handle);
        if (!program || program->image.empty()) return NVRTC_ERROR_INVALID_PROGRAM;
        if (!image) return NVRTC_ERROR_INVALID_INPUT;
        std::memcpy(image, program->image.data(), program->image.size());
        return NVRTC_SUCCESS;
    });
}

const char* nvrtcGetErrorString(nvrtcResult status) {
    switch (status) {
        case NVRTC_SUCCESS: return "NVRTC_SUCCESS";
        case NVRTC_ERROR_OUT_OF_MEMORY: return "NVRTC_ERROR_OUT_OF_MEMORY";
        case NVRTC_ERROR_PROGRAM_CREATION_FAILURE: return "NVRTC_ERROR_PROGRAM_CREATION_FAILURE";
        case NVRTC_ERROR_INVALID_INPUT: return "NVRTC_ERROR_INVALID_INPUT";
        case NVRTC_ERROR_INVALID_PROGRAM: return "NVRTC_ERROR_INVALID_PROGRAM";
        case NVRTC_ERROR_INVALID_OPTION: return "NVRTC_ERROR_INVALID_OPTION";
        case NVRTC_ERROR_COMPILATION: return "NVRTC_ERROR_COMPILATION";
        case NVRTC_ERROR_BUILTIN_OPERATION_FAILURE: return "NVRTC_ERROR_BUILTIN_OPERATION_FAILURE";
        case NVRTC_ERROR_INTERNAL_ERROR: return "NVRTC_ERROR_INTERNAL_ERROR";
    }
    return "NVRTC_ERROR unknown";
}
