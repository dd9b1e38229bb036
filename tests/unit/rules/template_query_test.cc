#include "rules/template_query.h"

#include <gmock/gmock.h>

#include <string>

#include "tests/unit/rules/fake_source.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

constexpr Timestamp kAt = FromMillis(1'772'409'600'000);

class TemplateQueriesTest : public testing::Test {
 protected:
  TemplateQueriesTest() {
    source_.Write({{"__name__", "up"}, {"job", "b"}}, {kAt, 1});
    source_.Write({{"__name__", "up"}, {"job", "a"}}, {kAt - 1min, 0});
    source_.Write({{"__name__", "up"}, {"job", "later"}}, {kAt + 1ms, 1});
  }

  std::string Asked(const std::string& query) {
    const auto samples = queries_.Run(query);
    if (!samples.ok()) return samples.status().message();
    return templates::Print(templates::Value(*samples));
  }

  FakeSource source_;
  promql::Budget budget_{20'000'000, promql::kRuleWeights};
  TemplateQueries queries_{source_, kAt, {}, budget_};
};

TEST_F(TemplateQueriesTest, GivesTheVectorAtTheInstant) {
  EXPECT_EQ(Asked("up"), "[{map[__name__:up job:a] 0} {map[__name__:up job:b] 1}]");
  EXPECT_EQ(Asked("sum(up)"), "[{map[] 1}]");
  EXPECT_EQ(Asked("2"), "[{map[] 2}]") << "a scalar is a sample";
  EXPECT_EQ(Asked("down"), "[]");
}

TEST_F(TemplateQueriesTest, NamesTheQueryThatFails) {
  EXPECT_THAT(Asked("up{"), HasSubstr("query 'up{': 1:"));
  EXPECT_EQ(Asked("up[5m]"),
            "query 'up[5m]' gives no instant vector or scalar; a template needs one");
  source_.fail = true;
  EXPECT_THAT(Asked("up"), HasSubstr("query 'up': the source is broken"));
}

TEST_F(TemplateQueriesTest, ReadsTheSameOnce) {
  EXPECT_EQ(Asked("sum(up)"), "[{map[] 1}]");
  source_.fail = true;
  EXPECT_EQ(Asked("sum(up)"), "[{map[] 1}]");
}

TEST_F(TemplateQueriesTest, IsBounded) {
  for (size_t i = 0; i < TemplateQueries::kMaxQueries; ++i) {
    EXPECT_EQ(Asked(std::to_string(i)), "[{map[] " + std::to_string(i) + "}]");
  }
  EXPECT_EQ(Asked("up"), "the texts of this rule's alerts ask more than 100 queries");
  EXPECT_EQ(Asked("7"), "[{map[] 7}]") << "what is known can be asked again";

  for (size_t i = 0; i <= TemplateQueries::kMaxResults; ++i) {
    source_.Write({{"__name__", "wide"}, {"i", std::to_string(i)}}, {kAt, 1});
  }
  TemplateQueries others(source_, kAt, {}, budget_);
  EXPECT_EQ(others.Run("wide").status().message(),
            "query 'wide' has 1001 results; a template takes 1000 at most");
}

}  // namespace
}  // namespace forewarn
