#include "rules/template_function.h"

#include <algorithm>
#include <string>

#include "rules/promql/position.h"

namespace forewarn::templates {

const std::vector<Signature>& Signatures() {
  using F = Function;
  using T = Type;
  static const std::vector<Signature> signatures = {
      {"and", F::kAnd, 1, kAnyNumber, {T::kAny}, T::kAny},
      {"args", F::kArgs, 0, kAnyNumber, {T::kAny}, T::kArguments},
      {"eq", F::kEq, 2, kAnyNumber, {T::kAny}, T::kBool},
      {"externalURL", F::kExternalUrl, 0, 0, {T::kAny}, T::kText},
      {"first", F::kFirst, 1, 1, {T::kSamples}, T::kSample},
      {"ge", F::kGe, 2, 2, {T::kAny}, T::kBool},
      {"graphLink", F::kGraphLink, 1, 1, {T::kText}, T::kText},
      {"gt", F::kGt, 2, 2, {T::kAny}, T::kBool},
      {"html", F::kHtml, 1, kAnyNumber, {T::kAny}, T::kText},
      {"humanize", F::kHumanize, 1, 1, {T::kAny}, T::kText},
      {"humanize1024", F::kHumanize1024, 1, 1, {T::kAny}, T::kText},
      {"humanizeDuration", F::kHumanizeDuration, 1, 1, {T::kAny}, T::kText},
      {"humanizePercentage", F::kHumanizePercentage, 1, 1, {T::kAny}, T::kText},
      {"humanizeTimestamp", F::kHumanizeTimestamp, 1, 1, {T::kAny}, T::kText},
      {"index", F::kIndex, 1, kAnyNumber, {T::kAny}, T::kAny},
      {"js", F::kJs, 1, kAnyNumber, {T::kAny}, T::kText},
      {"label", F::kLabel, 2, 2, {T::kText, T::kSample}, T::kText},
      {"le", F::kLe, 2, 2, {T::kAny}, T::kBool},
      {"len", F::kLen, 1, 1, {T::kAny}, T::kInteger},
      {"lt", F::kLt, 2, 2, {T::kAny}, T::kBool},
      {"match", F::kMatch, 2, 2, {T::kText}, T::kBool},
      {"ne", F::kNe, 2, 2, {T::kAny}, T::kBool},
      {"not", F::kNot, 1, 1, {T::kAny}, T::kBool},
      {"or", F::kOr, 1, kAnyNumber, {T::kAny}, T::kAny},
      {"parseDuration", F::kParseDuration, 1, 1, {T::kText}, T::kNumber},
      {"pathPrefix", F::kPathPrefix, 0, 0, {T::kAny}, T::kText},
      {"print", F::kPrint, 0, kAnyNumber, {T::kAny}, T::kText},
      {"printf", F::kPrintf, 1, kAnyNumber, {T::kText, T::kAny}, T::kText},
      {"println", F::kPrintln, 0, kAnyNumber, {T::kAny}, T::kText},
      {"query", F::kQuery, 1, 1, {T::kText}, T::kSamples},
      {"reReplaceAll", F::kReReplaceAll, 3, 3, {T::kText}, T::kText},
      {"safeHtml", F::kSafeHtml, 1, 1, {T::kText}, T::kText},
      {"slice", F::kSlice, 1, 3, {T::kAny, T::kInteger}, T::kAny},
      {"sortByLabel", F::kSortByLabel, 2, 2, {T::kText, T::kSamples}, T::kSamples},
      {"stripDomain", F::kStripDomain, 1, 1, {T::kText}, T::kText},
      {"stripPort", F::kStripPort, 1, 1, {T::kText}, T::kText},
      {"strvalue", F::kStrvalue, 1, 1, {T::kSample}, T::kText},
      {"tableLink", F::kTableLink, 1, 1, {T::kText}, T::kText},
      {"title", F::kTitle, 1, 1, {T::kText}, T::kText},
      {"toLower", F::kToLower, 1, 1, {T::kText}, T::kText},
      {"toTime", F::kToTime, 1, 1, {T::kAny}, T::kTime},
      {"toUpper", F::kToUpper, 1, 1, {T::kText}, T::kText},
      {"urlquery", F::kUrlquery, 1, kAnyNumber, {T::kAny}, T::kText},
      {"value", F::kValue, 1, 1, {T::kSample}, T::kNumber},
  };
  return signatures;
}

const Signature& SignatureOf(Function function) {
  return Signatures()[static_cast<size_t>(function)];
}

const Signature* FindSignature(std::string_view name) {
  const auto found = std::ranges::find(Signatures(), name, &Signature::name);
  return found == Signatures().end() ? nullptr : &*found;
}

std::string SuggestFunction(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Signature& signature : Signatures()) names.push_back(signature.name);
  return promql::Suggest(name, names);
}

}  // namespace forewarn::templates
