#include "base/fingerprint.h"

#include <fmt/format.h>
#include <xxhash.h>

namespace forewarn {

Fingerprint Fingerprint::Of(std::string_view bytes) {
  return Fingerprint(XXH3_64bits(bytes.data(), bytes.size()));
}

Fingerprint Fingerprint::Add(std::string_view part) const {
  return Fingerprint(XXH3_64bits_withSeed(part.data(), part.size(), value_));
}

std::string Fingerprint::ToString() const { return fmt::format("{:016x}", value_); }

}  // namespace forewarn
