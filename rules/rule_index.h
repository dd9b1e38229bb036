#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/labels.h"
#include "model/matcher.h"
#include "rules/rule_set.h"

namespace forewarn {

// From series to the rules that may say something because of it, by the numbers of rules. With ten thousand rules of
// which ten concern a probe, what the others cost is nothing. Immutable once it is made; thread-safe.
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
    offer(of_any_metric_);
    if (auto found = by_metric_.find(std::string(labels.name())); found != by_metric_.end()) {
      offer(found->second);
    }
  }

 private:
  std::vector<Entry> entries_;
  std::vector<size_t> unconditional_;
  // Places in entries_.
  std::unordered_map<std::string, std::vector<size_t>> by_metric_;
  std::vector<size_t> of_any_metric_;
};

}  // namespace forewarn
