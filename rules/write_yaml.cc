#include "rules/write_yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace forewarn {
namespace {

constexpr size_t kStep = 2;
// Characters of more than a byte that YAML takes for the end of a line, or for nothing.
constexpr std::string_view kOtherBreaks[] = {"\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9",
                                             "\xef\xbb\xbf"};

bool IsWordCharacter(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool HasOtherBreak(std::string_view text) {
  return std::ranges::any_of(kOtherBreaks, [&](std::string_view other) {
    return text.find(other) != std::string_view::npos;
  });
}

// Whether the text needs no quotes: a word or a number.
bool IsPlain(std::string_view text) {
  if (text.empty() || !IsWordCharacter(text.front()) || text.back() == ':') return false;
  if (text == "null" || text == "Null" || text == "NULL") return false;
  return std::ranges::all_of(text, [](char c) {
    return IsWordCharacter(c) || c == '.' || c == '/' || c == '-' || c == ':';
  });
}

// Whether it can be written with `|`.
bool IsBlock(std::string_view text) {
  if (text.find('\n') == std::string_view::npos || HasOtherBreak(text)) return false;
  if (text.front() == ' ' || text.front() == '\n' || text.ends_with("\n\n")) return false;
  return std::ranges::none_of(text, [](char c) { return IsControl(c) && c != '\n'; });
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    auto other = std::ranges::find_if(
        kOtherBreaks, [&](std::string_view some) { return text.starts_with(some); });
    if (other != std::end(kOtherBreaks)) {
      constexpr std::string_view kEscapes[] = {"\\u0085", "\\u2028", "\\u2029", "\\ufeff"};
      out += kEscapes[other - std::begin(kOtherBreaks)];
      text.remove_prefix(other->size());
      continue;
    }
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (IsControl(c)) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

// Appends the value behind `key:` or `-`, to the end of its last line. `indent`: of what is inside.
void Append(const RuleYaml& value, size_t indent, bool is_item, std::string& out);

void AppendScalar(const std::string& text, size_t indent, std::string& out) {
  if (!IsBlock(text)) {
    out += ' ';
    out += IsPlain(text) ? text : Quoted(text);
    out += '\n';
    return;
  }
  out += text.ends_with('\n') ? " |\n" : " |-\n";
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    if (end > 0) out.append(indent, ' ');
    out += rest.substr(0, end);
    out += '\n';
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

void AppendPairs(const RuleYaml& map, size_t indent, bool is_item, std::string& out) {
  bool is_first = true;
  for (const auto& [key, value] : map.pairs) {
    if (is_first && is_item) {
      out += ' ';
    } else {
      out.append(indent, ' ');
    }
    is_first = false;
    const bool is_merge = key.text == "<<" && value.is_map();
    out += is_merge || IsPlain(key.text) ? key.text : Quoted(key.text);
    out += ':';
    Append(value, indent, false, out);
  }
}

void Append(const RuleYaml& value, size_t indent, bool is_item, std::string& out) {
  switch (value.kind) {
    case RuleYaml::Kind::kNull: out += '\n'; return;
    case RuleYaml::Kind::kScalar: AppendScalar(value.text, indent + kStep, out); return;
    case RuleYaml::Kind::kMap:
      if (value.pairs.empty()) {
        out += " {}\n";
        return;
      }
      if (!is_item) out += '\n';
      AppendPairs(value, indent + kStep, is_item, out);
      return;
    case RuleYaml::Kind::kList:
      if (value.items.empty()) {
        out += " []\n";
        return;
      }
      out += '\n';
      for (const RuleYaml& item : value.items) {
        // A list in a list stands deeper, or it would be taken for the outer one.
        const size_t at = is_item ? indent + kStep : indent;
        out.append(at, ' ');
        out += '-';
        Append(item, at, true, out);
      }
      return;
  }
}

}  // namespace

std::string WriteYaml(const RuleYaml& root) {
  std::string out;
  if (root.is_map() && !root.pairs.empty()) {
    AppendPairs(root, 0, false, out);
  } else {
    Append(root, 0, false, out);
    out.erase(0, std::min(out.find_first_not_of(" \n"), out.size()));
  }
  return out;
}

}  // namespace forewarn
