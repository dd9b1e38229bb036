#include "rules/rounds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/rules/engine_world.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kThree =
    "groups:\n- name: g\n  rules:\n  - record: one\n    expr: x\n  - record: two\n    expr: one + "
    "1\n"
    "- name: h\n  rules:\n  - alert: A\n    expr: two > 2\n";

// Rounds at which x is 1, 2, 1, 2, …, all in one batch.
Batch Waves(World& world, int rounds) {
  Batch batch = world.Collect(Probe('a'), kStart, {});
  auto table = std::make_shared<SeriesTable>();
  Labels x = kX;
  x.Set("customer", kCustomer);
  x.Set("installation", kInstallation);
  x.Set("probe", Probe('a').probe);
  table->series.push_back(x);
  batch.rounds.clear();
  for (int i = 0; i < rounds; ++i) {
    batch.samples.refs.push_back(0);
    batch.samples.times.push_back(kStart + i * 1min);
    batch.samples.values.push_back(1 + i % 2);
    batch.rounds.push_back({kStart + i * 1min, 1min, 0ms});
  }
  batch.samples.table = table;
  return batch;
}

TEST(Rounds, LeaveWhatIsTooMuchForOneEntryToTicks) {
  World all(kThree);
  all.Hand({0, kStart + 5min, "a", Waves(all, 6)});
  ASSERT_THAT(all.Steps(),
              ElementsAre("1 A none -> firing", "2 A firing -> resolved", "3 A none -> firing",
                          "4 A firing -> resolved", "5 A none -> firing"));
  for (bool restarts : {false, true}) {
    World little(kThree, {.work = 1});
    little.restart_always = restarts;
    little.Hand({0, kStart + 5min, "a", Waves(little, 6)});
    EXPECT_EQ(little.Steps(), all.Steps());
    EXPECT_EQ(little.written_total, all.written_total) << "each rule ran once at each instant";
    EXPECT_LE(little.written_most, 4u) << "of one rule";
    EXPECT_EQ(little.engine().NextTimer(), std::nullopt);
  }
}

TEST(Rounds, BeginAnewWithTheInstantWhenTheRulesAreOthers) {
  World world(kThree, {.work = 1});
  world.leaves_over = true;
  world.Hand({0, kStart, "a", Waves(world, 2)});
  EXPECT_EQ(world.written_total, 1u) << "the first rule";
  world.leaves_over = false;
  world.Load("groups:\n- name: h\n  rules:\n  - alert: A\n    expr: x > 1\n");
  world.Tick(kStart + 1min);
  EXPECT_THAT(world.Steps(), ElementsAre("1 A none -> firing"));
}

TEST(Rounds, LeaveOutTheOldestWhenTooManyWaitAndSaySo) {
  World world(OneRule("x > 1"), {.work = 1});
  world.Hand({0, kStart + 90h, "a", Waves(world, static_cast<int>(Rounds::kWaitingMax) + 11)});
  EXPECT_THAT(world.problems,
              ElementsAre(HasSubstr("10 evaluations of all of them were left out")));
  EXPECT_EQ(world.engine().Alerts().size(), 0u);
  EXPECT_EQ(world.changes.back().at, kStart + (Rounds::kWaitingMax + 10) * 1min);
}

TEST(Rounds, TellWhatTheyHadAlreadyOfNoRoundTwice) {
  World world(OneRule("x > 1"), {.work = 1});
  world.leaves_over = true;
  world.Hand({0, kStart + 5min, "a", Waves(world, 6)});
  world.Hand({0, kStart + 5min, "a", Waves(world, 6)});
  world.leaves_over = false;
  world.Tick(kStart + 5min);
  EXPECT_EQ(world.changes.size(), 5u);
}

}  // namespace
}  // namespace forewarn
