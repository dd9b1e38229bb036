// The simulator's tests: strategy and invariants are told at the top of world.h. Every failure
// prints its seed; FW_SIM_SEED runs that one, FW_SIM_SEEDS so many (./dev soak runs thousands).

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "base/units.h"
#include "tests/sim/world.h"

namespace forewarn::sim {

void PrintTo(const Interval& interval, std::ostream* out) {
  *out << "\n"
       << interval.labels << " true from " << FormatTime(interval.active_since) << ", fired at "
       << FormatTime(interval.fired_at) << ", over at " << FormatTime(interval.ended_at);
}

namespace {

uint64_t NumberFromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// Three hours of telemetry, to the end or to the first violation.
void Run(World& world) {
  while (!world.production_ended() && world.violations().empty()) world.Step();
  if (world.violations().empty()) world.Settle();
}

std::string FirstOf(const std::vector<std::string>& violations) {
  return violations.empty() ? "" : violations.front();
}

TEST(Sim, KeepsItsPromisesWhateverFails) {
  World calm(0, kNoFaults, Canary::kNone);
  sim::Run(calm);
  ASSERT_EQ(FirstOf(calm.violations()), "");
  ASSERT_GE(calm.Intervals().size(), 9u) << "the telemetry is meant to raise alerts";

  uint64_t first = NumberFromEnvironment("FW_SIM_SEED", 1);
  uint64_t seeds = NumberFromEnvironment("FW_SIM_SEEDS", 10);
  if (std::getenv("FW_SIM_SEED") != nullptr) seeds = 1;
  for (uint64_t seed = first; seed < first + seeds; ++seed) {
    World world(seed, Faults{}, Canary::kNone);
    sim::Run(world);
    ASSERT_EQ(FirstOf(world.violations()), "") << "FW_SIM_SEED=" << seed;
    ASSERT_EQ(world.Intervals(), calm.Intervals())
        << "G: other alerts than without faults; FW_SIM_SEED=" << seed;
  }
}

// The checks see what they are for: each of these mistakes, made on purpose, is found.
class SimCanary : public testing::TestWithParam<Canary> {};

TEST_P(SimCanary, IsSeen) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    World world(seed, Faults{}, GetParam());
    sim::Run(world);
    if (!world.violations().empty()) return;
  }
  FAIL() << "nothing noticed the mistake in 20 runs";
}

INSTANTIATE_TEST_SUITE_P(All, SimCanary,
                         testing::Values(Canary::kAckBeforeCommit, Canary::kForgetSequence,
                                         Canary::kSendBeforeCommit));

TEST(Sim, RepeatsFromItsSeed) {
  World one(7, Faults{}, Canary::kNone);
  World two(7, Faults{}, Canary::kNone);
  sim::Run(one);
  sim::Run(two);
  EXPECT_EQ(one.Delivered(), two.Delivered());
  EXPECT_FALSE(one.Delivered().empty());
}

}  // namespace
}  // namespace forewarn::sim
