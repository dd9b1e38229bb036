#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/mistake.h"

namespace forewarn {

struct YamlMember;

// A value of a YAML file with its place; the only form in which the rest of the product sees YAML.
struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  int line = 1;  // both from 1
  int column = 1;
  std::string text;             // of a scalar
  bool quoted = false;          // a scalar in quotes or in a block: text, whatever it looks like
  std::vector<YamlNode> items;  // of a list
  std::vector<YamlMember> members;  // of a map, in the order of the file; keys are unique

  bool is_null() const { return kind == Kind::kNull; }
  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_map() const { return kind == Kind::kMap; }

  // A map's value, or null when there is no such key or this is no map.
  const YamlNode* Find(std::string_view key) const;

  // `a list`, `a map`, `nothing`, `'yes'`: for messages.
  std::string Describe() const;
};

struct YamlMember {
  std::string key;
  int line = 1;
  int column = 1;
  YamlNode value;
};

// Reads one YAML document of the plain kind that people write by hand. Refused, with line and
// column: bad syntax, quotes that are not closed, repeated keys, keys that are not plain text,
// anchors, aliases and tags (`&a`, `*a`, `!!int`), a second document, nesting beyond 32 levels,
// bytes that are not UTF-8 text, and files above `max_bytes`. An empty file is a null node.
//
// Mistakes are appended; the node is then what could be understood (null after a syntax error),
// good enough to look for more mistakes in, and not for use.
YamlNode ParseYaml(const std::string& path, std::string_view text, std::vector<Mistake>& mistakes,
                   size_t max_bytes = 1 << 20);

}  // namespace forewarn
