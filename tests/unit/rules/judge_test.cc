#include "rules/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/rules/fake_source.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Timestamp kStart = FromMillis(1'700'000'000'000);

// One alerting rule `A: x > 0` on a grid over the probes a and b.
class JudgeTest : public ::testing::Test {
 protected:
  JudgeTest() {
    group_.name = "g";
    RuleFiles files = ParseRuleFile("r.yaml",
                                    "groups:\n- name: g\n  rules:\n"
                                    "  - {alert: A, expr: sum by (disk) (x) > 0}\n");
    group_.rules = PrepareRules(std::move(files.groups), {})[0].rules;
    stream_.customer = "acme";
    stream_.installation = "plant";
    for (const char* probe : {"a", "b"}) Hear(probe, kStart);
  }

  void Hear(const std::string& probe, Timestamp at) {
    contacts_.Observe(
        {0, at, probe, Command(HelloCommand{{"acme", "plant", probe}, probe, "1", 0ms})});
  }

  // The evaluation at `at` has these disks for results; returns the states the alerts stepped into.
  std::vector<AlertState> Say(Timestamp at, const std::vector<std::string>& disks) {
    std::vector<AlertResult> results;
    for (const std::string& disk : disks) {
      AlertResult& result = results.emplace_back();
      result.result = {{"disk", disk}};
      result.labels = {{"disk", disk}, {"alertname", "A"}};
    }
    std::vector<AlertState> steps;
    promql::Budget budget = RuleBudget();
    Evidence evidence(source_, group_.rules[0].roots, limits_, 5min, budget);
    Trial trial{group_, group_.rules[0], stream_, at, at, {}};
    status_ = Judge(
        trial, std::move(results), evidence, contacts_, book_,
        [&](const std::optional<Alert>&, const Alert& after) { steps.push_back(after.state); });
    return steps;
  }

  const SelectLimits limits_;
  PreparedGroup group_;
  Stream stream_;
  FakeSource source_;
  Contacts contacts_;
  AlertBook book_;
  Status status_;
};

TEST_F(JudgeTest, ResolvesOnLiveData) {
  source_.Write(R"(x{disk="1",probe="a"} 1 0)", kStart, 1min);
  EXPECT_THAT(Say(kStart, {"1"}), ElementsAre(AlertState::kFiring));
  EXPECT_THAT(book_.all().begin()->second.life.alert.probes, ElementsAre("a"));
  EXPECT_THAT(Say(kStart + 1min, {}), ElementsAre(AlertState::kResolved));
  EXPECT_TRUE(book_.all().empty());
}

TEST_F(JudgeTest, LeavesAnAlertOpenWhoseSeriesIsGone) {
  source_.Write(R"(x{disk="1",probe="a"} 1 stale)", kStart, 1min);
  Say(kStart, {"1"});
  EXPECT_THAT(Say(kStart + 1min, {}), ElementsAre(AlertState::kUnknown));
}

TEST_F(JudgeTest, ResolvesNothingThatASilentProbeHadAPartIn) {
  source_.Write(R"(x{disk="1",probe="a"} 1x10 0x60)", kStart, 1min);
  source_.Write(R"(x{disk="1",probe="b"} 1)", kStart, 1min);
  Say(kStart, {"1"});
  Hear("a", kStart + 10min);  // b is lost
  EXPECT_THAT(Say(kStart + 10min, {"1"}), IsEmpty()) << "it goes on by a alone";
  EXPECT_THAT(Say(kStart + 12min, {}), ElementsAre(AlertState::kUnknown));
  Hear("a", kStart + 13min);
  Hear("b", kStart + 13min);
  EXPECT_THAT(Say(kStart + 13min, {}), ElementsAre(AlertState::kResolved));
}

TEST_F(JudgeTest, StartsWhileAProbeIsSilentUnlessItRestsOnThat) {
  source_.Write(R"(x{disk="1",probe="a"} _x9 1)", kStart, 1min);
  Hear("a", kStart + 10min);
  EXPECT_THAT(Say(kStart + 10min, {"1", "2"}), ElementsAre(AlertState::kFiring))
      << "nothing is known of 2";
}

TEST_F(JudgeTest, LearnsNothingFromTheLastWordsOfASilentProbe) {
  source_.Write(R"(x{disk="1",probe="b"} 1x3)", kStart, 1min);
  Say(kStart, {"1"});
  Hear("a", kStart + 3min);  // b is late
  AlertRecord& record = *book_.Find(book_.all().begin()->first);
  ASSERT_TRUE(LoseContact(record.life, kStart + 3min));
  EXPECT_THAT(Say(kStart + 4min, {"1"}), IsEmpty());
  EXPECT_EQ(record.life.alert.state, AlertState::kUnknown);
}

TEST_F(JudgeTest, MovesNothingThatItCannotReadTheEvidenceOf) {
  source_.Write(R"(x{disk="1",probe="a"} 1 0)", kStart, 1min);
  Say(kStart, {"1"});
  source_.fail = true;
  EXPECT_THAT(Say(kStart + 1min, {}), IsEmpty());
  EXPECT_FALSE(status_.ok());
  EXPECT_EQ(book_.all().size(), 1u);
}

}  // namespace
}  // namespace forewarn
