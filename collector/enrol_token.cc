#include "collector/enrol_token.h"

#include <algorithm>

#include "base/random.h"

namespace forewarn {
namespace {

constexpr std::string_view kPrefix = "fw1.";
constexpr size_t kHexDigits = 64;
constexpr size_t kTokenBytes = kPrefix.size() + kHexDigits + 1 + kHexDigits;

bool IsHex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

std::string MakeEnrolToken(std::string_view fingerprint) {
  return std::string(kPrefix) + RandomHex(kHexDigits / 2) + "." + std::string(fingerprint);
}

Status CheckEnrolToken(std::string_view token, std::string_view fingerprint) {
  if (token.size() != kTokenBytes || !token.starts_with(kPrefix) ||
      token[kPrefix.size() + kHexDigits] != '.' ||
      !IsHex(token.substr(kPrefix.size(), kHexDigits)) ||
      !IsHex(token.substr(kTokenBytes - kHexDigits))) {
    return Unauthenticated(
        "this is not an enrolment token; use the text that `forewarnctl token create` printed, as "
        "it is");
  }
  if (token.substr(kTokenBytes - kHexDigits) != fingerprint) {
    return Unauthenticated(
        "the token was made by another collector, or before this one's authority was replaced; "
        "make a new "
        "one with `forewarnctl token create`");
  }
  return OkStatus();
}

}  // namespace forewarn
