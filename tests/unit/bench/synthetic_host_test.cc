#include "bench/synthetic_host.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <string>

namespace forewarn::bench {
namespace {

constexpr Timestamp kStart = FromMillis(1'780'000'000'000);

std::string NameOf(const HostTelemetry& host, uint32_t ref) {
  std::string name(host.LabelsOf(ref).name());
  return name.substr(std::string("app_000_").size());
}

TEST(SyntheticHost, HasEachKindInItsShare) {
  auto host = MakeSyntheticHost({.start = kStart, .metrics = 100}, 3);
  std::map<std::string, int> kinds;
  for (uint32_t ref = 0; ref < host->series(); ++ref) ++kinds[NameOf(*host, ref)];
  EXPECT_EQ(kinds, (std::map<std::string, int>{{"requests_total", 35},
                                               {"errors_total", 10},
                                               {"memory_bytes", 15},
                                               {"busy_percent", 15},
                                               {"latency_seconds", 5},
                                               {"limit", 20}}));
}

TEST(SyntheticHost, MovesAsItsKindsDo) {
  auto host = MakeSyntheticHost({.rounds = 200, .start = kStart, .metrics = 100}, 0);
  HostRound before;
  ASSERT_TRUE(host->Next(before));
  HostRound round;
  std::map<std::string, int> moved;
  while (host->Next(round)) {
    for (uint32_t ref = 0; ref < round.size(); ++ref) {
      std::string kind = NameOf(*host, ref);
      double value = round.values[ref];
      double step = value - before.values[ref];
      if (step != 0) ++moved[kind];
      EXPECT_TRUE(step >= 0 || !kind.ends_with("_total")) << kind;
      EXPECT_TRUE(std::fmod(value, 4096) == 0 || kind != "memory_bytes") << value;
      EXPECT_TRUE(value == std::round(value * 100) / 100 || kind != "busy_percent") << value;
    }
    before = round;
  }
  EXPECT_EQ(moved.count("limit"), 0U);
  EXPECT_NEAR(moved["errors_total"] / (199.0 * 10), 0.06, 0.03);
  EXPECT_NEAR(moved["memory_bytes"] / (199.0 * 15), 0.8, 0.05);
  EXPECT_EQ(moved["latency_seconds"], 199 * 5);
}

TEST(SyntheticHost, RoundsKeepTheIntervalButForSomeMilliseconds) {
  auto host = MakeSyntheticHost({.rounds = 1000, .start = kStart, .metrics = 1}, 0);
  HostRound round;
  int off = 0;
  for (int64_t n = 0; host->Next(round); ++n) {
    Duration late = round.at - (kStart + n * 15s);
    EXPECT_LE(std::abs(late.count()), 3);
    off += late.count() != 0;
  }
  EXPECT_NEAR(off, 100 * 6 / 7, 35);
}

TEST(SyntheticHost, HostsHaveTheirOwnPhaseAndLabels) {
  std::set<Timestamp> times;
  std::set<Labels> labels;
  for (size_t h = 0; h < 50; ++h) {
    auto host = MakeSyntheticHost({.start = kStart, .metrics = 2}, h);
    HostRound round;
    ASSERT_TRUE(host->Next(round));
    EXPECT_LT(round.at, kStart + 15s + 3ms);
    times.insert(round.at);
    labels.insert(host->LabelsOf(0));
    labels.insert(host->LabelsOf(1));
  }
  EXPECT_GT(times.size(), 45U);
  EXPECT_EQ(labels.size(), 100U);
}

}  // namespace
}  // namespace forewarn::bench
