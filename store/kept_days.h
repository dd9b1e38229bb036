#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/ids.h"
#include "store/store.h"

namespace forewarn {

// What is kept by days, each for a time of its own.
enum class Kept : uint8_t { kChunks, kRollups, kHistory };
inline constexpr std::array kAllKept = {Kept::kChunks, Kept::kRollups, Kept::kHistory};
// For each kind a day's number since 1970: the first that is kept.
using FirstDays = std::array<int64_t, kAllKept.size()>;

// KeptDays says of one partition from which day on what is kept of whom, and counts what went.
class KeptDays {
 public:
  struct Owner {
    std::string customer;  // empty: all that have no times of their own
    FirstDays first{};
    Store::Retention::Dropped dropped{};
    int64_t FirstOf(Kept kind) const { return first[static_cast<size_t>(kind)]; }
  };

  explicit KeptDays(const FirstDays& others) { owners_.push_back({"", others}); }
  // By partition, kPartitions + 1 of them.
  static std::vector<KeptDays> Of(const Store::Retention& retention);
  // Before which days nothing is kept of anybody.
  static FirstDays OfAll(const Store::Retention& retention);

  void Add(std::string_view customer, const FirstDays& first);
  // Which of owners() a customer is; 0 when it has no times of its own.
  size_t Find(std::string_view customer) const;
  const std::vector<Owner>& owners() const { return owners_; }
  Owner& owner(size_t i) { return owners_[i]; }
  // The latest first day of any: later ones are kept by all.
  int64_t Latest(Kept kind) const;

 private:
  std::vector<Owner> owners_;
  std::map<std::string, size_t, std::less<>> by_customer_;
};

// DaysLookedAt remembers of one partition and kind up to which day each customer's share was dropped,
// so that nobody looks again where nothing can be. It begins without memory: then every day is to be
// looked at.
class DaysLookedAt {
 public:
  using Range = std::pair<int64_t, int64_t>;  // the first, and the one behind the last
  // The days of which something may be over, from `from` on.
  std::set<Range> Due(const KeptDays& kept, Kept kind, int64_t from) const;
  // All that was due has been dropped. What came late for a day that is kept now was passed over, so such
  // a day is due again when it is over again.
  void Done(const KeptDays& kept, Kept kind);

 private:
  std::optional<int64_t> others_;
  std::map<std::string, int64_t, std::less<>> own_;
};

}  // namespace forewarn
