#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/labels.h"

namespace forewarn {

// DerivedCounts says how many of a partition's series were named by rules, and not by samples that came: of each probe, and
// of each customer. Series are never given up, so a rule whose labels change with each evaluation would name them without
// an end; and what it named must not count against those that send. Not thread-safe.
class DerivedCounts {
 public:
  // As stored: of one probe, or without one of what rules over several probes recorded.
  struct Record {
    std::string customer;
    std::string probe;
    uint64_t series = 0;

    std::string id() const { return "derived/" + customer + "/" + probe; }

    template <typename Self, typename Visitor>
    static void Fields(Self& self, Visitor&& visit) {
      visit(1, self.customer);
      visit(2, self.probe);
      visit(3, self.series);
    }
  };

  uint64_t OfProbe(std::string_view probe) const;
  uint64_t OfCustomer(std::string_view customer) const;

  // A rule named a series with these labels.
  void Add(const Labels& labels);
  void Restore(const Record& record);
  // The records that are others since the last call.
  std::vector<Record> TakeChanges();

 private:
  using Key = std::pair<std::string, std::string>;  // customer, probe

  std::map<Key, uint64_t> counts_;
  std::map<std::string, uint64_t, std::less<>> of_probe_;
  std::map<std::string, uint64_t, std::less<>> of_customer_;
  std::set<Key> dirty_;
};

}  // namespace forewarn
