#include "rules/rule_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "rules/rule_file.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

RuleIndex IndexOf(const std::vector<std::string>& expressions) {
  std::string yaml = "groups:\n- name: g\n  rules:\n";
  for (size_t i = 0; i < expressions.size(); ++i) {
    yaml += "  - alert: A" + std::to_string(i) + "\n    expr: '" + expressions[i] + "'\n";
  }
  const std::vector<BundleFile> texts = {{"r.yaml", yaml}};
  RuleFiles files = ParseRuleFiles(texts);
  for (const RuleMistake& mistake : files.mistakes) ADD_FAILURE() << mistake.ToString();
  std::vector<PreparedGroup> groups = PrepareRules(std::move(files.groups), {});
  PlanRules(groups);
  return RuleIndex(groups);
}

std::set<size_t> Concerned(const RuleIndex& index, const Labels& labels) {
  std::set<size_t> rules;
  index.ForEachConcerned(labels, [&](size_t rule) { rules.insert(rule); });
  return rules;
}

TEST(RuleIndex, FindsTheRulesThatASeriesConcerns) {
  RuleIndex index = IndexOf({"x > 1", "x{a=\"b\"} > 1", "rate(y[5m]) > 1",
                             "{__name__=~\"x|y\",a=~\"b.*\"} > 1", "y{a!=\"b\"} or x > 1"});
  EXPECT_THAT(Concerned(index, {{"__name__", "x"}}), ElementsAre(0, 4));
  EXPECT_THAT(Concerned(index, {{"__name__", "x"}, {"a", "b"}}), ElementsAre(0, 1, 3, 4));
  EXPECT_THAT(Concerned(index, {{"__name__", "y"}, {"a", "b"}}), ElementsAre(2, 3));
  EXPECT_THAT(Concerned(index, {{"__name__", "y"}, {"a", "c"}}), ElementsAre(2, 4));
  EXPECT_THAT(Concerned(index, {{"__name__", "z"}, {"a", "b"}}), IsEmpty());
  EXPECT_THAT(index.unconditional(), IsEmpty());
}

TEST(RuleIndex, FindsRulesByTheHostsThatTheyName) {
  RuleIndex index = IndexOf({
      "x{job=\"node\",host=\"web-1\"} > 1",
      "x{job=\"node\",host=\"web-10\"} > 1",
      "x{job=\"node\",host=~\"web-1|db-1.example\"} > 1",
      "x{job=\"node\",host=~\"db-.*\"} > 1",
      "x{job=\"node\",host=~\".*-1\"} > 1",
      "x{job=\"node\",host!=\"web-1\"} > 1",
      "{__name__=~\"x|y\",host=\"web-1\"} > 1",
      "x{job=\"node\",host=~\"|web-1\"} > 1",
      "x{job=\"node\",host=~\"(?i)WEB-1\"} > 1",
  });
  const auto of = [&](std::string_view host) {
    return Concerned(index, {{"__name__", "x"}, {"host", std::string(host)}, {"job", "node"}});
  };
  EXPECT_THAT(of("web-1"), ElementsAre(0, 2, 4, 6, 7, 8));
  EXPECT_THAT(of("web-10"), ElementsAre(1, 5));
  EXPECT_THAT(of("db-1.example"), ElementsAre(2, 3, 5));
  EXPECT_THAT(of("db-1-example"), ElementsAre(2, 3, 5));
  EXPECT_THAT(of("web"), ElementsAre(5));
  EXPECT_THAT(of(""), ElementsAre(5, 7));
  EXPECT_THAT(Concerned(index, {{"__name__", "x"}, {"host", "web-1"}}), ElementsAre(6));
  EXPECT_THAT(Concerned(index, {{"__name__", "y"}, {"host", "web-1"}}), ElementsAre(6));
}

TEST(RuleIndex, KnowsTheRulesThatNeedNoSeries) {
  RuleIndex index = IndexOf({"x > 1", "absent(x)", "vector(1)"});
  EXPECT_THAT(index.unconditional(), ElementsAre(1, 2));
  EXPECT_THAT(Concerned(index, {{"__name__", "x"}}), ElementsAre(0));
}

TEST(RuleIndex, HasRulesWithTheSameSelectorInOneEntry) {
  RuleIndex index = IndexOf({"x > 1", "x > 2", "x or x"});
  ASSERT_EQ(index.entries().size(), 1u);
  EXPECT_THAT(index.entries()[0].rules, ElementsAre(0, 1, 2));
}

}  // namespace
}  // namespace forewarn
