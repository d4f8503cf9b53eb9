#include "ptx/parser.h"

#include <cctype>
#include <cstring>
#include <optional>
#include <set>

#include "core/failure.h"
#include "ptx/atomics.h"
#include "ptx/operations.h"
#include "ptx/places.h"
#include "ptx/text.h"

namespace softcuda::ptx {

namespace {

struct Variable {
    enum class Where { module, shared, frame, parameter } where;
    long long place;  // an address, or an offset
    int stride;       // in the frame: bytes a lane
};

// What may stand in a scope's place: names of registers and of variables, innermost first.
template <class T> class Scopes {
public:
    void open() { all_.emplace_back(); }
    void close() { all_.pop_back(); }
    void put(const std::string& name, const T& value) { all_.back()[name] = value; }
    void put_outermost(const std::string& name, const T& value) { all_.front()[name] = value; }
    const T* find(const std::string& name) const {
        for (size_t i = all_.size(); i-- > 0;) {
            auto found = all_[i].find(name);
            if (found != all_[i].end()) return &found->second;
        }
        return nullptr;
    }

private:
    std::vector<std::map<std::string, T>> all_;
};

class Parser {
public:
    explicit Parser(const char* text) : text_(without_comments(text)), program_(std::make_shared<Program>()) {}
    std::shared_ptr<const Program> parse();

private:
    void module_statement();
    void module_variable(const std::string& text);
    void function(const std::string& head, bool defined);
    void header(const std::string& head);
    void body();
    void statement(const std::string& text);
    void declare(const std::string& text);
    void registers(const std::string& text);
    void instruction(const std::string& text);
    void known(Instruction& one, const std::string& name, const std::vector<std::string>& operands);
    void barrier(Instruction& one, const std::vector<std::string>& operands);
    void shuffle(Instruction& one, const std::string& name, const std::vector<std::string>& operands);
    void vote(Instruction& one, const std::string& name, const std::vector<std::string>& operands);
    void memory(Instruction& one, const std::string& name, const std::vector<std::string>& operands);
    void atomic(Instruction& one, const std::string& name, const std::vector<std::string>& operands);
    void address(Instruction& one, const std::string& text);
    void call(Instruction& one, const std::vector<std::string>& operands);
    bool move(Instruction& one, const std::string& name, const std::vector<std::string>& operands);
    void compute(Instruction& one, const Operation& operation, const std::vector<std::string>& operands);
    void location(const std::string& line);

    int operand(const std::string& text, OperandType type);
    int memory_operand(const std::string& text, int bytes, int& width);
    std::optional<Variable> variable(const std::string& name);
    int shared(int bytes, int alignment);
    Variable frame_variable(const std::string& name, int bytes);
    void read_files();
    bool follows(const char* word) const;
    std::string rest_of_line();
    void skip_blanks();
    std::string where() const;

    const std::string text_;
    size_t at_ = 0;
    std::shared_ptr<Program> program_;
    std::map<std::string, Variable> module_;
    std::map<std::string, std::pair<int, int>> shared_of_module_;  // bytes, alignment: in each function that names it
    std::set<std::string> shared_at_launch_;

