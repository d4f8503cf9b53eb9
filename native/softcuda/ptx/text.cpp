#include "ptx/text.h"

#include <cctype>
#include <cstring>
#include <limits>
#include <map>
#include <stdexcept>

#include "core/failure.h"

namespace softcuda::ptx {

[[noreturn]] void refuse(const std::string& why) { throw Failure(CUDA_ERROR_INVALID_PTX, why); }

std::string trimmed(const std::string& text) {
    const char* blank = " \t\r\n";
    const size_t begin = text.find_first_not_of(blank);
    return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

std::vector<std::string> words(const std::string& text) {
    std::vector<std::string> all;
    std::string word;
    for (const char c : text + " ") {
        if (!std::isspace(static_cast<unsigned char>(c))) {
            word += c;
        } else if (!word.empty()) {
            all.push_back(word);
            word.clear();
        }
    }
    return all;
}

std::vector<std::string> listed(const std::string& text) {
    std::vector<std::string> all;
    std::string part;
    int depth = 0;
    for (const char c : text) {
        if (std::strchr("{[(", c)) depth++;
        if (std::strchr("}])", c)) depth--;
        if (c == ',' && depth == 0) {
            all.push_back(trimmed(part));
            part.clear();
        } else {
            part += c;
        }
    }
    if (!trimmed(part).empty()) all.push_back(trimmed(part));
    return all;
}

std::string inside(const std::string& text) { return text.size() < 2 ? "" : trimmed(text.substr(1, text.size() - 2)); }

std::string file_name(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

bool begins(const std::string& text, const char* with) { return text.rfind(with, 0) == 0; }

long long number(const std::string& text) {
    try {
        size_t used = 0;
        const bool negative = begins(text, "-");
        const long long value =
            negative ? std::stoll(text, &used, 0) : static_cast<long long>(std::stoull(text, &used, 0));
        if (used == text.size() || text.substr(used) == "U") return value;
    } catch (const std::exception&) {
    }
    refuse("'" + text + "' stands where a number should");
}

unsigned long long bits(const std::string& text) {
    const bool real = text.size() > 2 && text[0] == '0' && std::strchr("fFdD", text[1]);
    return static_cast<unsigned long long>(number(real ? "0x" + text.substr(2) : text));
}

int small_number(const std::string& text) {
    const long long value = number(text);
    if (value < 0 || value > std::numeric_limits<int>::max() / 64) refuse("the number " + text + " is too large");
    return static_cast<int>(value);
}

int bytes_of(const std::string& type) {
    static const std::map<std::string, int> widths = {{"64", 8}, {"32", 4}, {"16", 2}, {"8", 1}};
    if (type == ".pred") return 4;
    if (type.size() > 2 && std::strchr("busf", type[1])) {
        auto width = widths.find(type.substr(2));
        if (width != widths.end()) return width->second;
    }
    refuse("the type '" + type + "' is not known");
}

std::string without_comments(const char* text) {
    std::string out;
    for (const char* c = text; *c; c++) {
        if (c[0] == '/' && c[1] == '/') {
            while (c[1] && c[1] != '\n') c++;
        } else if (c[0] == '/' && c[1] == '*') {
            const char* end = std::strstr(c + 2, "*/");
            if (!end) refuse("a comment does not end");
            c = end + 1;
        } else {
            out += *c;
        }
    }
    return out;
}

Declaration::Declaration(const std::string& text) {
    const std::vector<std::string> all = words(text);
    for (size_t i = 0; i < all.size(); i++) {
        if (all[i] == ".align" && i + 1 < all.size()) {
            alignment = small_number(all[++i]);
        } else if (all[i][0] != '.') {
            name = all[i];
        } else if (std::isdigit(static_cast<unsigned char>(all[i].back())) || all[i] == ".pred") {
            element = bytes_of(all[i]);
        }
    }
    if (name.empty() || element == 0) refuse("the declaration '" + trimmed(text) + "' is not known");
    bytes = element;
    const size_t bracket = name.find('[');
    if (bracket != std::string::npos) {
        bytes *= small_number(name.substr(bracket + 1, name.find(']') - bracket - 1));
        name = name.substr(0, bracket);
    }
    if (alignment == 0) alignment = element;
}

}  // namespace softcuda::ptx
