#include "rules/write_yaml.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

namespace forewarn {
namespace {

bool SaysTheSame(const RuleYaml& a, const RuleYaml& b) {
  auto pair_says = [](const RuleYaml::Pair& x, const RuleYaml::Pair& y) {
    return SaysTheSame(x.key, y.key) && SaysTheSame(x.value, y.value);
  };
  return a.kind == b.kind && a.text == b.text &&
         std::ranges::equal(a.items, b.items, SaysTheSame) &&
         std::ranges::equal(a.pairs, b.pairs, pair_says);
}

std::string Rewrite(std::string_view text) {
  ParsedRuleYaml yaml = ParseRuleYaml(text);
  EXPECT_EQ(yaml.mistake, "");
  std::string written = WriteYaml(yaml.root);
  ParsedRuleYaml again = ParseRuleYaml(written);
  EXPECT_EQ(again.mistake, "") << written;
  EXPECT_TRUE(SaysTheSame(yaml.root, again.root)) << written;
  return written;
}

TEST(WriteYaml, IsInBlockStyleWithoutNeedlessQuotes) {
  EXPECT_EQ(Rewrite("groups: [{name: 'a', limit: 5, rules: [{record: a:b, expr: 'up == 0'}]}]\n"),
            "groups:\n"
            "- name: a\n"
            "  limit: 5\n"
            "  rules:\n"
            "  - record: a:b\n"
            "    expr: \"up == 0\"\n");
}

TEST(WriteYaml, ATextOfSeveralLinesStaysOne) {
  EXPECT_EQ(Rewrite("- expr: |\n    a\n\n      / b\n  for: 5m\n"),
            "- expr: |\n    a\n\n      / b\n  for: 5m\n");
  EXPECT_EQ(Rewrite("a: \"x\\ny\"\n"), "a: |-\n  x\n  y\n");
  EXPECT_EQ(Rewrite("a: \" x\\ny\"\n"), "a: \" x\\ny\"\n");
  EXPECT_EQ(Rewrite("a: \"x\\n\\n\"\n"), "a: \"x\\n\\n\"\n");
}

TEST(WriteYaml, WhatYamlCouldMistakeIsQuoted) {
  for (std::string_view text :
       {"a: 'null'\n", "a: '~'\n", "a: ''\n", "a: '- b'\n", "a: 'b: c'\n", "a: '#b'\n", "a: 'b:'\n",
        "a: '{{ $x }}'\n", "a: \"\\t\\x01\\\\ \\\" \\r\\n\"\n", "a: \"\\u2028b\\u0085\\ufeff\"\n",
        "'': a\n", "'a b': c\n", "a: '磁盘 满了'\n", "a: '!b'\n", "a: '&b'\n", "a: '*b'\n",
        "a: '%'\n"}) {
    Rewrite(text);
  }
  EXPECT_EQ(Rewrite("a: '磁盘'\n"), "a: \"磁盘\"\n");
}

TEST(WriteYaml, EmptyAndNestedValuesAreKept) {
  for (std::string_view text :
       {"", "a:\n", "a: {}\n", "a: []\n", "- []\n- {}\n-\n", "- - a\n  - b\n- - - c\n",
        "- a: [b, [c]]\n", "a: {b: {c: [d, {e: f, g: h}]}}\n", "just text\n", "'just: text'\n"}) {
    Rewrite(text);
  }
}

TEST(WriteYaml, MergeKeysStayAndAliasesAreWrittenOut) {
  EXPECT_EQ(Rewrite("a: &x {b: c}\nd: {<<: *x, e: f}\n"),
            "a:\n  b: c\nd:\n  <<:\n    b: c\n  e: f\n");
}

}  // namespace
}  // namespace forewarn
