#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/template_value.h"

namespace forewarn::templates {

enum class Function {
  kAnd,
  kArgs,
  kEq,
  kExternalUrl,
  kFirst,
  kGe,
  kGraphLink,
  kGt,
  kHtml,
  kHumanize,
  kHumanize1024,
  kHumanizeDuration,
  kHumanizePercentage,
  kHumanizeTimestamp,
  kIndex,
  kJs,
  kLabel,
  kLe,
  kLen,
  kLt,
  kMatch,
  kNe,
  kNot,
  kOr,
  kParseDuration,
  kPathPrefix,
  kPrint,
  kPrintf,
  kPrintln,
  kQuery,
  kReReplaceAll,
  kSafeHtml,
  kSlice,
  kSortByLabel,
  kStripDomain,
  kStripPort,
  kStrvalue,
  kTableLink,
  kTitle,
  kToLower,
  kToTime,
  kToUpper,
  kUrlquery,
  kValue
};

// What a function takes and gives.
struct Signature {
  std::string_view name;
  Function function;
  size_t least;
  size_t most;
  std::vector<Type> takes;  // the last goes for all that follow
  Type gives;

  Type TakesAt(size_t i) const { return takes[i < takes.size() ? i : takes.size() - 1]; }
};

inline constexpr size_t kAnyNumber = SIZE_MAX;

// All functions, by name: those of Prometheus 2.42's alert templates and of Go's text/template, but
// `call`, for which there is nothing to call.
const std::vector<Signature>& Signatures();
const Signature& SignatureOf(Function function);
// Null when there is none.
const Signature* FindSignature(std::string_view name);
// `; did you mean 'humanize'?`, or nothing.
std::string SuggestFunction(std::string_view name);

}  // namespace forewarn::templates
