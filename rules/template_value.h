#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "model/labels.h"
#include "rules/promql/promql.h"

namespace forewarn {
class TemplateQueries;
}

namespace forewarn::templates {

// What the terms of a template are worth, and how Go's text/template prints and judges it.

// Types are known when a template is compiled, but for what a variable, a definition's `.` or an
// argument of `args` holds: that is kAny, and is looked at when the template is expanded.
enum class Type {
  kNumber,
  kInteger,
  kText,
  kBool,
  kLabels,
  kSample,
  kSamples,
  kArguments,
  kTime,
  kAlert,
  kNothing,
  kAny
};

// What an expansion works with: `.` where a template begins.
struct Facts {
  const Labels& labels;
  double value;
  TemplateQueries* queries = nullptr;  // null: a query fails
};

struct Arguments;

// A sample of a query's result, and the result.
using SampleRef = std::shared_ptr<const promql::VectorSample>;
using Samples = std::shared_ptr<const std::vector<SampleRef>>;

// What a missing argument is, and what `template` without a value passes on.
struct Nothing {
  friend auto operator<=>(Nothing, Nothing) = default;
};

// The alternatives stand in the order of Type. Labels are of the facts or of a sample that the
// expansion keeps.
using Value = std::variant<double, int64_t, std::string, bool, const Labels*, SampleRef, Samples,
                           std::shared_ptr<const Arguments>, Timestamp, const Facts*, Nothing>;

// What `args` makes: arg0, arg1, … Of arguments that hold arguments there are kMaxArgumentsDepth levels
// at most.
struct Arguments {
  std::map<std::string, Value, std::less<>> values;
  int depth = 1;
};
inline constexpr int kMaxArgumentsDepth = 20;

inline Type TypeOf(const Value& value) { return static_cast<Type>(value.index()); }

// As a message names it: `a number`.
std::string_view NameOf(Type type);

// As Go prints a value; but samples by what they are, and not by where they lie. Of values that are
// longer than kMaxText the beginning, which is longer too.
std::string Print(const Value& value);

// What `if`, `with`, `and`, `or` and `not` take for true: all but 0, "", false and what is empty.
bool IsTrue(const Value& value);

// In quotes, with escapes: printf's %q.
std::string Quote(std::string_view text);

// The longest template, and the longest text that one may expand to.
inline constexpr size_t kMaxText = 64 * 1024;

// What a Prometheus adds to all that leaves it; here nothing is added.
const Labels& NoExternalLabels();

// ASCII alone, as the rest of a text passes unchanged.
constexpr char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
constexpr char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr bool IsWordCharacter(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (Lower(c) >= 'a' && Lower(c) <= 'z');
}

}  // namespace forewarn::templates
