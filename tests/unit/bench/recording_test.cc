#include "bench/recording.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace forewarn::bench {
namespace {

constexpr std::string_view kSeries =
    "__name__\tup\n"
    "__name__\tfree_bytes\tdevice\tsda\n";

template <typename T>
void Put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string Round(int64_t at, const std::vector<uint32_t>& refs,
                  const std::vector<double>& values) {
  std::string out;
  Put(out, at);
  Put(out, static_cast<uint32_t>(refs.size()));
  for (uint32_t ref : refs) Put(out, ref);
  for (double value : values) Put(out, value);
  return out;
}

class RecordingTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "/recording-XXXXXX";
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Write(std::string_view series, std::string_view rounds) {
    ASSERT_TRUE(WriteFileAtomically(folder_ + "/series.txt", series).ok());
    ASSERT_TRUE(WriteFileAtomically(folder_ + "/rounds.bin", rounds).ok());
  }
  std::string Refusal(std::string_view series, std::string_view rounds) {
    Write(series, rounds);
    Status status = Recording::Read(folder_).status();
    EXPECT_EQ(status.code(), Code::kInvalidArgument);
    return status.message();
  }

  std::string folder_;
};

TEST_F(RecordingTest, IsReplayedByEachHostFromTheGivenStart) {
  Write(kSeries, Round(1000, {0, 1}, {1, 5}) + Round(2001, {1}, {6}) + Round(3000, {0}, {0}));
  auto workload = Workload::Open(
      {.hosts = 2, .rounds = 9, .start = FromMillis(50'000), .recording = folder_, .every = 1});
  ASSERT_TRUE(workload.ok()) << workload.status().ToString();
  EXPECT_EQ((*workload)->series(), 4U);
  EXPECT_EQ((*workload)->rounds(), 3U);
  auto host = (*workload)->Host(1);
  EXPECT_EQ(host->LabelsOf(1).ToString(),
            R"(free_bytes{device="sda",instance="host-00001:9100",job="node"})");
  HostRound round;
  ASSERT_TRUE(host->Next(round));
  EXPECT_EQ(round.at, FromMillis(50'000));
  ASSERT_TRUE(host->Next(round));
  EXPECT_EQ(round.at, FromMillis(51'001));
  EXPECT_EQ(round.refs, std::vector<uint32_t>{1});
  EXPECT_EQ(round.values, std::vector<double>{6});
  ASSERT_TRUE(host->Next(round));
  EXPECT_FALSE(host->Next(round));
}

TEST_F(RecordingTest, CanBeThinned) {
  std::string rounds;
  for (int64_t at = 0; at < 10; ++at) rounds += Round(at, {0}, {static_cast<double>(at)});
  Write(kSeries, rounds);
  auto workload = Workload::Open({.hosts = 1, .rounds = 3, .recording = folder_, .every = 3});
  ASSERT_TRUE(workload.ok()) << workload.status().ToString();
  auto host = (*workload)->Host(0);
  std::vector<double> seen;
  for (HostRound round; host->Next(round);) seen.push_back(round.values[0]);
  EXPECT_EQ(seen, (std::vector<double>{0, 3, 6}));
}

TEST_F(RecordingTest, IsRefusedWithThePlaceOfWhatIsWrong) {
  std::string good = Round(1000, {0, 1}, {1, 2});
  EXPECT_NE(Refusal("__name__\tup\n__name__\n", good).find("series.txt:2: "), std::string::npos);
  EXPECT_NE(Refusal("job\tnode\n", good).find("series.txt:1: "), std::string::npos);
  EXPECT_NE(Refusal("__name__\tup\ta\tb\ta\tc\n", good).find("'a' stands twice"),
            std::string::npos);
  EXPECT_NE(Refusal(kSeries, good + good.substr(0, 20)).find("byte 36"), std::string::npos);
  EXPECT_NE(Refusal(kSeries, good + good).find("not after"), std::string::npos);
  EXPECT_NE(Refusal(kSeries, Round(1, {1, 0}, {1, 2})).find("ascend"), std::string::npos);
  EXPECT_NE(Refusal(kSeries, Round(1, {2}, {1})).find("no series 2"), std::string::npos);
  EXPECT_NE(Refusal(kSeries, "").find("no round"), std::string::npos);
}

}  // namespace
}  // namespace forewarn::bench
