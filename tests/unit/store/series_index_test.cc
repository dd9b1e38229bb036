#include "store/series_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Matcher Make(Matcher::Kind kind, std::string name, std::string value) {
  return *Matcher::Make(kind, std::move(name), std::move(value));
}

class SeriesIndexTest : public ::testing::Test {
 protected:
  SeriesIndexTest() {
    index_.Add({{"__name__", "up"}, {"host", "a"}, {"probe", "1"}});
    index_.Add({{"__name__", "up"}, {"host", "b"}, {"probe", "2"}});
    index_.Add({{"__name__", "load"}, {"host", "a"}, {"probe", "1"}});
    index_.Add({{"__name__", "load"}, {"probe", "2"}});
  }
  SeriesIndex index_;
};

TEST_F(SeriesIndexTest, NumbersSeriesInOrderOfFirstSight) {
  EXPECT_EQ(index_.Find({{"__name__", "up"}, {"host", "b"}, {"probe", "2"}}), 2u);
  EXPECT_EQ(index_.Find({{"__name__", "down"}}), 0u);
  EXPECT_EQ(index_.Add({{"__name__", "down"}}), 5u);
  EXPECT_EQ(index_.labels(5).name(), "down");
}

TEST_F(SeriesIndexTest, FindsByEqualityAndExpressionAndTheirOpposites) {
  using Kind = Matcher::Kind;
  EXPECT_THAT(index_.Match({Matcher::Equal("__name__", "up")}), ElementsAre(1, 2));
  EXPECT_THAT(index_.Match({Matcher::Equal("__name__", "up"), Matcher::Equal("host", "b")}),
              ElementsAre(2));
  EXPECT_THAT(index_.Match({Make(Kind::kRegex, "host", "a|b")}), ElementsAre(1, 2, 3));
  EXPECT_THAT(index_.Match({Make(Kind::kNotEqual, "host", "a")}), ElementsAre(2, 4));
  EXPECT_THAT(index_.Match({Make(Kind::kNotRegex, "host", "a|")}), ElementsAre(2));
  EXPECT_THAT(
      index_.Match({Make(Kind::kNotRegex, "__name__", "u.*"), Make(Kind::kRegex, "probe", ".+")}),
      ElementsAre(3, 4));
}

TEST_F(SeriesIndexTest, TakesAMissingLabelForTheEmptyValue) {
  EXPECT_THAT(index_.Match({Matcher::Equal("host", "")}), ElementsAre(4));
  EXPECT_THAT(index_.Match({Make(Matcher::Kind::kRegex, "host", ".*")}), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(index_.Match({Make(Matcher::Kind::kNotEqual, "host", "")}), ElementsAre(1, 2, 3));
}

TEST_F(SeriesIndexTest, FindsNothingForNoMatcherAndForUnknownValues) {
  EXPECT_THAT(index_.Match({}), IsEmpty());
  EXPECT_THAT(index_.Match({Matcher::Equal("host", "c")}), IsEmpty());
  EXPECT_THAT(index_.Match({Matcher::Equal("rack", "1")}), IsEmpty());
}

TEST_F(SeriesIndexTest, CountsTheSeriesOfALabelValue) {
  EXPECT_EQ(index_.CountOf("probe", "1"), 2u);
  EXPECT_EQ(index_.CountOf("probe", "3"), 0u);
  EXPECT_EQ(index_.CountOf("rack", "1"), 0u);
}

}  // namespace
}  // namespace forewarn
