#include "store/kept_days.h"

#include <algorithm>

#include "store/commit_check.h"

namespace forewarn {
namespace {

template <typename T>
FirstDays DaysOf(const T& until) {
  return {StoredDayOf(until.chunks_before), StoredDayOf(until.rollups_before),
          StoredDayOf(until.history_before)};
}

}  // namespace

std::vector<KeptDays> KeptDays::Of(const Store::Retention& retention) {
  std::vector<KeptDays> partitions(kPartitions + 1, KeptDays(DaysOf(retention)));
  for (const auto& [customer, until] : retention.own) {
    partitions[PartitionOf(customer)].Add(customer, DaysOf(until));
  }
  return partitions;
}

FirstDays KeptDays::OfAll(const Store::Retention& retention) {
  FirstDays all = DaysOf(retention);
  for (const auto& [customer, until] : retention.own) {
    const FirstDays own = DaysOf(until);
    for (size_t kind = 0; kind < all.size(); ++kind) all[kind] = std::min(all[kind], own[kind]);
  }
  return all;
}

void KeptDays::Add(std::string_view customer, const FirstDays& first) {
  by_customer_.emplace(customer, owners_.size());
  owners_.push_back({std::string(customer), first});
}

size_t KeptDays::Find(std::string_view customer) const {
  auto found = by_customer_.find(customer);
  return found == by_customer_.end() ? 0 : found->second;
}

int64_t KeptDays::Latest(Kept kind) const {
  int64_t latest = owners_.front().FirstOf(kind);
  for (const Owner& owner : owners_) latest = std::max(latest, owner.FirstOf(kind));
  return latest;
}

// A customer that has no times of its own any more is one of the others, and was looked at less far,
// or farther; one that has new ones was one of the others.
std::set<DaysLookedAt::Range> DaysLookedAt::Due(const KeptDays& kept, Kept kind,
                                                int64_t from) const {
  std::set<Range> due;
  auto add = [&](int64_t looked_at, int64_t first) {
    looked_at = std::max(looked_at, from);
    if (looked_at < first) due.emplace(looked_at, first);
  };
  if (!others_) {
    add(from, kept.Latest(kind));
    return due;
  }
  for (const KeptDays::Owner& owner : kept.owners()) {
    auto own = own_.find(owner.customer);
    add(own == own_.end() ? *others_ : own->second, owner.FirstOf(kind));
  }
  for (const auto& [customer, looked_at] : own_) {
    if (kept.Find(customer) == 0) add(looked_at, kept.owners().front().FirstOf(kind));
  }
  return due;
}

void DaysLookedAt::Done(const KeptDays& kept, Kept kind) {
  own_.clear();
  for (const KeptDays::Owner& owner : kept.owners()) {
    if (!owner.customer.empty()) own_.emplace(owner.customer, owner.FirstOf(kind));
  }
  others_ = kept.owners().front().FirstOf(kind);
}

}  // namespace forewarn
