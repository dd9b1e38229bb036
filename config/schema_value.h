#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "config/mistake.h"
#include "config/schema_yaml.h"

namespace forewarn {

// How a value is read from YAML, written back and described. Messages of `parse` continue a
// sentence that begins with the key's name: `must be from 1 to 65536, not '0'`.
template <typename V>
struct ValueKind {
  std::string type;  // for the manual: `integer, 1 to 65536`
  std::function<StatusOr<V>(const YamlNode&)> parse;
  std::function<std::string(const V&)> print;  // YAML; empty: not set
};

// Whole numbers without leading zeros, since YAML readers disagree about what 0123 is.
ValueKind<int64_t> IntegerKind(int64_t min, int64_t max);
// `true` or `false`; nothing that merely sounds like them.
ValueKind<bool> FlagKind();
// With units (base/units.h); bare numbers are refused.
ValueKind<Duration> DurationKind(Duration min, Duration max);
ValueKind<int64_t> SizeKind(int64_t min, int64_t max);

// Text of one line, not empty; of at most 4 KiB.
ValueKind<std::string> TextKind();
// Text that passes `check`, whose message continues `must be …`.
ValueKind<std::string> TextKind(std::string type, std::function<bool(std::string_view)> check);
ValueKind<std::string> PathKind();  // absolute
ValueKind<std::string> ChoiceKind(std::vector<std::string> choices);
ValueKind<std::string> HostPortKind(bool zero_port_allowed);  // `host:port`, `[::1]:port`
ValueKind<std::string> HostKind();                            // a DNS name or an IP address
ValueKind<std::string> SlugKind();
ValueKind<std::string> RegexKind();
ValueKind<std::string> UrlKind();       // http or https, with a host, without credentials
ValueKind<std::string> EmailKind();     // `local@domain`; one address, without a display name
ValueKind<std::string> TimezoneKind();  // one that this machine's zoneinfo has, or UTC

template <typename E>
ValueKind<E> EnumerationKind(std::vector<std::pair<std::string, E>> choices) {
  std::vector<std::string> names;
  for (const auto& choice : choices) names.push_back(choice.first);
  ValueKind<std::string> text = ChoiceKind(std::move(names));
  ValueKind<E> kind;
  kind.type = text.type;
  kind.parse = [choices, text](const YamlNode& node) -> StatusOr<E> {
    FW_ASSIGN_OR_RETURN(std::string name, text.parse(node));
    for (const auto& choice : choices) {
      if (choice.first == name) return choice.second;
    }
    return Internal("has a choice without a value");
  };
  kind.print = [choices](const E& value) {
    for (const auto& choice : choices) {
      if (choice.second == value) return choice.first;
    }
    return std::string();
  };
  return kind;
}

// Text as YAML: as it is where that is read back as itself, else in single quotes.
std::string YamlText(const std::string& text);

// The mistakes of one file; a loan of a list that outlives it.
class FileMistakes {
 public:
  FileMistakes(std::string path, std::vector<Mistake>& mistakes)
      : path_(std::move(path)), mistakes_(mistakes) {}

  void Add(const YamlNode& at, std::string text) { Add(at.line, at.column, std::move(text)); }
  void Add(int line, int column, std::string text) {
    mistakes_.push_back({path_, line, column, std::move(text)});
  }
  size_t count() const { return mistakes_.size(); }

 private:
  const std::string path_;
  std::vector<Mistake>& mistakes_;
};

// Parts of Schema that do not depend on its type. A null value, a non-list and a list above `max`
// are mistakes, and then the answer is false.
bool CheckHasValue(const YamlMember& member, FileMistakes& mistakes);
bool CheckList(const std::string& name, const YamlNode& node, size_t max, FileMistakes& mistakes);
void AddUnknownKey(const YamlMember& member, const std::vector<std::string>& known,
                   FileMistakes& mistakes);

}  // namespace forewarn
