#include "store/derived_counts.h"

namespace forewarn {
namespace {

uint64_t In(const std::map<std::string, uint64_t, std::less<>>& counts, std::string_view key) {
  auto found = counts.find(key);
  return found == counts.end() ? 0 : found->second;
}

}  // namespace

uint64_t DerivedCounts::OfProbe(std::string_view probe) const { return In(of_probe_, probe); }

uint64_t DerivedCounts::OfCustomer(std::string_view customer) const {
  return In(of_customer_, customer);
}

void DerivedCounts::Add(const Labels& labels) {
  const Key key(labels.Get("customer"), labels.Get("probe"));
  ++counts_[key];
  ++of_customer_[key.first];
  if (!key.second.empty()) ++of_probe_[key.second];
  dirty_.insert(key);
}

void DerivedCounts::Restore(const Record& record) {
  counts_[{record.customer, record.probe}] += record.series;
  of_customer_[record.customer] += record.series;
  if (!record.probe.empty()) of_probe_[record.probe] += record.series;
}

std::vector<DerivedCounts::Record> DerivedCounts::TakeChanges() {
  std::vector<Record> changes;
  for (const Key& key : dirty_) changes.push_back({key.first, key.second, counts_.at(key)});
  dirty_.clear();
  return changes;
}

}  // namespace forewarn
