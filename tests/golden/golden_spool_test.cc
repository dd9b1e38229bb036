#include "tests/golden/golden_spool.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/unit/probe/temp_dir.h"

namespace forewarn {
namespace {

// A spool written by the first version of the format is resumed by this one, whole.
class GoldenSpool : public ::testing::Test {
 protected:
  GoldenSpool() {
    std::filesystem::copy(std::string(FW_SOURCE_DIR) + "/tests/golden/spool_v1", dir_ / "spool",
                          std::filesystem::copy_options::recursive);

    auto opened = Spool::Open(GoldenSpoolOptions(dir_ / "spool"), now_);
    EXPECT_TRUE(opened.ok()) << opened.status().ToString();
    if (opened.ok()) spool_ = *std::move(opened);
  }
  void SetUp() override { ASSERT_NE(spool_, nullptr); }

  TempDir dir_;
  const Timestamp now_ = kGoldenSpoolStart + 1h;
  std::unique_ptr<Spool> spool_;
};

TEST_F(GoldenSpool, SendsWhatWasUnderWayAndThenWhatWaits) {
  EXPECT_EQ(spool_->stats().epoch, static_cast<uint64_t>(ToMillis(kGoldenSpoolStart)));
  EXPECT_EQ(spool_->stats().acked, 1u);
  EXPECT_EQ(spool_->stats().gap_total, 7u + 2 + 6);
  std::vector<SpooledBatch> expected = GoldenBatches();
  ASSERT_EQ(spool_->UnderWay(), (std::vector<uint64_t>{2, 3}));
  std::vector<std::string> found;
  for (uint64_t sequence : spool_->UnderWay()) {
    StatusOr<SpooledBatch> batch = spool_->Load(sequence);
    ASSERT_TRUE(batch.ok()) << batch.status().ToString();
    found.push_back(Describe(*batch));
  }
  for (;;) {
    StatusOr<std::optional<SpooledBatch>> batch = spool_->Seal(now_);
    ASSERT_TRUE(batch.ok()) << batch.status().ToString();
    if (!batch->has_value()) break;
    found.push_back(Describe(**batch));
  }
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i], Describe(expected[i]));
}

TEST_F(GoldenSpool, ExpiresByTheTimesThatWereWritten) {
  StatusOr<std::optional<SpooledBatch>> batch = spool_->Seal(kGoldenSpoolStart + 30 * 24h);
  ASSERT_TRUE(batch.ok());
  ASSERT_TRUE(batch->has_value());
  EXPECT_TRUE((*batch)->item.samples.empty());
  uint64_t samples = 0;
  for (const Gap& gap : (*batch)->gaps) samples += gap.kind == "samples" ? gap.count : 0;
  EXPECT_EQ(samples, 4u + 5 + 6);
}

TEST_F(GoldenSpool, TakesNewRounds) {
  SpoolItem item;
  item.at = now_;
  item.rounds.push_back({now_, 15s, Duration(0)});
  ASSERT_TRUE(spool_->Append(item, now_).ok());
  for (uint64_t sequence = 4; sequence <= 7; ++sequence) {
    StatusOr<std::optional<SpooledBatch>> batch = spool_->Seal(now_);
    ASSERT_TRUE(batch.ok());
    ASSERT_TRUE(batch->has_value());
    EXPECT_EQ((*batch)->sequence, sequence);
    EXPECT_EQ((*batch)->item.at == now_, sequence == 7);
  }
}

}  // namespace
}  // namespace forewarn
