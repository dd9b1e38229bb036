#include "store/series_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/rng.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

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

TEST_F(SeriesIndexTest, LooksUpTheValuesThatAnExpressionNames) {
  using Kind = Matcher::Kind;
  index_.Add({{"__name__", "up"}, {"host", "c.d"}, {"probe", "3"}});
  for (const char* one : {"a|c\\.d", "(a|c\\.d)", "(?:a|c\\.d|a|none)"}) {
    EXPECT_THAT(index_.Match({Make(Kind::kRegex, "host", one)}), ElementsAre(1, 3, 5)) << one;
    EXPECT_THAT(index_.Match({Make(Kind::kNotRegex, "host", one)}), ElementsAre(2, 4)) << one;
  }
  // These are more than a list of values.
  EXPECT_THAT(index_.Match({Make(Kind::kRegex, "host", "a|c.d")}), ElementsAre(1, 3, 5));
  EXPECT_THAT(index_.Match({Make(Kind::kRegex, "host", "(a)|(b)")}), ElementsAre(1, 2, 3));
  EXPECT_THAT(index_.Match({Make(Kind::kRegex, "host", "(a|)")}), ElementsAre(1, 3, 4));
  EXPECT_THAT(index_.Match({Make(Kind::kRegex, "host", "\\w|b")}), ElementsAre(1, 2, 3));
  EXPECT_THAT(index_.Match({Make(Kind::kRegex, "host", "none")}), IsEmpty());
}

TEST(SeriesIndex, RefusesExpressionsThatTakeTooLongOverAllValues) {
  SeriesIndex index;
  for (int i = 0; i < 5000; ++i) {
    index.Add({{"__name__", i % 100 == 0 ? "few" : "many"},
               {"text", std::to_string(i) + std::string(100, 'a')}});
  }
  auto check = [&](const char* metric, const std::string& expression) {
    return index.CheckWork(
        {Matcher::Equal("__name__", metric), Make(Matcher::Kind::kRegex, "text", expression)});
  };
  const std::string slow = "[ab0-9]*a[ab]{1000}";
  EXPECT_EQ(check("many", slow).code(), Code::kResourceExhausted);
  EXPECT_THAT(check("many", slow).message(),
              ::testing::HasSubstr("the regular expression of 'text' may take"));
  EXPECT_TRUE(check("few", slow).ok()) << "of few series";
  EXPECT_TRUE(check("none", slow).ok());
  EXPECT_TRUE(check("many", ".*a").ok());
  std::string names = "0aaa";
  for (int i = 0; i < 3000; ++i) names += "|" + std::to_string(i) + "aaa";
  EXPECT_TRUE(check("many", names).ok()) << "a list of values, however long";
}

// As many bytes as a million pods have, with names of 64.
TEST(SeriesIndex, TakesPlainExpressionsOverAMillionValues) {
  SeriesIndex index;
  for (int i = 0; i < 100'000; ++i) {
    std::string pod = std::to_string(i);
    pod.insert(0, 640 - pod.size(), 'p');
    index.Add({{"pod", pod}});
  }
  auto check = [&](const std::string& expression) {
    return index.CheckWork({Make(Matcher::Kind::kRegex, "pod", expression)}).ok();
  };
  EXPECT_TRUE(check(".*web.*"));
  EXPECT_TRUE(check("p+(web|api|[0-9]{5}).*"));
  EXPECT_FALSE(check("[p0-9]*p[p0-9]{20}")) << "as long a program, but a state for each text";
  EXPECT_FALSE(check("\\pL*")) << "it is not known";
}

// Such a list is no expression for RE2, whose few states say nothing of what it takes.
TEST(SeriesIndex, AListOfTextsIsJudgedByItsTexts) {
  SeriesIndex index;
  for (int i = 0; i < 100'000; ++i) {
    std::string pod = std::to_string(i);
    pod.insert(0, 100 - pod.size(), 'p');
    index.Add({{"pod", pod}});
  }
  std::string few = "a.b", many = "a.b";
  for (int i = 0; i < 20; ++i) few += "|a.b" + std::to_string(i);
  for (int i = 0; i < 100; ++i) many += "|a.b" + std::to_string(i);
  EXPECT_TRUE(index.CheckWork({Make(Matcher::Kind::kRegex, "pod", few)}).ok());
  EXPECT_FALSE(index.CheckWork({Make(Matcher::Kind::kRegex, "pod", many)}).ok());
}

