#include "rules/live/live_rule.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/rules/fake_source.h"

namespace forewarn {
namespace {

Timestamp At(int64_t second) { return kTimeZero + second * 1s; }
const Scope kScope = {"acme", "plant", ""};

class LiveRuleTest : public ::testing::Test {
 protected:
  void Write(const std::string& name, Labels labels, int64_t second, double value) {
    labels.Set(kMetricName, name);
    labels.Set("customer", "acme");
    labels.Set("installation", "plant");
    source_.Write(labels, {At(second), value});
    watches_.Begin(&applied_);
    watches_.End();
    source_.Begin();
  }

  LiveRule Bind(const std::string& text) {
    std::shared_ptr<const LivePlan> plan = MakeLivePlan(*promql::Parse(text), nullptr);
    std::vector<Watch*> watches;
    for (const LivePlan::Selector& selector : plan->selectors) {
      watches.push_back(*watches_.Make(kScope, selector.matchers, selector.reach(), At(0)));
    }
    return {plan, watches, watches_};
  }

  // `instance value` of each result; "nothing" when only the general evaluator can say.
  std::string Evaluate(LiveRule& rule, int64_t second) {
    for (Watch* watch : rule.watches()) EXPECT_TRUE(watches_.Prepare(*watch, At(second)).ok());
    std::optional<promql::Vector> result = rule.Evaluate(At(second), 5min, values_);
    return result ? Show(*result) : "nothing";
  }

  static std::string Show(const promql::Vector& result) {
    std::string text;
    for (const promql::VectorSample& sample : result) {
      text += (text.empty() ? "" : ", ") + std::string(sample.labels.Get("instance")) + " " +
              std::to_string(static_cast<int>(sample.value));
    }
    return text;
  }