    Function* function_ = nullptr;
    Places places_;
    Scopes<int> registers_;
    Scopes<Variable> variables_;
    std::map<std::string, int> labels_;
    std::vector<std::pair<int, std::string>> jumps_;
    Site site_;
};

std::shared_ptr<const Program> Parser::parse() {
    try {
        read_files();
        while (skip_blanks(), at_ < text_.size()) module_statement();
        for (auto& [name, one] : program_->functions)
            if (one->code.empty()) refuse("the function '" + name + "' has no body");
    } catch (const Failure& failure) {
        throw Failure(failure.status, where() + failure.what());
    }
    return program_;
}

// They stand behind the code that they are named for.
void Parser::read_files() {
    for (size_t at = text_.find(".file"); at != std::string::npos; at = text_.find(".file", at + 1)) {
        if (text_.find_first_not_of(" \t", text_.rfind('\n', at) + 1) != at) continue;
        const std::string line = text_.substr(at, text_.find('\n', at) - at);
        const size_t quote = line.find('"');
        if (quote == std::string::npos || words(line).size() < 3) refuse("'" + line + "' names no file");
        program_->files[small_number(words(line)[1])] =
            file_name(line.substr(quote + 1, line.find('"', quote + 1) - quote - 1));
    }
}

std::string Parser::where() const {
    std::string text;
    if (function_) text += function_->name;
    if (site_.line) text += (text.empty() ? "" : ", ") + program_->place(site_);
    return text.empty() ? "" : text + ": ";
}

void Parser::skip_blanks() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) at_++;
}

bool Parser::follows(const char* word) const {
    const size_t end = at_ + std::strlen(word);
    return text_.compare(at_, end - at_, word) == 0 &&
           (end >= text_.size() || std::isspace(static_cast<unsigned char>(text_[end])));
}

std::string Parser::rest_of_line() {
    const size_t end = std::min(text_.find('\n', at_), text_.size());
    const std::string line = text_.substr(at_, end - at_);
    at_ = end;
    return line;
}

void Parser::module_statement() {
    if (follows(".version") || follows(".target") || follows(".address_size") || follows(".file") || follows(".loc")) {
        rest_of_line();
    } else if (follows(".section")) {
        const size_t end = text_.find('}', at_);
        if (end == std::string::npos) refuse("a section does not end");
        at_ = end + 1;
    } else {
        const size_t end = text_.find_first_of("{;", at_);
        if (end == std::string::npos) refuse("'" + rest_of_line() + "' does not end");
        const std::string head = text_.substr(at_, end - at_);
        if (head.find(".entry") != std::string::npos || head.find(".func") != std::string::npos) {
            at_ = end + 1;
            function(head, text_[end] == '{');
        } else {
            const size_t semicolon = text_.find(';', at_);
            if (semicolon == std::string::npos) refuse("'" + trimmed(head) + "' does not end");
            module_variable(text_.substr(at_, semicolon - at_));
            at_ = semicolon + 1;
        }
    }
}

void Parser::module_variable(const std::string& text) {
    const size_t equals = text.find('=');
    const std::string head = text.substr(0, equals);
    if (head.find(".extern") != std::string::npos && head.find(".shared") != std::string::npos) {
        shared_at_launch_.insert(Declaration(head.substr(0, head.find('['))).name);
        return;
    }
    const Declaration declared(head);
    if (head.find(".shared") != std::string::npos) {
        shared_of_module_[declared.name] = {declared.bytes, declared.alignment};
        return;
    }
    if (head.find(".global") == std::string::npos && head.find(".const") == std::string::npos)
        refuse("the declaration '" + trimmed(text) + "' is not known");
    constexpr size_t alignment = 256;
    program_->storage.emplace_back(new char[static_cast<size_t>(declared.bytes) + alignment]());
    char* start = program_->storage.back().get();
    start += (alignment - reinterpret_cast<uintptr_t>(start) % alignment) % alignment;
    if (equals != std::string::npos) {
        std::string values = trimmed(text.substr(equals + 1));
        if (begins(values, "{")) values = inside(values);
        int offset = 0;
        for (const std::string& one : listed(values)) {
            if (offset + declared.element > declared.bytes) refuse(declared.name + " has more values than places");
            const unsigned long long value = bits(one);
            std::memcpy(start + offset, &value, static_cast<size_t>(declared.element));
            offset += declared.element;
        }
    }
    const auto begin = reinterpret_cast<uintptr_t>(start);
    module_[declared.name] = {Variable::Where::module, static_cast<long long>(begin), 0};
    program_->variables.push_back({begin, begin + static_cast<size_t>(declared.bytes)});
}

