#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "rules/promql/promql.h"
#include "rules/rule_file.h"
#include "rules/rule_yaml.h"

namespace forewarn {

// A key of a YAML map with its value.
struct RuleField {
  std::string key;
  const RuleYaml* key_node;
  const RuleYaml* value;
};

// RuleReader takes values out of the YAML of one file and collects what is wrong with them. It goes on
// after a mistake, so that all are found at once. Not thread-safe.
class RuleReader {
 public:
  // Loans that outlive it; `checks` may be null.
  RuleReader(const std::string& file, std::string_view text, const RuleChecks* checks)
      : file_(file), text_(text), checks_(checks) {}

  const std::string& file() const { return file_; }
  const RuleChecks* checks() const { return checks_; }
  const std::vector<RuleMistake>& mistakes() const { return mistakes_; }
  const std::vector<RuleMistake>& warnings() const { return warnings_; }

  // A mistake that may yet turn out to be one.
  RuleMistake At(const RuleYaml::Place& place, std::string message) const {
    return {file_, place.line, place.column, std::move(message)};
  }
  void Add(const RuleYaml::Place& place, std::string message);
  void Add(const RuleYaml& node, std::string message) { Add(node.place, std::move(message)); }
  // What loads, and may not do what is meant.
  void Warn(const RuleYaml::Place& place, std::string message);
  // A mistake inside a scalar whose message begins with its place there, `line:column: `: points into
  // the file. `value` is the scalar's text.
  void AddInside(const RuleYaml& scalar, std::string_view value, const Status& error);
  // Where in the file the byte of the scalar's text `value` is; where the scalar begins if it is not found.
  RuleYaml::Place PlaceInside(const RuleYaml& scalar, std::string_view value, size_t byte) const;

  // The fields of a map, with those of merge keys: known ones that are not repeated; any when `known` is
  // empty. `what` names the map. They point into `node`.
  std::vector<RuleField> Fields(const RuleYaml& node, std::string_view what,
                                std::span<const std::string_view> known);
  // Calls `read` for each item of the list; null is an empty one.
  void ReadList(const RuleField& field, const std::function<void(const RuleYaml&)>& read);
  // A scalar's text; null counts as empty.
  std::string Text(const RuleField& field);
  Duration ReadDuration(const RuleField& field);
  double ReadNumber(const RuleField& field);
  std::optional<promql::Expression> ReadExpression(const RuleField& field);

 private:
  void AddFields(const RuleYaml& node, std::string_view what, std::vector<RuleField>& fields);

  const std::string& file_;
  const std::string_view text_;
  const RuleChecks* const checks_;

  std::vector<RuleMistake> mistakes_;
  std::vector<RuleMistake> warnings_;
};

}  // namespace forewarn
