#include "rules/read_thresholds.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "rules/promql/position.h"
#include "rules/read_customers.h"

namespace forewarn {
namespace {

const RuleField* FindField(std::span<const RuleField> fields, std::string_view key) {
  auto found = std::ranges::find(fields, key, &RuleField::key);
  return found == fields.end() ? nullptr : &*found;
}

Thresholds ReadNumbers(const RuleField& field, const ThresholdNames& names, RuleReader& reader) {
  Thresholds values;
  for (const RuleField& item : reader.Fields(*field.value, "'thresholds'", {})) {
    if (!names.read.contains(item.key)) {
      reader.Add(*item.key_node,
                 fmt::format("'expr' does not read scalar({}{})", kThresholdPrefix, item.key));
    }
    values.emplace(item.key, reader.ReadNumber(item));
  }
  return values;
}

// Without its expression.
ThresholdOverride ReadOverride(const RuleYaml& node, const Thresholds& defaults,
                               const promql::Expression& expression, RuleReader& reader) {
  ThresholdOverride out{{}, {}, {}, expression};
  int for_whom = 0;
  for (const RuleField& item : reader.Fields(node, "the override", {})) {
    if (item.key == "customer") {
      out.customer = ReadCustomerId(item, reader);
      ++for_whom;
    } else if (item.key == "customers") {
      out.customers = ReadCustomers(item, reader);
      ++for_whom;
    } else if (!defaults.contains(item.key)) {
      std::vector<std::string_view> known = {"customer", "customers"};
      for (const auto& [name, value] : defaults) known.push_back(name);
      reader.Add(*item.key_node, fmt::format("'thresholds' has no '{}'{}", item.key,
                                             promql::Suggest(item.key, known)));
    } else {
      out.values.emplace(item.key, reader.ReadNumber(item));
    }
  }
  if (!node.is_map()) return out;
  if (for_whom != 1) reader.Add(node, "an override is for a 'customer' or for 'customers'");
  if (out.values.empty()) reader.Add(node, "the override changes nothing");
  return out;
}

// Whether the first override is for all customers that the second is for.
bool Covers(const ThresholdOverride& first, const ThresholdOverride& second,
            const RuleChecks* checks) {
  if (!first.customer.empty()) return first.customer == second.customer;
  if (!second.customer.empty()) {
    if (checks == nullptr || checks->customers == nullptr) return first.customers.empty();
    return std::ranges::any_of(*checks->customers, [&](const Customer& customer) {
      return customer.id == second.customer && first.IsFor(customer);
    });
  }
  return std::ranges::all_of(first.customers.labels, [&](const auto& label) {
    auto same = second.customers.labels.find(label.first);
    return same != second.customers.labels.end() &&
           std::ranges::all_of(same->second, [&](const std::string& value) {
             return std::ranges::find(label.second, value) != label.second.end();
           });
  });
}

// What a rule without `thresholds` reads of them is a series that something records, or forgotten numbers; or one that is
// sent, in a rule that says nothing to us.
void ExpectSeries(const RuleField& expr, const ThresholdNames& names, bool may_be_sent,
                  const RuleReader& reader, RecordedNames& recorded) {
  std::map<std::string, size_t> read = names.read;
  read.insert(names.misread.begin(), names.misread.end());
  for (const auto& [name, at] : read) {
    const RuleYaml::Place place = reader.PlaceInside(*expr.value, expr.value->text, at);
    recorded.Expect(
        reader.At(
            place,
            fmt::format(
                "'expr' reads {}{}, which nothing records; if it is a number, say which under "
                "'forewarn': {{thresholds: {{{}: …}}}}",
                kThresholdPrefix, name, name)),
        std::string(kThresholdPrefix) + name, may_be_sent);
  }
}

}  // namespace

void ReadThresholds(std::span<const RuleField> fields, const RuleField& expr,
                    promql::Expression& expression, std::vector<ThresholdOverride>& overrides,
                    bool may_be_sent, RuleReader& reader, RecordedNames& recorded) {
  const RuleField* given = FindField(fields, "thresholds");
  const RuleField* others = FindField(fields, "overrides");
  const ThresholdNames names = FindThresholds(expression);
  if (given == nullptr) {
    if (others != nullptr) {
      reader.Add(*others->key_node, "'overrides' are of 'thresholds', and there are none");
    }
    if (reader.checks() != nullptr) ExpectSeries(expr, names, may_be_sent, reader, recorded);
    return;
  }
  const Thresholds defaults = ReadNumbers(*given, names, reader);
  const std::string_view text = expr.value->text;
  for (const auto& [name, at] : names.misread) {
    reader.Add(reader.PlaceInside(*expr.value, text, at),
               fmt::format("a threshold is read as scalar({}{}), and not otherwise",
                           kThresholdPrefix, name));
  }
  for (const auto& [name, at] : names.read) {
    if (defaults.contains(name)) continue;
    reader.Add(reader.PlaceInside(*expr.value, text, at),
               fmt::format("'thresholds' does not say what '{}' is", name));
  }
  if (others != nullptr) {
    reader.ReadList(*others, [&](const RuleYaml& item) {
      ThresholdOverride other = ReadOverride(item, defaults, expression, reader);
      Thresholds values = other.values;
      values.insert(defaults.begin(), defaults.end());
      other.expression = SetThresholds(expression, values);
      const bool is_hidden = std::ranges::any_of(overrides, [&](const ThresholdOverride& earlier) {
        return Covers(earlier, other, reader.checks());
      });
      if (is_hidden) {
        reader.Warn(item.place,
                    "an override above is for all of these customers; the first counts");
      }
      overrides.push_back(std::move(other));
    });
  }
  expression = SetThresholds(expression, defaults);
}

}  // namespace forewarn