  FakeSource source_;
  const Applied applied_{source_.taken, source_.named};
  Watches watches_{source_, 1000};
  LiveValues values_;
};

TEST_F(LiveRuleTest, AnInstantIsTheNewestSampleWithinTheLookBack) {
  LiveRule rule = Bind("x > 1");
  Write("x", {{"instance", "a"}}, 10, 2);
  Write("x", {{"instance", "b"}}, 20, 1);
  EXPECT_EQ(Evaluate(rule, 20), "a 2");
  Write("x", {{"instance", "b"}}, 30, 3);
  EXPECT_EQ(Evaluate(rule, 25), "a 2");
  EXPECT_EQ(Evaluate(rule, 310), "a 2, b 3");
  EXPECT_EQ(Evaluate(rule, 311), "b 3");
  Write("x", {{"instance", "b"}}, 312, StaleMarker());
  EXPECT_EQ(Evaluate(rule, 312), "");
}

// Where look-back, windows and markers begin and end, to the millisecond: the same for what is kept up to date, an
// instant query and each step of a range query.
TEST_F(LiveRuleTest, TheEdgesAreThoseOfInstantAndRangeQueries) {
  Write("x", {{"instance", "a"}}, 0, 1);
  Write("x", {{"instance", "b"}}, 0, 1);
  Write("x", {{"instance", "b"}}, 60, StaleMarker());
  Write("x", {{"instance", "b"}}, 120, 3);
  struct Case {
    const char* expression;
    int64_t millisecond;
    const char* expected;
  };
  for (const Case& c : std::vector<Case>{
           {"x", -1, ""},
           {"x", 0, "a 1, b 1"},
           {"x", 59'999, "a 1, b 1"},
           {"x", 60'000, "a 1"},
           {"x", 119'999, "a 1"},
           {"x", 120'000, "a 1, b 3"},
           {"x", 300'000, "a 1, b 3"},
           {"x", 300'001, "b 3"},
           {"x", 420'000, "b 3"},
           {"x", 420'001, ""},
           {"x offset 1m", 360'000, "a 1, b 3"},
           {"x offset 1m", 360'001, "b 3"},
           {"sum by (instance) (x)", 300'001, "b 3"},
           {"absent(x)", 420'000, ""},
           {"absent(x)", 420'001, " 1"},
           {"count_over_time(x[1m])", 60'000, "a 1, b 1"},
           {"count_over_time(x[1m])", 60'001, ""},
           {"count_over_time(x[1m])", 119'999, ""},
           {"count_over_time(x[2m])", 120'000, "a 1, b 2"},
           {"count_over_time(x[2m])", 120'001, "b 1"},
           {"count_over_time(x[1m])", 180'000, "b 1"},
           {"count_over_time(x[1m])", 180'001, ""},
           {"count_over_time(x[1m] offset 1m)", 240'000, "b 1"},
           {"count_over_time(x[1m] offset 1m)", 240'001, ""},
       }) {
    const Timestamp at = kTimeZero + c.millisecond * 1ms;
    const promql::Expression expression = *promql::Parse(c.expression);
    LiveRule rule = Bind(c.expression);
    for (Watch* watch : rule.watches()) EXPECT_TRUE(watches_.Prepare(*watch, at).ok());
    EXPECT_EQ(Show(*rule.Evaluate(at, 5min, values_)), c.expected)
        << c.expression << " kept up to date at " << c.millisecond;
    StatusOr<promql::Value> instant = promql::EvaluateAt(expression, source_, at, {});
    EXPECT_EQ(Show(std::get<promql::Vector>(*instant)), c.expected)
        << c.expression << " at " << c.millisecond;
    StatusOr<promql::Matrix> range =
        promql::EvaluateRange(expression, source_, at - 3 * 37s, at + 2 * 37s, 37s, {});
    promql::Vector step;
    for (const SeriesData& series : *range) {
      for (const Sample& sample : series.samples) {
        if (sample.at == at) step.push_back({series.labels, at, sample.value});
      }
    }
    EXPECT_EQ(Show(step), c.expected) << c.expression << " of a range at " << c.millisecond;
  }
}

TEST_F(LiveRuleTest, AWindowHasBothItsEndsAndNoStaleMarkers) {
  LiveRule rule = Bind("count_over_time(x[1m])");
  for (int64_t second : {0, 20, 40, 60}) Write("x", {{"instance", "a"}}, second, 1);
  EXPECT_EQ(Evaluate(rule, 60), "a 4");
  Write("x", {{"instance", "a"}}, 61, StaleMarker());
  EXPECT_EQ(Evaluate(rule, 61), "a 3");
  EXPECT_EQ(Evaluate(rule, 121), "");
}

TEST_F(LiveRuleTest, SaysNothingWhereAMatchIsNotUnique) {
  LiveRule rule = Bind("x / on (instance) y");
  Write("x", {{"instance", "a"}}, 10, 8);
  Write("y", {{"instance", "a"}, {"mode", "1"}}, 10, 2);
  EXPECT_EQ(Evaluate(rule, 10), "a 4");
  Write("y", {{"instance", "a"}, {"mode", "2"}}, 20, 4);
  EXPECT_EQ(Evaluate(rule, 20), "nothing");
  EXPECT_FALSE(rule.is_ambiguous());
  Write("y", {{"instance", "a"}, {"mode", "1"}}, 30, StaleMarker());
  EXPECT_EQ(Evaluate(rule, 30), "a 2");
}

// A kernel was upgraded: the series that says so is another one.
TEST_F(LiveRuleTest, LabelsThatAreTakenOverComeFromTheOneThatHasNotEnded) {
  LiveRule rule = Bind("x * on (instance) group_left (release) info");
  Write("x", {{"instance", "a"}}, 10, 8);
  Write("info", {{"instance", "a"}, {"release", "1"}}, 10, 1);
  EXPECT_EQ(Evaluate(rule, 10), "a 8");
  Write("info", {{"instance", "a"}, {"release", "2"}}, 20, 1);
  EXPECT_EQ(Evaluate(rule, 20), "nothing");
  EXPECT_TRUE(rule.is_ambiguous());
  Write("x", {{"instance", "a"}}, 1000, 8);
  Write("info", {{"instance", "a"}, {"release", "2"}}, 1000, 1);
  EXPECT_EQ(Evaluate(rule, 1000), "nothing") << "until somebody looks for what has ended";
  for (Watch* watch : rule.watches()) watches_.ForgetEnded(*watch);
  EXPECT_EQ(Evaluate(rule, 1000), "a 8");
  EXPECT_EQ(rule.Evaluate(At(1000), 5min, values_)->front().labels.Get("release"), "2");
}

TEST_F(LiveRuleTest, AnOffsetLooksBackFromTheInstant) {
  LiveRule rule = Bind("x offset 1m");
  LiveRule count = Bind("count_over_time(x[30s] offset 1m)");
  LiveRule ahead = Bind("x offset -10s");
  for (int64_t second : {0, 20, 40, 60, 80}) Write("x", {{"instance", "a"}}, second, second);
  EXPECT_EQ(Evaluate(rule, 59), "");
  EXPECT_EQ(Evaluate(rule, 60), "a 0");
  EXPECT_EQ(Evaluate(rule, 119), "a 40");
  EXPECT_EQ(Evaluate(count, 110), "a 2") << "of 20 s to 50 s";
  EXPECT_EQ(Evaluate(ahead, 70), "a 80");
}

TEST_F(LiveRuleTest, AbsenceIsToldWithoutAnySeries) {
  LiveRule rule = Bind("absent(x{instance=\"a\"})");
  EXPECT_EQ(Evaluate(rule, 0), "a 1");
  Write("x", {{"instance", "a"}}, 10, 2);
  EXPECT_EQ(Evaluate(rule, 310), "");
  EXPECT_EQ(Evaluate(rule, 311), "a 1");
}

TEST_F(LiveRuleTest, AScalarIsTheValueOfTheOnlySeries) {
  LiveRule rule = Bind("y > scalar(x)");
  Write("y", {{"instance", "a"}}, 10, 5);
  EXPECT_EQ(Evaluate(rule, 10), "");
  Write("x", {{"instance", "1"}}, 10, 3);
  EXPECT_EQ(Evaluate(rule, 10), "a 5");
  Write("x", {{"instance", "2"}}, 20, 3);
  EXPECT_EQ(Evaluate(rule, 20), "");
}

TEST_F(LiveRuleTest, AQuantileIsOfTheBucketsThatHaveAValue) {
  LiveRule rule = Bind("histogram_quantile(0.5, x)");
  Write("x", {{"instance", "a"}, {"le", "10"}}, 10, 4);
  Write("x", {{"instance", "a"}, {"le", "20"}}, 10, 8);
  Write("x", {{"instance", "a"}, {"le", "+Inf"}}, 10, 8);
  Write("x", {{"instance", "a"}, {"le", "none"}}, 10, 800);
  EXPECT_EQ(Evaluate(rule, 10), "a 10");
  Write("x", {{"instance", "a"}, {"le", "10"}}, 20, StaleMarker());
  Write("x", {{"instance", "a"}, {"le", "5"}}, 20, 8);
  EXPECT_EQ(Evaluate(rule, 20), "a 2");
}

TEST_F(LiveRuleTest, GroupsAndSetsFollowTheirSeries) {
  LiveRule sum = Bind("sum by (instance) (x)");
  LiveRule unless = Bind("x unless on (instance) y > 1");
  LiveRule either = Bind("x or on (instance) y");
  Write("x", {{"instance", "a"}, {"mode", "1"}}, 10, 1);
  Write("x", {{"instance", "a"}, {"mode", "2"}}, 10, 2);
  Write("y", {{"instance", "b"}}, 10, 5);
  EXPECT_EQ(Evaluate(sum, 10), "a 3");
  EXPECT_EQ(Evaluate(unless, 10), "a 1, a 2");
  EXPECT_EQ(Evaluate(either, 10), "a 1, a 2, b 5");
  Write("x", {{"instance", "b"}, {"mode", "1"}}, 20, 4);
  EXPECT_EQ(Evaluate(sum, 20), "a 3, b 4");
  EXPECT_EQ(Evaluate(unless, 20), "a 1, a 2");
  EXPECT_EQ(Evaluate(either, 20), "a 1, a 2, b 4");
}

}  // namespace
}  // namespace forewarn
