#include "rules/live/live_rules.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/rules/live/live_world.h"

namespace forewarn {
namespace {

// Expressions, drawn from a seed: as people write them, and deeper.
class Expressions {
 public:
  explicit Expressions(unsigned seed) : random_(seed) {}

  std::string Vector(int depth) {
    if (depth == 0) return Leaf();
    switch (Below(16)) {
      case 0: return fmt::format("({} {} {})", Vector(depth - 1), Operator(), Scalar());
      case 1: return fmt::format("({} {} {})", Scalar(), Operator(), Vector(depth - 1));
      case 2:
        return fmt::format("({} {} {} {})", Vector(depth - 1), Operator(), Matching(),
                           Vector(depth - 1));
      case 3:
        return fmt::format("({} {} {} {})", Vector(depth - 1), OneOf({"and", "or", "unless"}),
                           Matching(), Vector(depth - 1));
      case 4:
        return fmt::format(
            "{} {} ({})", OneOf({"sum", "avg", "min", "max", "count", "group", "stddev"}),
            OneOf({"by (instance)", "by (instance, mode)", "without (mode)", "by (__name__)", ""}),
            Vector(depth - 1));
      case 5:
        return fmt::format("{}({})", OneOf({"abs", "ceil", "sqrt", "-", "sgn"}), Vector(depth - 1));
      case 6:
        return fmt::format("({} * on (instance) group_left ({}) {})", Vector(depth - 1),
                           OneOf({"", "version"}),
                           OneOf({"info", "sum by (instance, version) (info)"}));
      case 7: return fmt::format("quantile by (instance) ({}, {})", Scalar(), Vector(depth - 1));
      case 8:
        return fmt::format("histogram_quantile({}, {})", Scalar(),
                           OneOf({"h", "rate(h[5m])", "sum by (instance, le) (rate(h[5m]))",
                                  "sum by (le) (h)", "h * 2", Vector(depth - 1)}));
      case 9:
        return fmt::format("label_replace({}, \"{}\", \"{}\", \"{}\", \"(.)(.*)\")",
                           Vector(depth - 1), OneOf({"mode", "kind", "instance", "__name__"}),
                           OneOf({"$1", "$2", "z$2$1", ""}),
                           OneOf({"instance", "mode", "__name__"}));
      case 10:
        return fmt::format("label_join({}, \"{}\", \"-\", \"instance\", \"mode\")",
                           Vector(depth - 1), OneOf({"mode", "kind"}));
      case 11: return fmt::format("absent({})", OneOf({Selector(), Vector(depth - 1)}));
      case 12:
        return fmt::format("({} {} scalar({}))", Vector(depth - 1), Operator(),
                           OneOf({"a{instance=\"i9\"}", "sum(b)", Vector(depth - 1)}));
      case 13: return fmt::format("timestamp({})", Vector(depth - 1));
      case 14:
        return fmt::format("{} {} ({}, {})", OneOf({"topk", "bottomk"}),
                           OneOf({"", "by (instance)", "without (mode)"}),
                           OneOf({"1", "3", "2.7", "0", "-3", "scalar(count(b))"}),
                           Vector(depth - 1));
      default: return fmt::format("clamp({}, -5, {})", Vector(depth - 1), Scalar());
    }
  }

 private:
  unsigned Below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }
  std::string OneOf(const std::vector<std::string>& texts) {
    return texts[Below(static_cast<unsigned>(texts.size()))];
  }
  std::string Scalar() { return OneOf({"0", "5", "0.5", "(1 + 1)", "-3", "time() / 1e9"}); }
  std::string Operator() {
    return OneOf({"+", "-", "*", "/", "%", ">", "<", "==", "!=", ">= bool", "<= bool"});
  }
  std::string Matching() {
    return OneOf({"", "", "on (instance)", "ignoring (mode)", "on (instance, mode)"});
  }
  std::string Selector() {
    return OneOf({"a", "b", "c", "a{mode=\"x\"}", "b{instance!=\"i1\"}", "{__name__=~\"a|b\"}"});
  }
  std::string Offset() {
    return OneOf({"", "", "", " offset 1m", " offset 21m", " offset 7s", " offset -1m"});
  }
  std::string Leaf() {
    if (Below(20) == 0) return OneOf({"vector(3)", "minute()", "vector(time() % 100)"});
    if (Below(2) == 0) return Selector() + Offset();
    std::string window =
        fmt::format("{}[{}]{}", Selector(), OneOf({"1m", "5m", "20m", "44s"}), Offset());
    if (Below(8) == 0) return fmt::format("predict_linear({}, {})", window, Scalar());
    if (Below(8) == 0) return fmt::format("quantile_over_time({}, {})", Scalar(), window);
    return fmt::format("{}({})",
                       OneOf({"rate", "increase", "delta", "irate", "idelta", "deriv", "changes",
                              "resets", "avg_over_time", "sum_over_time", "min_over_time",
                              "max_over_time", "count_over_time", "last_over_time",
                              "present_over_time", "stddev_over_time", "absent_over_time"}),
                       window);
  }

