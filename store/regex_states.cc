// The expression is read into a tree, the tree is compiled to a program of Thompson's, and the sets of its
// instructions that some text leads to are counted: these are RE2's states. RE2 has more where a character has
// several bytes.

#include "store/regex_states.h"

#include <algorithm>
#include <bitset>
#include <cctype>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace forewarn {
namespace {

using Bytes = std::bitset<256>;

constexpr size_t kInstructionsMax = 2000;
constexpr size_t kAddedMax = 20'000;
constexpr uint64_t kWorkMax = 1'000'000;  // instructions that were looked at
constexpr uint32_t kRepeatMax = 1000;     // as in RE2
constexpr int kDepthMax = 50;

struct Tree {
  enum class Kind { kBytes, kSequence, kChoice, kRepeat };
  Kind kind = Kind::kSequence;
  Bytes bytes = {};
  std::vector<Tree> parts = {};
  uint32_t least = 0;
  std::optional<uint32_t> most = std::nullopt;  // none: any number
};

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  // Nothing when there is something in it that it does not know.
  std::optional<Tree> Read() {
    if (text_.starts_with("(?")) {
      for (at_ = 2; at_ < text_.size() && (text_[at_] == 'i' || text_[at_] == 's'); ++at_)
        (text_[at_] == 'i' ? ignores_case_ : dot_is_all_) = true;
      if (!Take(')')) at_ = 0, ignores_case_ = dot_is_all_ = false;
    }
    Take('^');
    if (text_.ends_with('$') && !text_.ends_with("\\$")) text_.remove_suffix(1);
    Tree tree = Choice(0);
    if (is_strange_ || at_ != text_.size()) return std::nullopt;
    return tree;
  }

