#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace forewarn {

// A rule file as YAML, the way promtool reads it: anchors, aliases and merge keys work. (Settings and
// bundles are plainer: config/schema_yaml.h.) A value; the only form in which the readers of rules see
// YAML.
struct RuleYaml {
  enum class Kind { kNull, kScalar, kList, kMap };

  // Line and column count from 1; `offset` counts bytes from the beginning of the file.
  struct Place {
    int line = 1;
    int column = 1;
    size_t offset = std::string_view::npos;
  };

  Kind kind = Kind::kNull;
  Place place;                  // of what stands behind an alias: where that was written
  std::string text;             // of a scalar
  std::vector<RuleYaml> items;  // of a list
  struct Pair;
  std::vector<Pair> pairs;  // of a map: as written, repeated keys included

  bool is_null() const { return kind == Kind::kNull; }
  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_map() const { return kind == Kind::kMap; }
};

struct RuleYaml::Pair {
  RuleYaml key;
  RuleYaml value;
};

struct ParsedRuleYaml {
  RuleYaml root;  // as far as it could be read
  RuleYaml::Place place;
  std::string mistake;  // empty: none
};

// Reads the one document of a file; an empty file is null. Refused: bytes that are not UTF-8 text, what is not
// YAML, a quote that is not closed, a second document, and aliases that make the file too deep or too large.
ParsedRuleYaml ParseRuleYaml(std::string_view text);

}  // namespace forewarn