// ".visible .entry name(parameters)" or ".func (results) name(arguments)"
void Parser::header(const std::string& head) {
    const bool entry = head.find(".entry") != std::string::npos;
    std::string rest = trimmed(head.substr(head.find(entry ? ".entry" : ".func") + (entry ? 6 : 5)));
    std::string results, parameters;
    auto bracketed = [&rest] {
        const size_t end = rest.find(')');
        if (end == std::string::npos) refuse("the brackets of '" + rest + "' do not close");
        const std::string list = rest.substr(1, end - 1);
        rest = trimmed(rest.substr(end + 1));
        return list;
    };
    if (begins(rest, "(")) results = bracketed();
    const size_t open = rest.find('(');
    const std::string name = trimmed(rest.substr(0, open));
    rest = open == std::string::npos ? "" : rest.substr(open);
    if (begins(rest, "(")) parameters = bracketed();
    std::unique_ptr<Function>& known = program_->functions[name];
    if (!known) known = std::make_unique<Function>();
    function_ = known.get();
    if (!function_->code.empty()) refuse("the function has two bodies");
    *function_ = Function();
    function_->name = name;
    function_->entry = entry;
    for (const std::string& one : listed(parameters)) {
        const Declaration declared(one);
        if (entry) {
            const int offset =
                (function_->parameter_bytes + declared.alignment - 1) / declared.alignment * declared.alignment;
            function_->parameters.push_back({offset, declared.bytes});
            function_->parameter_bytes = offset + declared.bytes;
            variables_.put(declared.name, {Variable::Where::parameter, offset, 0});
        } else {
            const Variable made = frame_variable(declared.name, declared.bytes);
            function_->arguments.push_back({static_cast<int>(made.place), made.stride});
        }
    }
    for (const std::string& one : listed(results)) {
        const Declaration declared(one);
        const Variable made = frame_variable(declared.name, declared.bytes);
        function_->results.push_back({static_cast<int>(made.place), made.stride});
    }
}

void Parser::function(const std::string& head, bool defined) {
    places_ = Places();
    registers_ = Scopes<int>();
    variables_ = Scopes<Variable>();
    registers_.open();
    variables_.open();
    labels_.clear();
    jumps_.clear();
    site_ = Site();
    header(head);
    if (defined) {
        body();
        Instruction end;
        end.kind = Kind::leave;
        end.text = "the end";
        end.site = site_;
        function_->code.push_back(end);
        for (const auto& [from, label] : jumps_) {
            auto found = labels_.find(label);
            if (found == labels_.end()) refuse("there is no label '" + label + "'");
            function_->code[static_cast<size_t>(from)].target = found->second;
        }
        if (function_->shared_at_launch && function_->shared_bytes > launch_shared_at)
            refuse("arrays of shared memory take " + std::to_string(function_->shared_bytes) +
                   " bytes beside what the launch sizes; " + std::to_string(launch_shared_at) + " may be");
        places_.settle(*function_);
    }
    function_ = nullptr;
    site_ = Site();
}

void Parser::body() {
    for (size_t depth = 1;;) {
        skip_blanks();
        if (at_ >= text_.size()) refuse("the body does not end");
        if (text_[at_] == '{') {
            at_++;
            depth++;
            registers_.open();
            variables_.open();
            continue;
        }
        if (text_[at_] == '}') {
            at_++;
            if (--depth == 0) return;
            registers_.close();
            variables_.close();
            continue;
        }
        if (follows(".loc")) {
            location(rest_of_line());
            continue;
        }
        size_t end = at_;
        while (end < text_.size() &&
               (std::isalnum(static_cast<unsigned char>(text_[end])) || text_[end] == '_' || text_[end] == '$'))
            end++;
        if (end > at_ && end < text_.size() && text_[end] == ':') {
            labels_[text_.substr(at_, end - at_)] = static_cast<int>(function_->code.size());
            at_ = end + 1;
            continue;
        }
        const size_t semicolon = text_.find(';', at_);
        if (semicolon == std::string::npos) refuse("'" + rest_of_line() + "' does not end");
        statement(trimmed(text_.substr(at_, semicolon - at_)));
        at_ = semicolon + 1;
    }
}