 private:
  bool Take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool IsAt(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool goes_on() const { return at_ < text_.size() && !is_strange_; }

  Tree Choice(int depth) {
    Tree choice{.kind = Tree::Kind::kChoice};
    if (depth > kDepthMax) is_strange_ = true;
    do {
      Tree sequence;
      while (goes_on() && !IsAt('|') && !IsAt(')')) sequence.parts.push_back(Repeated(depth));
      choice.parts.push_back(std::move(sequence));
    } while (!is_strange_ && Take('|'));
    return choice;
  }

  Tree Repeated(int depth) {
    Tree tree = Atom(depth);
    while (goes_on()) {
      Tree repeat{.kind = Tree::Kind::kRepeat};
      if (Take('+')) {
        repeat.least = 1;
      } else if (Take('?')) {
        repeat.most = 1;
      } else if (IsAt('{')) {
        if (!Times(repeat)) is_strange_ = true;
      } else if (!Take('*')) {
        break;
      }
      Take('?');  // it prefers fewer, which is the same for a whole text
      repeat.parts.push_back(std::move(tree));
      tree = std::move(repeat);
    }
    return tree;
  }

  // `{2}`, `{2,}` or `{2,5}`.
  bool Times(Tree& repeat) {
    Take('{');
    const std::optional<uint32_t> least = Number();
    if (!least) return false;
    repeat.least = *least;
    repeat.most = least;
    if (Take(',')) repeat.most = Number();
    return Take('}');
  }
  std::optional<uint32_t> Number() {
    std::optional<uint32_t> number;
    for (; at_ < text_.size() && std::isdigit(static_cast<uint8_t>(text_[at_])) != 0; ++at_) {
      number = number.value_or(0) * 10 + static_cast<uint32_t>(text_[at_] - '0');
      if (*number > kRepeatMax) return std::nullopt;
    }
    return number;
  }

  Tree Atom(int depth) {
    if (Take('(')) {
      if (Take('?') && !Take(':')) is_strange_ = true;
      Tree tree = Choice(depth + 1);
      if (!Take(')')) is_strange_ = true;
      return tree;
    }
    Tree tree{.kind = Tree::Kind::kBytes};
    if (Take('[')) {
      tree.bytes = Class();
    } else if (Take('.')) {
      tree.bytes.set();
      if (!dot_is_all_) tree.bytes.reset('\n');
    } else if (Take('\\')) {
      tree.bytes = Escape();
    } else if (static_cast<uint8_t>(text_[at_]) >= 0x80) {
      return Character();
    } else {
      if (std::string_view("^$*+?{").find(text_[at_]) != std::string_view::npos) is_strange_ = true;
      tree.bytes.set(static_cast<uint8_t>(text_[at_++]));
    }
    FoldCase(tree.bytes);
    return tree;
  }

  // Of several bytes, in UTF-8.
  Tree Character() {
    Tree tree;
    do {
      tree.parts.push_back({.kind = Tree::Kind::kBytes});
      tree.parts.back().bytes.set(static_cast<uint8_t>(text_[at_++]));
    } while (at_ < text_.size() && (static_cast<uint8_t>(text_[at_]) & 0xc0) == 0x80);
    return tree;
  }

  // Behind a backslash.
  Bytes Escape() {
    Bytes bytes;
    if (at_ >= text_.size()) {
      is_strange_ = true;
      return bytes;
    }
    const auto c = static_cast<uint8_t>(text_[at_++]);
    const auto add = [&](int first, int last) {
      for (int i = first; i <= last; ++i) bytes.set(static_cast<size_t>(i));
    };
    if (c < 0x80 && std::isalnum(c) == 0) {
      bytes.set(c);
      return bytes;
    }
    const int kind = std::tolower(c);
    if (kind == 'd' || kind == 'w') add('0', '9');
    if (kind == 'w') add('a', 'z'), add('A', 'Z'), add('_', '_');
    if (kind == 's') add('\t', '\n'), add('\f', '\r'), add(' ', ' ');
    if (bytes.none()) is_strange_ = true;
    return c == kind ? bytes : ~bytes;
  }

  // Behind its bracket.
  Bytes Class() {
    Bytes bytes;
    const bool is_inverted = Take('^');
    bool is_first = true;
    while (goes_on() && (is_first || !IsAt(']'))) {
      is_first = false;
      if (IsAt('[') && text_.substr(at_).starts_with("[:")) is_strange_ = true;
      Bytes one;
      uint8_t low = 0;
      if (Take('\\')) {
        one = Escape();
        for (size_t i = 0; i < one.size() && one.count() == 1; ++i) {
          if (one[i]) low = static_cast<uint8_t>(i);
        }
      } else {
        low = static_cast<uint8_t>(text_[at_++]);
        one.set(low);
      }
      const bool is_range = one.count() == 1 && IsAt('-') && !text_.substr(at_).starts_with("-]");
      if (is_range) {
        ++at_;
        const bool is_escaped = Take('\\');
        if (at_ >= text_.size()) break;
        const auto high = static_cast<uint8_t>(text_[at_++]);
        if (high < low || (is_escaped && std::isalnum(high) != 0)) is_strange_ = true;
        for (size_t i = low; i <= high; ++i) one.set(i);
      }
      bytes |= one;
    }
    if (!Take(']')) is_strange_ = true;
    FoldCase(bytes);
    // Characters of several bytes.
    for (size_t i = 0x80; i < bytes.size(); ++i) {
      if (bytes[i]) is_strange_ = true;
    }
    return is_inverted ? ~bytes : bytes;
  }

  void FoldCase(Bytes& bytes) const {
    if (!ignores_case_) return;
    for (size_t i = 'a'; i <= 'z'; ++i) {
      const size_t upper = i - 'a' + 'A';
      bytes[i] = bytes[upper] = bytes[i] || bytes[upper];
    }
  }

  std::string_view text_;
  size_t at_ = 0;
  bool ignores_case_ = false;
  bool dot_is_all_ = false;
  bool is_strange_ = false;
};

// Instructions are made from the end to the beginning: each knows what follows it.
class Program {
 public:
  using Place = uint16_t;
  struct Instruction {
    bool is_split = false;  // else it takes a byte
    Bytes bytes;
    Place next = 0;
    Place other = 0;  // of a split
  };
  static constexpr Place kMatch = 0;

  // False when it would be too long.
  bool Compile(const Tree& tree) {
    all_ = {{}};  // the match
    begin_ = Add(tree, kMatch);
    return !is_too_long_;
  }

  const std::vector<Instruction>& all() const { return all_; }
  Place begin() const { return begin_; }

 private:
  Place Make(Instruction instruction) {
    if (all_.size() >= kInstructionsMax) {
      is_too_long_ = true;
      return kMatch;
    }
    all_.push_back(std::move(instruction));
    return static_cast<Place>(all_.size() - 1);
  }

