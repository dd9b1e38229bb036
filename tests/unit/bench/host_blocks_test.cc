#include "bench/host_blocks.h"

#include <gtest/gtest.h>

#include <optional>

namespace forewarn::bench {
namespace {

TEST(HostBlocks, NameTheSeriesOfAStreamOnceAndGiveEachRound) {
  auto workload = Workload::Open({.hosts = 1, .rounds = 3, .metrics = 20});
  ASSERT_TRUE(workload.ok());
  HostBlocks blocks((*workload)->Host(0), [](Labels labels) {
    labels.Set("customer", "acme");
    return labels;
  });
  auto host = (*workload)->Host(0);
  HostRound round;
  std::shared_ptr<const SeriesStream> stream = blocks.block().stream;
  ASSERT_NE(stream, nullptr);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(host->Next(round));
    EXPECT_EQ(blocks.Next(), std::optional(round.at));
    const SampleBlock& block = blocks.block();
    EXPECT_EQ(block.stream, stream);
    EXPECT_EQ(block.refs, round.refs);
    EXPECT_EQ(block.values, round.values);
    EXPECT_EQ(block.times, std::vector<Timestamp>(20, round.at));
    ASSERT_EQ(block.table != nullptr, i == 0);
    if (i > 0) continue;
    ASSERT_EQ(block.table->series.size(), 20u);
    EXPECT_EQ(block.table->series[7].Get("customer"), "acme");
    EXPECT_EQ(block.table->series[7].name(), host->LabelsOf(7).name());
  }
  EXPECT_EQ(blocks.Next(), std::nullopt);
}

}  // namespace
}  // namespace forewarn::bench