// ".loc file line column", and for what was inlined ", function_name label, inlined_at file line column"
void Parser::location(const std::string& line) {
    const std::vector<std::string> all = words(line);
    site_ = Site();
    if (all.size() > 2) {
        site_.file = small_number(all[1]);
        site_.line = small_number(all[2]);
    }
    for (size_t i = 3; i + 2 < all.size(); i++) {
        if (all[i] != "inlined_at") continue;
        site_.inlined_file = small_number(all[i + 1]);
        site_.inlined_line = small_number(all[i + 2]);
    }
}

void Parser::statement(const std::string& text) {
    if (text.empty()) return;
    if (text[0] == '.') declare(text);
    else instruction(text);
}

void Parser::declare(const std::string& text) {
    if (begins(text, ".pragma")) return;
    if (begins(text, ".reg")) {
        registers(trimmed(text.substr(4)));
        return;
    }
    const Declaration declared(text);
    if (begins(text, ".shared")) {
        variables_.put(declared.name, {Variable::Where::shared, shared(declared.bytes, declared.alignment), 0});
    } else if (begins(text, ".local") || begins(text, ".param")) {
        frame_variable(declared.name, declared.bytes);
    } else {
        refuse("the declaration '" + text + "' is not known");
    }
}

// ".f32 %f<12>, %g"
void Parser::registers(const std::string& text) {
    const size_t blank = text.find_first_of(" \t");
    const std::string type = text.substr(0, blank);
    if (blank == std::string::npos) refuse("'.reg " + text + "' names no register");
    for (const std::string& name : listed(text.substr(blank))) {
        const OperandType kind{bytes_of(type), type == ".pred"};
        const size_t bracket = name.find('<');
        if (bracket == std::string::npos) {
            registers_.put(name, places_.add(kind));
            continue;
        }
        const int count = small_number(name.substr(bracket + 1, name.find('>') - bracket - 1));
        for (int i = 0; i < count; i++) registers_.put(name.substr(0, bracket) + std::to_string(i), places_.add(kind));
    }
}

Variable Parser::frame_variable(const std::string& name, int bytes) {
    const int stride = (bytes + 7) / 8 * 8;
    const Variable made{Variable::Where::frame, places_.reserve(stride * warp_lanes), stride};
    variables_.put(name, made);
    function_->local.push_back({static_cast<int>(made.place), stride});
    return made;
}

// Arrays have a gap between them, so that no access runs from one into the next unseen.
int Parser::shared(int bytes, int alignment) {
    constexpr int unit = 128;
    if (alignment > unit) refuse("shared memory cannot be aligned to " + std::to_string(alignment) + " bytes here");
    const int offset = (function_->shared_bytes + unit - 1) / unit * unit;
    function_->shared.push_back({offset, bytes});
    function_->shared_bytes = offset + bytes + unit;
    return offset;
}

std::optional<Variable> Parser::variable(const std::string& name) {
    if (const Variable* own = variables_.find(name)) return *own;
    auto global = module_.find(name);
    if (global != module_.end()) return global->second;
    if (shared_at_launch_.count(name)) {
        function_->shared_at_launch = true;
        return Variable{Variable::Where::shared, launch_shared_at, 0};
    }
    auto array = shared_of_module_.find(name);
    if (array == shared_of_module_.end()) return std::nullopt;
    const Variable made{Variable::Where::shared, shared(array->second.first, array->second.second), 0};
    variables_.put_outermost(name, made);  // for all of the function
    return made;
}

