#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rules/customer_selector.h"
#include "rules/promql/promql.h"

namespace forewarn {

// Numbers of a rule that have a name, so that they can be others for some customers:
//   expr: disk:free_ratio < scalar(threshold:free)
//   forewarn:
//     thresholds: {free: 0.1}
//     overrides:                              # the first that is for a customer counts
//     - {customer: acme, free: 0.02}
//     - {customers: {plan: gold}, free: 0.05}
// The expression stays PromQL that promtool takes. Where a rule has `thresholds`, each
// `scalar(threshold:name)` in it becomes the number before anything else is done with it.
using Thresholds = std::map<std::string, double>;

inline constexpr std::string_view kThresholdPrefix = "threshold:";

struct ThresholdOverride {
  std::string customer;  // an id; empty: by labels
  CustomerSelector customers;
  Thresholds values;              // those that are others
  promql::Expression expression;  // with all of them

  bool IsFor(const Customer& other) const {
    return customer.empty() ? customers.Matches(other) : customer == other.id;
  }
};

// The names that the expression reads as `scalar(threshold:name)`, and those that it reads in another
// way, which is a mistake; each with the byte of the expression's text where it first stands.
struct ThresholdNames {
  std::map<std::string, size_t> read;
  std::map<std::string, size_t> misread;
};
ThresholdNames FindThresholds(const promql::Expression& expression);

// The expression with the numbers; names that are not among them stay.
promql::Expression SetThresholds(const promql::Expression& expression, const Thresholds& values);

}  // namespace forewarn
