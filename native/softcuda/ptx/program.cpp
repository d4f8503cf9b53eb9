#include "ptx/program.h"

namespace softcuda::ptx {

const std::string& Program::file(int number) const {
    static const std::string unknown = "?";
    auto found = files.find(number);
    return found == files.end() ? unknown : found->second;
}

std::string Program::place(const Site& site) const {
    if (site.line == 0 && site.inlined_line == 0) return "an unknown line";
    std::string text = file(site.file) + ":" + std::to_string(site.line);
    if (site.inlined_line)
        text += " (called at " + file(site.inlined_file) + ":" + std::to_string(site.inlined_line) + ")";
    return text;
}

}  // namespace softcuda::ptx
