#include "probe/name_filter.h"

#include <fmt/format.h>
#include <re2/re2.h>

namespace forewarn {
namespace {

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

StatusOr<std::shared_ptr<const re2::RE2>> Compile(const std::string& expression) {
  if (expression.empty()) return std::shared_ptr<const re2::RE2>();
  auto compiled = std::make_shared<const re2::RE2>(expression, re2::RE2::Quiet);
  if (!compiled->ok()) {
    return InvalidArgument(
        fmt::format("the regular expression '{}': {}", expression, compiled->error()));
  }
  return std::shared_ptr<const re2::RE2>(compiled);
}

}  // namespace

StatusOr<NameFilter> NameFilter::Make(const std::string& include, const std::string& exclude) {
  NameFilter filter;
  FW_ASSIGN_OR_RETURN(filter.include_, Compile(include));
  FW_ASSIGN_OR_RETURN(filter.exclude_, Compile(exclude));
  return filter;
}

bool NameFilter::Admits(std::string_view name) const {
  if (include_ && !re2::RE2::FullMatch(Piece(name), *include_)) return false;
  return !exclude_ || !re2::RE2::FullMatch(Piece(name), *exclude_);
}

}  // namespace forewarn