void Parser::instruction(const std::string& text) {
    Instruction one;
    one.site = site_;
    one.number = static_cast<int>(function_->code.size());
    for (const char c : text.substr(0, 80)) one.text += std::isspace(static_cast<unsigned char>(c)) ? ' ' : c;
    std::string rest = text;
    if (rest[0] == '@') {
        const size_t blank = rest.find_first_of(" \t\n");
        std::string guard = rest.substr(1, blank - 1);
        if (begins(guard, "!")) {
            one.negated = true;
            guard = guard.substr(1);
        }
        one.guard = operand(guard, {4, true});
        rest = blank == std::string::npos ? "" : trimmed(rest.substr(blank));
    }
    const size_t blank = rest.find_first_of(" \t\n");
    const std::string name = rest.substr(0, blank);
    known(one, name, blank == std::string::npos ? std::vector<std::string>() : listed(rest.substr(blank)));
    if (one.guard >= 0 && one.kind != Kind::compute && one.kind != Kind::branch && one.kind != Kind::leave)
        refuse("'" + one.text + "': a guard is taken of computations, branches and returns only");
    function_->code.push_back(std::move(one));
}

void Parser::known(Instruction& one, const std::string& name, const std::vector<std::string>& operands) {
    const size_t dot = name.find('.');
    const std::string base = name.substr(0, dot);
    if ((base == "bra" || name == "bra.uni") && operands.size() == 1) {
        one.kind = Kind::branch;
        jumps_.push_back({one.number, operands[0]});
    } else if (base == "ret" || base == "exit") {
        one.kind = Kind::leave;
    } else if (name == "bar.sync" || name == "barrier.sync" || name == "barrier.sync.aligned") {
        barrier(one, operands);
    } else if (begins(name, "shfl.sync.") && operands.size() == 5) {
        shuffle(one, name, operands);
    } else if (begins(name, "vote.sync.") && operands.size() == 3) {
        vote(one, name, operands);
    } else if (base == "atom" || base == "red") {
        atomic(one, name, operands);
    } else if ((base == "ld" || base == "st") && operands.size() == 2) {
        memory(one, name, operands);
    } else if (base == "call") {
        call(one, operands);
    } else if (!move(one, name, operands)) {
        const Operation* operation = find_operation(name);
        const int* source = base == "cvt" && operands.size() == 2 ? registers_.find(operands[1]) : nullptr;
        if (operation && source && places_.type(*source).bytes > operation->source[0].bytes)
            operation = find_operation(from_wider(name, places_.type(*source).bytes));
        if (!operation) refuse("the instruction '" + one.text + "' is not known to the interpreter");
        compute(one, *operation, operands);
    }
}

void Parser::barrier(Instruction& one, const std::vector<std::string>& operands) {
    if (operands.size() != 1 || operands[0] != "0")
        refuse("'" + one.text + "': only barrier 0 of the whole block is known");
    one.kind = Kind::barrier;
}

void Parser::shuffle(Instruction& one, const std::string& name, const std::vector<std::string>& operands) {
    static const std::map<std::string, Shuffle> modes = {{"shfl.sync.up.b32", Shuffle::up},
                                                         {"shfl.sync.down.b32", Shuffle::down},
                                                         {"shfl.sync.bfly.b32", Shuffle::butterfly},
                                                         {"shfl.sync.idx.b32", Shuffle::index}};
    auto mode = modes.find(name);
    if (mode == modes.end()) refuse("the instruction '" + one.text + "' is not known to the interpreter");
    one.kind = Kind::shuffle;
    one.shuffle = mode->second;
    const size_t bar = operands[0].find('|');
    one.at.destination = operand(trimmed(operands[0].substr(0, bar)), {4, false});
    if (bar != std::string::npos) one.at.second = operand(trimmed(operands[0].substr(bar + 1)), {4, true});
    for (int i = 0; i < 4; i++) one.at.source[i] = operand(operands[static_cast<size_t>(i) + 1], {4, false});
}

