#include "bench/workload.h"

#include <gtest/gtest.h>

#include <utility>

namespace forewarn::bench {
namespace {

constexpr WorkloadOptions kSmall = {
    .hosts = 3, .rounds = 4, .start = FromMillis(1'780'000'000'000), .metrics = 20};

std::unique_ptr<Workload> Opened(const WorkloadOptions& options) {
  StatusOr<std::unique_ptr<Workload>> workload = Workload::Open(options);
  EXPECT_TRUE(workload.ok()) << workload.status().ToString();
  return *std::move(workload);
}

TEST(Workload, SaysHowMuchItWillGive) {
  auto workload = Opened(kSmall);
  EXPECT_EQ(workload->series(), 60U);
  EXPECT_EQ(workload->rounds(), 4U);
  auto host = workload->Host(2);
  HostRound round;
  size_t rounds = 0;
  for (Timestamp last; host->Next(round); ++rounds) {
    EXPECT_GT(round.at, last);
    EXPECT_EQ(round.refs.size(), 20U);
    EXPECT_EQ(round.values.size(), 20U);
    last = round.at;
  }
  EXPECT_EQ(rounds, 4U);
}

TEST(Workload, GivesTheSameWhateverTheOrderOfHosts) {
  auto workload = Opened(kSmall);
  auto once = workload->Host(1);
  auto other = workload->Host(0);
  auto again = workload->Host(1);
  HostRound a, b, unused;
  while (once->Next(a)) {
    ASSERT_TRUE(other->Next(unused));
    ASSERT_TRUE(again->Next(b));
    EXPECT_EQ(a.at, b.at);
    EXPECT_EQ(a.values, b.values);
    EXPECT_NE(a.values, unused.values);
  }
}

TEST(Workload, AnotherSeedGivesOtherValues) {
  WorkloadOptions options = kSmall;
  options.seed = 2;
  HostRound a, b;
  ASSERT_TRUE(Opened(kSmall)->Host(0)->Next(a));
  ASSERT_TRUE(Opened(options)->Host(0)->Next(b));
  EXPECT_NE(a.values, b.values);
}

TEST(Workload, RefusesWhatWouldSendNothing) {
  for (auto change :
       {+[](WorkloadOptions& o) { o.hosts = 0; }, +[](WorkloadOptions& o) { o.metrics = 0; },
        +[](WorkloadOptions& o) { o.every = 0; }, +[](WorkloadOptions& o) { o.interval = 0ms; }}) {
    WorkloadOptions options = kSmall;
    change(options);
    EXPECT_EQ(Workload::Open(options).status().code(), Code::kInvalidArgument);
  }
}

}  // namespace
}  // namespace forewarn::bench
