#include "rules/read_customers.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "model/labels.h"
#include "rules/promql/position.h"

namespace forewarn {
namespace {

// The values of one label: one, or a list of them.
std::vector<std::string> ReadValues(const RuleField& label, RuleReader& reader) {
  std::vector<std::string> values;
  auto add = [&](const RuleYaml& value) {
    std::string text = value.is_scalar() ? value.text : "";
    std::string trouble;
    if (text.empty()) {
      trouble = fmt::format("'{}' must be a value, or a list of values", label.key);
    } else if (reader.checks() != nullptr && reader.checks()->customers != nullptr) {
      trouble = WhyNobody(*reader.checks()->customers, label.key, text);
    }
    if (!trouble.empty()) reader.Add(value, trouble);
    values.push_back(std::move(text));
  };
  if (label.value->is_list()) {
    for (const RuleYaml& value : label.value->items) add(value);
  }
  if (values.empty()) add(*label.value);
  return values;
}

}  // namespace

CustomerSelector ReadCustomers(const RuleField& field, RuleReader& reader) {
  CustomerSelector customers;
  for (const RuleField& label : reader.Fields(*field.value, "'customers'", {})) {
    if (!IsLabelName(label.key)) {
      reader.Add(*label.key_node, fmt::format("invalid label name '{}'", label.key));
    } else {
      customers.labels.emplace(label.key, ReadValues(label, reader));
    }
  }
  if (field.value->is_map() && field.value->pairs.empty()) {
    reader.Warn(field.value->place, "'customers' names no label, so this is for everybody");
  }
  return customers;
}

std::string ReadCustomerId(const RuleField& field, RuleReader& reader) {
  std::string id = reader.Text(field);
  if (id.empty()) reader.Add(*field.value, fmt::format("'{}' must be a customer's id", field.key));
  if (id.empty() || reader.checks() == nullptr || reader.checks()->customers == nullptr) return id;
  std::vector<std::string_view> known;
  for (const Customer& customer : *reader.checks()->customers) known.push_back(customer.id);
  if (std::ranges::find(known, id) != known.end()) return id;
  reader.Add(*field.value,
             fmt::format("no customer '{}' in customers.yaml{}", id, promql::Suggest(id, known)));
  return id;
}

}  // namespace forewarn
