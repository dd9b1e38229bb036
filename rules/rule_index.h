#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/fingerprint.h"
#include "model/labels.h"
#include "model/matcher.h"
#include "rules/rule_set.h"

namespace forewarn {

// From series to the rules that may say something because of it, by the numbers of rules. With ten thousand rules of
// which ten concern a probe, what the others cost is nothing: where rules of a metric each name hosts, or what hosts'
// names begin with, the series' own host leads to those of it. Immutable once it is made; thread-safe.
class RuleIndex {
 public:
  RuleIndex() = default;
  // `groups` is needed only meanwhile.
  explicit RuleIndex(const std::vector<PreparedGroup>& groups);

  // A selector and the rules that need one of its series, ascending.
  struct Entry {
    Matchers selector;
    std::vector<size_t> rules;
  };
  const std::vector<Entry>& entries() const { return entries_; }

  // Those that may have a result without any series, such as of absent(); ascending.
  const std::vector<size_t>& unconditional() const { return unconditional_; }

  // Calls `visit(rule)` for each that a series with these labels concerns, some more than once.
  template <typename Visit>
  void ForEachConcerned(const Labels& labels, const Visit& visit) const {
    const auto offer = [&](const std::vector<size_t>& places) {
      for (size_t place : places) {
        const Entry& entry = entries_[place];
        if (!MatchesAll(entry.selector, labels)) continue;
        for (size_t rule : entry.rules) visit(rule);
      }
    };
    for (std::string_view metric : {labels.name(), std::string_view()}) {
      const auto shelf = by_metric_.find(std::string(metric));
      if (shelf == by_metric_.end()) continue;
      offer(shelf->second.places);
      for (const Way& way : shelf->second.ways) {
        const std::string_view value = labels.Get(way.label);
        if (value.size() < way.length) continue;
        const auto found =
            by_beginning_.find(KeyOf(metric, way.label, value.substr(0, way.length)));
        if (found != by_beginning_.end()) offer(found->second);
      }
    }
  }

 private:
  // By what a value of this label begins with, as many bytes of it, some of a metric's entries are found.
  struct Way {
    std::string label;
    size_t length;
    auto operator<=>(const Way&) const = default;
  };
  struct Shelf {
    std::vector<Way> ways;
    std::vector<size_t> places;  // in entries_, of those that are found by no way
  };

  static uint64_t KeyOf(std::string_view metric, std::string_view label,
                        std::string_view beginning) {
    return Fingerprint().Add(metric).Add(label).Add(beginning).value();
  }
  void Place();

  std::vector<Entry> entries_;
  std::vector<size_t> unconditional_;
  std::unordered_map<std::string, Shelf> by_metric_;  // under an empty one what may be of several
  // Places in entries_, by KeyOf(); entries of two that share one cost a look.
  std::unordered_map<uint64_t, std::vector<size_t>> by_beginning_;
};

}  // namespace forewarn
