// Matchers of routes and silences: text is refused, or read as a matcher that is written and read
// back the same.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "model/matcher.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace forewarn;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (size > 4096) return 0;
  StatusOr<Matcher> matcher = ParseMatcher(text);
  if (!matcher.ok()) return 0;
  matcher->Matches(text);
  StatusOr<Matcher> again = ParseMatcher(matcher->ToString());
  FW_CHECK(again.ok());
  FW_CHECK(again->kind() == matcher->kind() && again->name() == matcher->name() &&
           again->value() == matcher->value());
  return 0;
}
