#include "rules/promql/rows.h"

#include <gmock/gmock.h>

namespace forewarn::promql {
namespace {

TEST(Rows, JoinWhereTheyDoNotOverlap) {
  const double none = StaleMarker();
  const auto joined =
      JoinEqual({{{{"a", "1"}}, {1, none}}, {{{"b", "1"}}, {3, 3}}, {{{"a", "1"}}, {none, 2}}});
  ASSERT_TRUE(joined.ok());
  ASSERT_EQ(joined->size(), 2u);
  EXPECT_THAT((*joined)[0].cells, testing::ElementsAre(1, 2));
}

TEST(Rows, AreRefusedWhereTheyOverlap) {
  EXPECT_FALSE(JoinEqual({{{{"a", "1"}}, {1}}, {{{"a", "1"}}, {2}}}).ok());
  EXPECT_FALSE(CheckDistinct({{{{"a", "1"}}, {1}}, {{{"a", "1"}}, {2}}}).ok());
  EXPECT_TRUE(CheckDistinct({{{{"a", "1"}}, {1}}, {{{"a", "2"}}, {2}}}).ok());
}

TEST(Rows, WithoutAnyValueGo) {
  Rows rows = {{{{"a", "1"}}, {StaleMarker()}}, {{{"a", "2"}}, {0}}};
  DropEmpty(rows);
  ASSERT_EQ(rows.size(), 1u);
}

}  // namespace
}  // namespace forewarn::promql