TEST(SeriesIndex, LongValuesAreNotTakenForThoseOfAverageLength) {
  SeriesIndex index;
  for (int i = 0; i < 10'000; ++i) index.Add({{"__name__", "x"}, {"pod", std::to_string(i)}});
  for (int i = 0; i < 100; ++i) {
    index.Add({{"__name__", "few"}, {"pod", std::to_string(i)}});
    index.Add({{"__name__", "long"}, {"pod", std::to_string(i) + std::string(2'000, 'a')}});
  }
  const Matcher pod = Make(Matcher::Kind::kRegex, "pod", "[ab]*a[ab]{900}");
  EXPECT_TRUE(index.CheckWork({Matcher::Equal("__name__", "few"), pod}).ok());
  EXPECT_FALSE(index.CheckWork({Matcher::Equal("__name__", "long"), pod}).ok());
}

TEST(SeriesIndex, CountingTheStatesOfManyExpressionsIsWorkToo) {
  SeriesIndex index;
  for (int i = 0; i < 10'000; ++i) index.Add({{"pod", "pod-" + std::to_string(100'000 + i)}});
  const Matcher one = Make(Matcher::Kind::kRegex, "pod", "p" + std::string(600, 'o') + "[0-9]*");
  EXPECT_TRUE(index.CheckWork(Matchers(15, one)).ok());
  EXPECT_FALSE(index.CheckWork(Matchers(100, one)).ok());
}

TEST_F(SeriesIndexTest, TakesAMissingLabelForTheEmptyValue) {
  EXPECT_THAT(index_.Match({Matcher::Equal("host", "")}), ElementsAre(4));
  EXPECT_THAT(index_.Match({Make(Matcher::Kind::kRegex, "host", ".*")}), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(index_.Match({Make(Matcher::Kind::kNotEqual, "host", "")}), ElementsAre(1, 2, 3));
}

TEST(SeriesIndex, FindsTheSameWhateverItsSeed) {
  using Kind = Matcher::Kind;
  SeriesIndex one(0), other(0x5eed);
  for (int i = 0; i < 2'000; ++i) {
    Labels labels = {{"__name__", i % 3 == 0 ? "up" : "load"},
                     {"host", std::to_string(i * 7919 % 500)},
                     {"n", std::to_string(i)}};
    EXPECT_EQ(one.Find(labels), 0u);
    EXPECT_EQ(one.Add(labels), other.Add(labels));
  }
  for (SeriesId id = 1; id <= one.size(); ++id) {
    ASSERT_EQ(one.labels(id), other.labels(id));
    ASSERT_EQ(one.Find(one.labels(id)), id);
    ASSERT_EQ(other.Find(one.labels(id)), id);
  }
  for (const Matchers& matchers :
       {Matchers{Matcher::Equal("host", "12")}, Matchers{Make(Kind::kRegex, "host", "1.*")},
        Matchers{Matcher::Equal("__name__", "up"), Make(Kind::kNotRegex, "n", ".*[05]")}}) {
    EXPECT_THAT(one.Match(matchers), Not(IsEmpty()));
    EXPECT_EQ(one.Match(matchers), other.Match(matchers));
  }
}

TEST_F(SeriesIndexTest, FindsNothingForNoMatcherAndForUnknownValues) {
  EXPECT_THAT(index_.Match({}), IsEmpty());
  EXPECT_THAT(index_.Match({Matcher::Equal("host", "c")}), IsEmpty());
  EXPECT_THAT(index_.Match({Matcher::Equal("rack", "1")}), IsEmpty());
}

// Whatever sets are joined and narrowed on the way, the answer is what asking every series gives.
TEST(SeriesIndex, FindsWhatAskingEverySeriesWouldFind) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    auto text = [&](const char* prefix, uint64_t kinds) {
      return prefix + std::to_string(rng.Below(kinds));
    };
    SeriesIndex index;
    std::vector<Labels> all;
    for (int i = 0; i < 150; ++i) {
      Labels labels;
      labels.Set("__name__", text("m", 10));
      if (rng.Chance(0.9)) labels.Set("host", text("h", 5));
      if (rng.Chance(0.5)) labels.Set("disk", text("d", 100));
      if (index.Find(labels) != 0) continue;
      all.push_back(labels);
      ASSERT_EQ(index.Add(labels), all.size());
    }
    for (size_t i = 0; i < all.size(); ++i) {
      ASSERT_EQ(index.labels(static_cast<SeriesId>(i + 1)), all[i]);
      ASSERT_EQ(index.Find(all[i]), i + 1);
    }
    for (int question = 0; question < 30; ++question) {
      const char* names[] = {"__name__", "host", "disk", "rack"};
      const char* values[] = {"m1", "h1|h2|", "d1.*", "", ".+", "h3", ".*", "m[0-4]", "d7"};
      Matchers matchers;
      for (uint64_t n = 1 + rng.Below(3); n > 0; --n) {
        matchers.push_back(Make(static_cast<Matcher::Kind>(rng.Below(4)), names[rng.Below(4)],
                                values[rng.Below(9)]));
      }
      std::vector<SeriesId> expected;
      for (size_t i = 0; i < all.size(); ++i) {
        if (MatchesAll(matchers, all[i])) expected.push_back(static_cast<SeriesId>(i + 1));
      }
      EXPECT_EQ(index.Match(matchers), expected) << matchers[0].ToString();
    }
  }
}

TEST(SeriesIndex, OrdersSeriesAsTheirLabels) {
  Rng rng(7);
  SeriesIndex index;
  std::vector<Labels> all;
  while (all.size() < 60) {
    Labels labels;
    for (const char* name : {"a", "aa", "b"}) {
      labels.Set(name, std::string(rng.Below(3), 'x') + (rng.Below(2) == 0 ? "y" : ""));
    }
    if (labels.empty() || index.Find(labels) != 0) {
      labels.Set("c", std::to_string(all.size()));
    }
    index.Add(labels);
    all.push_back(labels);
  }
  std::vector<SeriesId> ids;
  for (SeriesId id = 1; id <= all.size(); ++id) {
    if (id % 3 != 0) ids.push_back(id);
  }
  std::vector<SeriesId> expected = ids;
  std::ranges::sort(expected, {}, [&](SeriesId id) { return all[id - 1]; });
  std::vector<SeriesId> ordered;
  for (uint32_t at : index.InOrder(ids)) ordered.push_back(ids[at]);
  EXPECT_EQ(ordered, expected);
  EXPECT_TRUE(index.InOrder({}).empty());
}

TEST(SeriesIndex, KeepsEachLabelOnce) {
  SeriesIndex index;
  for (int i = 0; i < 10'000; ++i) {
    index.Add({{"__name__", "metric_" + std::to_string(i % 100)},
               {"customer", "a customer with a name of some length"},
               {"instance", "host-" + std::to_string(i / 100)},
               {"job", "node"}});
  }
  EXPECT_LT(index.memory_bytes() / 10'000, 80u);
}

TEST_F(SeriesIndexTest, CountsTheSeriesOfALabelValue) {
  EXPECT_EQ(index_.CountOf("probe", "1"), 2u);
  EXPECT_EQ(index_.CountOf("probe", "3"), 0u);
  EXPECT_EQ(index_.CountOf("rack", "1"), 0u);
}

TEST_F(SeriesIndexTest, TellsTheLabelsOfWhatMatches) {
  using ::testing::UnorderedElementsAre;
  EXPECT_THAT(index_.LabelNames({Matcher::Equal("probe", "1")}),
              UnorderedElementsAre("__name__", "host", "probe"));
  EXPECT_THAT(index_.LabelNames({Matcher::Equal("probe", "2"), Matcher::Equal("host", "")}),
              UnorderedElementsAre("__name__", "probe"));
  EXPECT_THAT(index_.LabelValues("host", {Make(Matcher::Kind::kRegex, "probe", ".+")}),
              UnorderedElementsAre("a", "b"));
  EXPECT_THAT(index_.LabelValues("host", {Matcher::Equal("probe", "2")}), ElementsAre("b"));
  EXPECT_THAT(index_.LabelValues("host", {Matcher::Equal("probe", "3")}), IsEmpty());
  EXPECT_THAT(index_.LabelValues("none", {Matcher::Equal("probe", "1")}), IsEmpty());
  EXPECT_THAT(index_.LabelNames({}), IsEmpty());
}

}  // namespace
}  // namespace forewarn
