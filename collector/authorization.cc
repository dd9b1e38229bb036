#include "collector/authorization.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstddef>

namespace forewarn {
namespace {

constexpr std::string_view kBearer = "bearer ";
constexpr std::string_view kBasic = "basic ";
// Longer than any name with a token.
constexpr size_t kBasicMax = 4096;

bool HasScheme(std::string_view authorization, std::string_view scheme) {
  return authorization.size() > scheme.size() &&
         std::ranges::equal(authorization.substr(0, scheme.size()), scheme,
                            [](char a, char b) { return (a | 0x20) == b || a == b; });
}

// Empty when it is not base64 with its padding.
std::string DecodeBase64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0 || text.size() > kBasicMax) return "";
  const size_t padding = text.size() - (text.find_last_not_of('=') + 1);
  if (padding > 2 || text.find('=') < text.size() - padding ||
      text.find_first_of(" \t\r\n") != std::string_view::npos) {
    return "";
  }
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return "";
  bytes.resize(static_cast<size_t>(size) - padding);
  return bytes;
}

}  // namespace

std::string SecretOf(std::string_view authorization) {
  if (HasScheme(authorization, kBearer)) return std::string(authorization.substr(kBearer.size()));
  if (!HasScheme(authorization, kBasic)) return "";
  const std::string pair = DecodeBase64(authorization.substr(kBasic.size()));
  const size_t colon = pair.find(':');
  return colon == std::string::npos ? "" : pair.substr(colon + 1);
}

}  // namespace forewarn
