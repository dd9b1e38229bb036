#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fingerprint.h"

namespace forewarn {

inline constexpr std::string_view kMetricName = "__name__";

// The labels of a series or an alert: names are unique and sorted by bytes, values are not empty
// (an empty value is the same as no label, as in Prometheus). A value type; equal labels have equal
// fingerprints.
class Labels {
 public:
  using Pair = std::pair<std::string, std::string>;

  Labels() = default;
  // Sorts; pairs with an empty value are dropped. A name given twice is a bug of the caller.
  explicit Labels(std::vector<Pair> pairs);
  Labels(std::initializer_list<Pair> pairs) : Labels(std::vector<Pair>(pairs)) {}

  // The label's value, or empty when there is none.
  std::string_view Get(std::string_view name) const;
  bool Has(std::string_view name) const { return !Get(name).empty(); }
  // Adds or replaces; an empty value removes.
  void Set(std::string_view name, std::string_view value);
  void Remove(std::string_view name) { Set(name, ""); }

  // The value of `__name__`, or empty.
  std::string_view name() const { return Get(kMetricName); }
  Labels WithoutName() const;

  bool empty() const { return pairs_.empty(); }
  size_t size() const { return pairs_.size(); }
  auto begin() const { return pairs_.begin(); }
  auto end() const { return pairs_.end(); }

  Fingerprint fingerprint() const;
  // As Prometheus writes it: `up{instance="a",job="b"}`, values quoted with \\ \" \n escapes.
  std::string ToString() const;

  friend bool operator==(const Labels&, const Labels&) = default;
  friend auto operator<=>(const Labels&, const Labels&) = default;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.pairs_);
  }

 private:
  std::vector<Pair> pairs_;
};

// The value between double quotes, with \\ \" \n escapes.
std::string QuoteLabelValue(std::string_view value);

// `[a-zA-Z_][a-zA-Z0-9_]*`, and for metric names colons too.
bool IsLabelName(std::string_view name);
bool IsMetricName(std::string_view name);

}  // namespace forewarn
