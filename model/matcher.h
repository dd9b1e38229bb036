#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
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
  // What its regular expression compiles to, which is what it costs to hold; 0 for the others.
  size_t steps() const;
  // `name=~"value"`.
  std::string ToString() const;

 private:
  Matcher(Kind kind, std::string name, std::string value)
      : kind_(kind), name_(std::move(name)), value_(std::move(value)) {}

  Kind kind_;
  std::string name_;
  std::string value_;
  std::shared_ptr<const re2::RE2> regex_;  // for the two regex kinds
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
