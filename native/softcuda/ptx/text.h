#pragma once
// Pieces of PTX text: words, lists, numbers, types, declarations. What cannot be read is refused with
// CUDA_ERROR_INVALID_PTX.
#include <string>
#include <vector>

namespace softcuda::ptx {

[[noreturn]] void refuse(const std::string& why);

std::string trimmed(const std::string& text);
std::vector<std::string> words(const std::string& text);
std::vector<std::string> listed(const std::string& text);  // by commas outside of brackets
std::string inside(const std::string& text);               // of brackets
std::string file_name(const std::string& path);
bool begins(const std::string& text, const char* with);
std::string without_comments(const char* text);

long long number(const std::string& text);
// Of a number, which may be a float written as its bits: 0f3F800000.
unsigned long long bits(const std::string& text);
int small_number(const std::string& text);
// Of a type such as ".f32", in a register; a predicate is a word there.
int bytes_of(const std::string& type);

// ".align 4 .b8 name[16]"
struct Declaration {
    explicit Declaration(const std::string& text);

    std::string name;
    int element = 0, bytes = 0, alignment = 0;
};

}  // namespace softcuda::ptx