  std::mt19937 random_;
};

const std::vector<std::string> kUsual = {
    "a > 5",
    "a == b",
    "rate(c[5m]) > 0.01",
    "increase(c[1m])",
    "sum without (mode) (rate(c[5m])) / on (instance) group_left () sum by (instance) (a) > 0",
    "a unless on (instance, mode) b > 2",
    "a > 1 and b > 1 or c",
    "a * on (instance) group_left (version) info",
    "predict_linear(a[20m], 3600) < 0",
    "avg_over_time(a[20m]) - 2 * stddev_over_time(a[20m]) > 3",
    "last_over_time({__name__=~\"a|b\"}[44s]) > 1",
    "quantile by (mode) (0.9, a)",
    "time() - a > 0",
    "-a < -2",
    "(a > 0) * 2 + b",
    "sum by (__name__) ({__name__=~\"a|b\"}) > 3",
    "histogram_quantile(0.9, rate(h[5m])) > 0.5",
    "histogram_quantile(0.5, sum by (le) (h))",
    "rate(c[5m]) > 2 * rate(c[5m] offset 10m)",
    "a - a offset 1m",
    "absent(a{instance=\"i9\"})",
    "a > scalar(b{instance=\"i1\", mode=\"x\"})",
    "time() - timestamp(a) > 10",
    "label_replace(a, \"host\", \"h$1\", \"instance\", \"i(.)\") * on (host, mode) "
    "label_replace(b, \"host\", \"h$1\", \"instance\", \"i(.)\")",
    "label_join(a, \"id\", \"-\", \"instance\", \"mode\") > 2",
    "a and on () minute() % 2 == 1",
    "topk by (mode) (2, a)",
    "a * on (instance, mode) bottomk(3, b)",
    "+topk(3, a)",
};

TEST(LiveRules, SayWhatTheGeneralEvaluatorSaysAtEveryInstant) {
  LiveWorld world(kUsual, 4711);
  for (int round = 0; round < 1500 && !testing::Test::HasFailure(); ++round) world.Round();
  const uint64_t all = world.live_.live() + world.live_.general();
  EXPECT_GT(world.live_.live(), all * 9 / 10);
  EXPECT_GT(world.not_empty, all / 2);
}

// FW_LIVE_RULES_SEEDS=n draws more of them.
TEST(LiveRules, SayItOfExpressionsDrawnFromASeed) {
  const char* more = std::getenv("FW_LIVE_RULES_SEEDS");
  const unsigned seeds = more == nullptr ? 3 : static_cast<unsigned>(std::stoul(more));
  for (unsigned seed = 1; seed <= seeds && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Expressions expressions(seed);
    std::vector<std::string> texts;
    for (int i = 0; i < 40; ++i) texts.push_back(expressions.Vector(1 + i % 3));
    LiveWorld world(texts, seed);
    for (int round = 0; round < 200 && !testing::Test::HasFailure(); ++round) world.Round();
    EXPECT_GT(world.live_.live(), 1000U);
    EXPECT_GT(world.not_empty, 500U);
  }
}

TEST(LiveRules, LookAtTheTimeThatTheGroupsOffsetSays) {
  LiveWorld world({"a", "count_over_time(a[1m])"}, 7, "  query_offset: 40s\n");
  for (int round = 0; round < 300 && !testing::Test::HasFailure(); ++round) world.Round();
  EXPECT_EQ(world.live_.general(), 0U);
  EXPECT_GT(world.not_empty, 400U);
}

TEST(LiveRules, AnInstantBeforeOthersIsRightAsWell) {
  LiveWorld world({"a", "rate(c[5m])"}, 9);
  for (int round = 0; round < 200; ++round) world.Round();
  world.live_.Begin(&world.applied_);
  for (Duration back : {1s, 600s, 5s}) world.Check(world.now_ - back);
}

TEST(LiveRules, ReadEachSeriesOfTheSourceOnce) {
  LiveWorld world(kUsual, 11);
  for (int round = 0; round < 100; ++round) world.Round();
  const size_t series =
      world.source_.Match({*Matcher::Make(Matcher::Kind::kRegex, std::string(kMetricName), ".+")})
          ->size();
  EXPECT_GT(series, 15U);
  // The first round binds the rules; what is new comes with its entry.
  EXPECT_LT(world.source_.reads, 2 * kUsual.size() * series);
  const size_t before = world.source_.reads;
  for (int round = 0; round < 100; ++round) world.Round();
  EXPECT_EQ(world.source_.reads, before);
}

TEST(LiveRules, WithoutRoomTheyLeaveItToTheGeneralEvaluator) {
  LiveWorld world({"a", "b"}, 13);
  LiveRules none(nullptr, {});
  none.SetRules(std::make_shared<LiveTable>(world.groups_));
  EXPECT_FALSE(
      none.Evaluate(world.groups_[0], world.groups_[0].rules[0], world.stream_, kStart, kLookback));
  for (int round = 0; round < 30; ++round) world.Round();
  LiveRules small(&world.source_, {1});
  small.SetRules(std::make_shared<LiveTable>(world.groups_));
  for (const PreparedRule& rule : world.groups_[0].rules) {
    EXPECT_FALSE(small.Evaluate(world.groups_[0], rule, world.stream_, world.now_, kLookback));
  }
  EXPECT_EQ(small.general(), 2U);
  EXPECT_EQ(small.samples(), 0U);
}

TEST(LiveRules, GiveUpForAnHourWhatGrowsWithoutEnd) {
  LiveWorld world({"a"}, 19);
  LiveRules live(&world.source_, {100});
  live.SetRules(std::make_shared<LiveTable>(world.groups_));
  const PreparedGroup& group = world.groups_[0];
  auto evaluate = [&](Timestamp at) {
    live.Begin(&world.applied_);
    const bool known =
        live.Evaluate(group, group.rules[0], world.stream_, at, kLookback).has_value();
    live.End();
    world.source_.Begin();
    return known;
  };
  EXPECT_TRUE(evaluate(kStart));
  for (int i = 1; i <= 101; ++i) {
    world.source_.Write(LiveWorld::Named({{"__name__", "a"}, {"instance", "i1"}}),
                        {kStart + i * 1s, 1});
  }
  live.Begin(&world.applied_);
  live.End();
  world.source_.Begin();
  EXPECT_EQ(live.samples(), 0U);
  EXPECT_FALSE(evaluate(kStart + 1min));
  EXPECT_FALSE(evaluate(kStart + 59min));
  EXPECT_TRUE(evaluate(kStart + 65min));
}

TEST(LiveRules, ARangeThatIsNotAskedForInAStreamCostsNothingThere) {
  LiveWorld world({"a", "avg_over_time(a[1h])", "a offset 30m"}, 23);
  for (int round = 0; round < 300; ++round) world.Round();
  LiveRules live(&world.source_, {});
  live.SetRules(std::make_shared<LiveTable>(world.groups_));
  const PreparedGroup& group = world.groups_[0];
  const auto evaluate = [&](size_t rule) {
    return live.Evaluate(group, group.rules[rule], world.stream_, world.now_, kLookback);
  };
  ASSERT_TRUE(evaluate(0));
  const size_t of_newest = live.samples();
  EXPECT_LT(of_newest, 7U * 25) << "what may have ended is looked for in five minutes";
  const ScopedSource scoped(world.source_, "acme", "plant", "p1");
  for (size_t rule : {2U, 1U, 0U}) {
    std::optional<promql::Vector> result = evaluate(rule);
    ASSERT_TRUE(result);
    StatusOr<promql::Value> general =
        promql::EvaluateAt(group.rules[rule].rule.expression, scoped, world.now_, {});
    EXPECT_TRUE(Same(*result, std::get<promql::Vector>(*general))) << rule;
    EXPECT_FALSE(result->empty()) << rule;
  }
  EXPECT_GT(live.samples(), 4 * of_newest);
}

// The watch that they share has few samples.
TEST(LiveRules, LabelsThatTheyKeepHaveABoundInAll) {
  const std::string text = R"(label_replace(a, "host", "h$1", "instance", "i.*"))";
  LiveWorld world(std::vector<std::string>(20, text), 29);
  for (int round = 0; round < 100; ++round) world.Round();
  LiveRules live(&world.source_, {600});
  live.SetRules(std::make_shared<LiveTable>(world.groups_));
  const auto count = [&] {
    size_t known = 0;
    for (const PreparedRule& rule : world.groups_[0].rules) {
      known += live.Evaluate(world.groups_[0], rule, world.stream_, world.now_, kLookback) ? 1 : 0;
    }
    return known;
  };
  const size_t known = count();
  EXPECT_GT(known, 2U);
  EXPECT_LT(known, 8U);
  EXPECT_EQ(count(), known) << "those that had no room did not take it from the others";
  live.Forget(world.stream_);
  EXPECT_EQ(count(), known) << "the room is free again";
}

TEST(LiveRules, AStreamThatIsForgottenBeginsAnew) {
  LiveWorld world({"a", "rate(c[5m])"}, 17);
  for (int round = 0; round < 50; ++round) world.Round();
  EXPECT_GT(world.live_.samples(), 0U);
  world.live_.Forget(world.stream_);
  EXPECT_EQ(world.live_.samples(), 0U);
  for (int round = 0; round < 50; ++round) world.Round();
  EXPECT_EQ(world.live_.general(), 0U);
}

}  // namespace
}  // namespace forewarn