  Place Add(const Tree& tree, Place next) {
    // What is empty makes no instruction, however often it is repeated.
    if (++added_ > kAddedMax) is_too_long_ = true;
    if (is_too_long_) return next;
    switch (tree.kind) {
      case Tree::Kind::kBytes: return Make({false, tree.bytes, next, 0});
      case Tree::Kind::kSequence:
        for (auto part = tree.parts.rbegin(); part != tree.parts.rend(); ++part)
          next = Add(*part, next);
        return next;
      case Tree::Kind::kChoice: {
        Place choice = Add(tree.parts.back(), next);
        for (size_t i = tree.parts.size() - 1; i-- > 0;)
          choice = Make({true, {}, Add(tree.parts[i], next), choice});
        return choice;
      }
      case Tree::Kind::kRepeat: return AddRepeat(tree, next);
    }
    return next;
  }

  Place AddRepeat(const Tree& tree, Place next) {
    const Tree& part = tree.parts[0];
    const Place end = next;
    if (!tree.most) {
      const Place loop = Make({true, {}, 0, end});
      if (is_too_long_) return next;
      const Place inside = Add(part, loop);
      all_[loop].next = inside;
      next = loop;
    } else {
      for (uint32_t i = tree.least; i < *tree.most && !is_too_long_; ++i)
        next = Make({true, {}, Add(part, next), end});
    }
    for (uint32_t i = 0; i < tree.least && !is_too_long_; ++i) next = Add(part, next);
    return next;
  }

  std::vector<Instruction> all_;
  Place begin_ = 0;
  size_t added_ = 0;
  bool is_too_long_ = false;
};

class Counter {
 public:
  explicit Counter(const Program& program) : all_(program.all()) {
    std::map<std::vector<bool>, uint8_t> kinds;  // bytes that all instructions treat alike
    for (size_t byte = 0; byte < 256; ++byte) {
      std::vector<bool> taken;
      for (const auto& one : all_) taken.push_back(one.bytes[byte]);
      if (kinds.emplace(std::move(taken), static_cast<uint8_t>(byte)).second)
        kinds_.push_back(static_cast<uint8_t>(byte));
    }
    is_in_.resize(all_.size());
    Enter(program.begin());
    Finish();
  }

  std::optional<RegexStates> Count() {
    RegexStates states;
    const size_t each = StatesOfEach();
    for (size_t i = 0; i < found_.size(); ++i) {
      const Set from = *found_[i];
      states.count += each;
      states.bytes +=
          each * (sizeof(Set) + 64 + kinds_.size() * sizeof(void*) + from.size() * sizeof(int));
      for (uint8_t byte : kinds_) {
        for (Program::Place place : from) {
          if (all_[place].bytes[byte]) Enter(all_[place].next);
        }
        work_ += from.size();
        Finish();
        if (found_.size() * each > RegexStates::kCountMax ||
            states.bytes > RegexStates::kBytesMax || work_ > kWorkMax) {
          return std::nullopt;
        }
      }
    }
    return states;
  }

 private:
  // Where any character is taken, RE2 has a state for each way to be inside of one of several bytes.
  size_t StatesOfEach() const {
    constexpr size_t kInsideOfCharacter = 7;
    const bool takes_any = std::ranges::any_of(
        all_, [](const auto& one) { return one.bytes[0xc3] && one.bytes[0xe4]; });
    return takes_any ? kInsideOfCharacter : 1;
  }

  using Set = std::vector<Program::Place>;

  // With what follows without taking a byte.
  void Enter(Program::Place first) {
    std::vector<Program::Place> left = {first};
    while (!left.empty()) {
      const Program::Place place = left.back();
      left.pop_back();
      ++work_;
      if (is_in_[place]) continue;
      is_in_[place] = true;
      entered_.push_back(place);
      if (!all_[place].is_split) continue;
      left.push_back(all_[place].next);
      left.push_back(all_[place].other);
    }
  }

  void Finish() {
    Set state;
    for (Program::Place place : entered_) {
      is_in_[place] = false;
      if (!all_[place].is_split) state.push_back(place);
    }
    entered_.clear();
    std::ranges::sort(state);
    const auto [it, is_new] = states_.emplace(std::move(state), true);
    if (is_new) found_.push_back(&it->first);
  }

  const std::vector<Program::Instruction>& all_;
  std::vector<uint8_t> kinds_;  // one byte of each
  std::map<Set, bool> states_;
  std::vector<const Set*> found_;  // in the order in which they were
  std::vector<bool> is_in_;
  std::vector<Program::Place> entered_;
  uint64_t work_ = 0;
};

}  // namespace

std::optional<RegexStates> CountRegexStates(std::string_view pattern) {
  std::optional<Tree> tree = Reader(pattern).Read();
  Program program;
  if (!tree || !program.Compile(*tree)) return std::nullopt;
  return Counter(program).Count();
}

}  // namespace forewarn
