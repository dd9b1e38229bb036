#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace forewarn {

// A 64-bit hash that is stored and compared across machines and versions, so it never changes:
// XXH3-64 with seed 0 (xxhash's stable format). Not for secrets. Order matters, and so do the
// borders between parts: Add("ab").Add("c") differs from Add("a").Add("bc").
class Fingerprint {
 public:
  constexpr Fingerprint() = default;
  constexpr explicit Fingerprint(uint64_t value) : value_(value) {}

  static Fingerprint Of(std::string_view bytes);
  // This fingerprint with one more part mixed in.
  Fingerprint Add(std::string_view part) const;

  constexpr uint64_t value() const { return value_; }
  // 16 lower-case hex digits.
  std::string ToString() const;

  friend constexpr auto operator<=>(Fingerprint, Fingerprint) = default;

 private:
  uint64_t value_ = 0;
};

}  // namespace forewarn
