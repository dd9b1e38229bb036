#include "model/message_template.h"

#include <algorithm>

#include "base/utf8.h"

namespace forewarn {
namespace {

constexpr size_t kTemplateMax = 1024;
constexpr std::string_view kVariable = "<*>";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// What a word is made of: also numbers with units, dates, addresses, paths and URLs.
bool IsWordByte(char c) {
  return IsDigit(c) || IsLetter(c) || static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view("_./\\:@%+-~").find(c) != std::string_view::npos;
}

bool IsVariable(std::string_view word) {
  if (std::any_of(word.begin(), word.end(), IsDigit)) return true;
  if (word.find_first_of("/\\@") != std::string_view::npos && word.size() > 1) return true;
  return word.size() >= 8 && std::all_of(word.begin(), word.end(), IsHexDigit);
}

// Length of a pseudonym `<kind:0123456789ab>` at the front, or 0.
size_t PseudonymLength(std::string_view text) {
  size_t at = 1;
  while (at < text.size() &&
         (IsLetter(text[at]) || IsDigit(text[at]) || text[at] == '_' || text[at] == '-'))
    ++at;
  if (at == 1 || at >= text.size() || text[at] != ':') return 0;
  size_t from = ++at;
  while (at < text.size() && IsHexDigit(text[at])) ++at;
  return at - from >= 8 && at < text.size() && text[at] == '>' ? at + 1 : 0;
}

class Writer {
 public:
  void Variable() {
    // `<*> <*>` and `<*><*>` are one: how many words a value has is no part of the message.
    size_t end = out_.size();
    while (end > 0 && out_[end - 1] == ' ') --end;
    if (std::string_view(out_).substr(0, end).ends_with(kVariable)) {
      out_.resize(end);
      return;
    }
    out_ += kVariable;
  }
  void Text(std::string_view text) { out_ += text; }
  void Blank() {
    if (!out_.empty() && out_.back() != ' ') out_.push_back(' ');
  }
  bool full() const { return out_.size() >= kTemplateMax; }
  char last() const { return out_.empty() ? ' ' : out_.back(); }

  std::string Take() {
    while (!out_.empty() && out_.back() == ' ') out_.pop_back();
    if (out_.size() > kTemplateMax) out_.resize(kTemplateMax);
    return ValidUtf8(out_);
  }

 private:
  std::string out_;
};

}  // namespace

std::string MessageTemplate(std::string_view message) {
  Writer out;
  size_t at = 0;
  while (at < message.size() && !out.full()) {
    char c = message[at];
    if (IsBlank(c)) {
      out.Blank();
      ++at;
      continue;
    }
    if (c == '<') {
      if (size_t length = PseudonymLength(message.substr(at)); length > 0) {
        out.Variable();
        at += length;
        continue;
      }
    }
    // An apostrophe inside a word opens nothing.
    bool opens = c == '"' || (c == '\'' && !IsLetter(out.last()) && out.last() != '>');
    if (opens) {
      size_t end = message.find(c, at + 1);
      if (end != std::string_view::npos) {
        out.Text(message.substr(at, 1));
        out.Variable();
        out.Text(message.substr(at, 1));
        at = end + 1;
        continue;
      }
    }
    if (!IsWordByte(c)) {
      out.Text(message.substr(at, 1));
      ++at;
      continue;
    }
    size_t end = at;
    while (end < message.size() && IsWordByte(message[end])) ++end;
    std::string_view word = message.substr(at, end - at);
    // Punctuation at the end belongs to the sentence.
    size_t core = word.find_last_not_of(".:-");
    core = core == std::string_view::npos ? 0 : core + 1;
    if (IsVariable(word.substr(0, core))) {
      out.Variable();
      out.Text(word.substr(core));
    } else {
      out.Text(word);
    }
    at = end;
  }
  return out.Take();
}

}  // namespace forewarn
