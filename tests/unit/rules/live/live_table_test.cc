#include "rules/live/live_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/prepared_rules.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(LiveTable, HasEachSelectorOnceWhateverTheRangeOverIt) {
  Bundle bundle;
  bundle.rule_files = {{"r.yaml", R"(groups:
- name: g
  rules:
  - {alert: A, expr: 'x > 1'}
  - {alert: B, expr: 'rate(x[5m]) > y'}
  - {alert: C, expr: 'sort(x) > 1'}
- name: h
  query_offset: 1m
  rules:
  - {alert: D, expr: 'rate(x[10m]) > 1'}
)"}};
  const PreparedRules rules(bundle);
  const LiveTable& table = rules.live;
  ASSERT_EQ(table.wanted.size(), 2u);
  EXPECT_EQ(DescribeSelector(table.wanted[0]), "x");
  EXPECT_EQ(DescribeSelector(table.wanted[1]), "y");
  EXPECT_THAT(table.selectors,
              ElementsAre(ElementsAre(0), ElementsAre(0, 1), IsEmpty(), ElementsAre(0)));
}

}  // namespace
}  // namespace forewarn