void Parser::vote(Instruction& one, const std::string& name, const std::vector<std::string>& operands) {
    static const std::map<std::string, Vote> votes = {{"vote.sync.ballot.b32", Vote::ballot},
                                                      {"vote.sync.any.pred", Vote::any},
                                                      {"vote.sync.all.pred", Vote::all}};
    auto vote = votes.find(name);
    if (vote == votes.end()) refuse("the instruction '" + one.text + "' is not known to the interpreter");
    one.kind = Kind::vote;
    one.vote = vote->second;
    one.at.destination = operand(operands[0], {4, one.vote != Vote::ballot});
    one.at.source[0] = operand(operands[1], {4, true});
    one.at.source[3] = operand(operands[2], {4, false});
}

// "atom.shared.add.u32 d, [a], b", with a second operand for cas, and "red.global.add.u32 [a], b"
void Parser::atomic(Instruction& one, const std::string& name, const std::vector<std::string>& operands) {
    static const std::set<std::string> unordered = {"relaxed", "cta", "gpu", "sys"};
    const bool gives = begins(name, "atom");
    std::string operation;
    bool placed = false;
    for (size_t dot = name.find('.'); dot != std::string::npos;) {
        const size_t next = name.find('.', dot + 1);
        const std::string part = name.substr(dot + 1, next == std::string::npos ? next : next - dot - 1);
        if (part == "global" || part == "shared") {
            one.space = part == "global" ? Space::global : Space::shared;
            placed = true;
        } else if (!unordered.count(part)) {
            operation += (operation.empty() ? "" : ".") + part;
        }
        dot = next;
    }
    const AtomicOperation* known = placed ? find_atomic(one.space, operation) : nullptr;
    if (!known) refuse("the instruction '" + one.text + "' is not known to the interpreter");
    const size_t first = gives ? 1 : 0;
    if (operands.size() != first + 1 + static_cast<size_t>(known->operands))
        refuse("'" + one.text + "' has not the operands of " + operation);
    one.kind = Kind::atomic;
    one.update = known->update;
    one.overwrites = known->overwrites;
    one.size = one.width = known->bytes;
    address(one, operands[first]);
    if (one.kind != Kind::atomic || one.space == Space::frame) refuse("'" + one.text + "' updates what is no memory");
    if (gives && operands[0] != "_") one.at.destination = operand(operands[0], {one.size, false});
    for (int i = 0; i < known->operands; i++)
        one.at.source[i + 1] = operand(operands[first + 1 + static_cast<size_t>(i)], {one.size, false});
}

void Parser::memory(Instruction& one, const std::string& name, const std::vector<std::string>& operands) {
    static const std::map<std::string, Space> spaces = {
        {"global", Space::global}, {"const", Space::global}, {"shared", Space::shared}, {"local", Space::local},
        {"param", Space::frame}};
    const bool loads = name[0] == 'l';
    one.kind = loads ? Kind::load : Kind::store;
    bool placed = false;
    std::string type;
    for (size_t dot = name.find('.'); dot != std::string::npos;) {
        const size_t next = name.find('.', dot + 1);
        const std::string part = name.substr(dot + 1, next == std::string::npos ? next : next - dot - 1);
        auto space = spaces.find(part);
        if (space != spaces.end()) {
            one.space = space->second;
            placed = true;
        } else if (part == "volatile") {  // memory is read and written here whenever an instruction says so
        } else if (part == "nc") {
            one.non_coherent = true;
        } else if (part == "v2" || part == "v4") {
            one.count = part[1] - '0';
        } else if (next == std::string::npos) {
            type = "." + part;
        } else {
            refuse("the instruction '" + one.text + "' is not known to the interpreter");
        }
        dot = next;
    }
    if (!placed || type.empty() || type == ".pred")
        refuse("the instruction '" + one.text + "' is not known to the interpreter");
    one.size = bytes_of(type);
    one.extends_sign = loads && type[1] == 's';
    address(one, operands[loads ? 1 : 0]);
    if (one.kind == Kind::parameter && !loads) refuse("'" + one.text + "' stores to a kernel's parameter");
    const std::string& list = operands[loads ? 0 : 1];
    const std::vector<std::string> values = begins(list, "{") ? listed(inside(list)) : std::vector<std::string>{list};
    if (static_cast<int>(values.size()) != one.count)
        refuse("'" + one.text + "' has not as many registers as it moves values");
    for (int i = 0; i < one.count; i++)
        one.values[i] = memory_operand(values[static_cast<size_t>(i)], one.size, one.width);
}

