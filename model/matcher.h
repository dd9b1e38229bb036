#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/alternatives.h"
#include "model/labels.h"

namespace re2 {
class RE2;
}

namespace forewarn {

// One condition on a label: `name = "v"`, `!=`, `=~` or `!~`. Regular expressions are RE2, anchored
// at both ends, as in Prometheus; they run in time linear in the input. Immutable and thread-safe,
// cheap to copy.
class Matcher {
 public:
  enum class Kind { kEqual, kNotEqual, kRegex, kNotRegex };

  // Fails where CompileRegex does.
  static StatusOr<Matcher> Make(Kind kind, std::string name, std::string value);
  static Matcher Equal(std::string name, std::string value);

  // A missing label counts as the empty value.
  bool Matches(std::string_view value) const;

  Kind kind() const { return kind_; }
  const std::string& name() const { return name_; }
  const std::string& value() const { return value_; }
  // What its regular expression takes for each byte of a value, at worst: the steps that it compiles to, or fewer for a
  // list of texts; 0 for one that names its values, and for the other kinds.
  size_t steps() const;
  // Whether its regular expression is one for RE2, and no list of texts.
  bool is_compiled() const { return regex_ != nullptr; }
  // The values that its regular expression matches, when it names them: `a|b\.c`. Ascending; a loan.
  std::optional<std::span<const std::string>> Values() const;
  // What a value begins with for which the matcher holds, one of these: the value itself, the texts of `a.*` and `b|c`.
  // One of them is empty when that is not known. In no order.
  std::vector<std::string> Prefixes() const;
  // `name=~"value"`.
  std::string ToString() const;

 private:
  Matcher(Kind kind, std::string name, std::string value)
      : kind_(kind), name_(std::move(name)), value_(std::move(value)) {}

  bool MatchesRegex(std::string_view value) const;

  Kind kind_;
  std::string name_;
  std::string value_;
  // For the two regex kinds, one of them.
  std::shared_ptr<const Alternatives> alternatives_;
  std::shared_ptr<const re2::RE2> regex_;
};

using Matchers = std::vector<Matcher>;

// Reads `instance=~"web.*"` as PromQL does: blanks around the parts are fine; the value stands
// between double or single quotes with Go's escapes (\\ \" \' \n \t \x41 \u00e9 …) or between
// backticks without any. Anything else is refused with the column: `column 9: expected a quoted
// value`.
StatusOr<Matcher> ParseMatcher(std::string_view text);

// The one metric whose series may match, by equality of `__name__`; empty when there may be several. A loan.
std::string_view MetricOf(const Matchers& matchers);

// Whether every matcher holds.
bool MatchesAll(const Matchers& matchers, const Labels& labels);

}  // namespace forewarn