// A register may be wider than what is moved: `width` becomes its bytes.
int Parser::memory_operand(const std::string& text, int bytes, int& width) {
    if (const int* known = registers_.find(text)) {
        width = places_.type(*known).bytes;
        if (width < bytes || places_.type(*known).predicate)
            refuse("the register " + text + " cannot hold " + std::to_string(bytes) + " bytes");
        return *known;
    }
    width = std::max(bytes, 2);
    return operand(text, {width, false});
}

// "[base+offset]"
void Parser::address(Instruction& one, const std::string& text) {
    const std::string inner = inside(text);
    const size_t plus = inner.find_first_of("+-", 1);
    const std::string base = trimmed(inner.substr(0, plus));
    if (plus != std::string::npos) one.offset = number(trimmed(inner.substr(inner[plus] == '+' ? plus + 1 : plus)));
    if (const int* known = registers_.find(base)) {
        one.short_address = one.space == Space::shared && places_.type(*known).bytes == 4;
        one.at.source[0] = operand(base, {one.short_address ? 4 : 8, false});
        return;
    }
    const std::optional<Variable> named = variable(base);
    if (!named) refuse("'" + one.text + "' names the unknown address '" + base + "'");
    switch (named->where) {
        case Variable::Where::parameter:
            one.kind = one.kind == Kind::load ? Kind::parameter : one.kind;
            if (one.offset < 0 || named->place + one.offset + one.bytes() > function_->parameter_bytes)
                refuse("'" + one.text + "' lies outside of the kernel's parameters");
            one.offset += named->place;
            break;
        case Variable::Where::frame:
            one.space = Space::frame;
            one.target = static_cast<int>(named->place);
            one.stride = named->stride;
            if (one.offset < 0 || one.offset + one.bytes() > one.stride)
                refuse("'" + one.text + "' lies outside of '" + base + "'");
            break;
        default: one.at.source[0] = places_.constant(8, static_cast<unsigned long long>(named->place));
    }
}

// "(results), name, (arguments)"
void Parser::call(Instruction& one, const std::vector<std::string>& operands) {
    one.kind = Kind::call;
    std::vector<std::string> lists[2];
    std::string name;
    for (const std::string& part : operands) {
        if (begins(part, "(")) lists[name.empty() ? 0 : 1] = listed(inside(part));
        else name = part;
    }
    auto found = program_->functions.find(name);
    if (found == program_->functions.end()) refuse("'" + one.text + "' calls the unknown function '" + name + "'");
    one.callee = found->second.get();
    one.text = "call " + name;
    for (int list = 0; list < 2; list++) {
        for (const std::string& part : lists[list]) {
            const std::optional<Variable> named = variable(part);
            if (!named || named->where != Variable::Where::frame) refuse("'" + part + "' cannot be handed to " + name);
            (list == 0 ? one.results : one.arguments).push_back({static_cast<int>(named->place), named->stride});
        }
    }
}

// Moves that are more than a register's into another.
bool Parser::move(Instruction& one, const std::string& name, const std::vector<std::string>& operands) {
    if (operands.size() != 2) return false;
    const int bytes = name == "mov.b64" ? 8 : name == "mov.b32" ? 4 : 0;
    if (bytes && begins(operands[0], "{")) {
        const std::vector<std::string> halves = listed(inside(operands[0]));
        if (halves.size() != 2) refuse("'" + one.text + "' takes a value apart into other than 2");
        const Operation apart = taken_apart(bytes);
        one.compute = apart.compute;
        if (bytes == 8) one.halves = Halves::parted;
        // "_": this half is not wanted
        auto half = [&](const std::string& text) {
            return text == "_" ? places_.add(apart.destination) : operand(text, apart.destination);
        };
        one.at.destination = half(halves[0]);
        one.at.second = half(halves[1]);
        one.at.source[0] = operand(operands[1], apart.source[0]);
        return true;
    }
    if (bytes && begins(operands[1], "{")) {
        std::vector<std::string> halves = listed(inside(operands[1]));
        if (halves.size() != 2) refuse("'" + one.text + "' puts a value together from other than 2");
        compute(one, put_together(bytes), {operands[0], halves[0], halves[1]});
        if (bytes == 8) one.halves = Halves::joined;
        return true;
    }
    if (name != "mov.u64" && name != "mov.b64") return false;
    const std::optional<Variable> named = registers_.find(operands[1]) ? std::nullopt : variable(operands[1]);
    if (!named || named->where != Variable::Where::frame) return false;
    one.kind = Kind::local_address;
    one.at.destination = operand(operands[0], {8, false});
    one.target = static_cast<int>(named->place);
    one.stride = named->stride;
    return true;
}

void Parser::compute(Instruction& one, const Operation& operation, const std::vector<std::string>& operands) {
    if (static_cast<int>(operands.size()) != operation.sources + 1)
        refuse("'" + one.text + "' has " + std::to_string(operands.size()) + " operands, not " +
               std::to_string(operation.sources + 1));
    one.compute = operation.compute;
    one.selects = operation.selects;
    one.divides = operation.divides;
    one.halves = operation.keeps_halves ? Halves::kept : Halves::mixed;
    one.at.destination = operand(operands[0], operation.destination);
    for (int i = 0; i < operation.sources; i++)
        one.at.source[i] = operand(operands[static_cast<size_t>(i) + 1], operation.source[i]);
}

int Parser::operand(const std::string& text, OperandType type) {
    static const std::map<std::string, Special> specials = {
        {"%tid.x", Special::thread_x},      {"%tid.y", Special::thread_y},      {"%tid.z", Special::thread_z},
        {"%ntid.x", Special::block_size_x}, {"%ntid.y", Special::block_size_y}, {"%ntid.z", Special::block_size_z},
        {"%ctaid.x", Special::block_x},     {"%ctaid.y", Special::block_y},     {"%ctaid.z", Special::block_z},
        {"%nctaid.x", Special::grid_x},     {"%nctaid.y", Special::grid_y},     {"%nctaid.z", Special::grid_z},
        {"%laneid", Special::lane}};
    if (const int* known = registers_.find(text)) {
        const OperandType has = places_.type(*known);
        if (has.bytes != type.bytes || has.predicate != type.predicate)
            refuse("the register " + text + " has " + std::to_string(has.bytes) + " bytes where " +
                   std::to_string(type.bytes) + " are taken");
        return *known;
    }
    if (begins(text, "%")) {
        auto special = specials.find(text);
        if (special == specials.end()) refuse("the register '" + text + "' is not known to the interpreter");
        return places_.special(special->second);
    }
    if (!text.empty() && (std::isdigit(static_cast<unsigned char>(text[0])) || text[0] == '-'))
        return places_.constant(type.bytes, type.predicate ? (bits(text) ? all_lanes : 0) : bits(text));
    const std::optional<Variable> named = variable(text);
    if (!named || named->where == Variable::Where::frame || named->where == Variable::Where::parameter)
        refuse("the operand '" + text + "' is not known to the interpreter");
    return places_.constant(type.bytes, static_cast<unsigned long long>(named->place));
}

}  // namespace

std::shared_ptr<const Program> read(const char* text) { return Parser(text).parse(); }

}  // namespace softcuda::ptx
