#include "collector/fair_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace forewarn {
namespace {

using testing::ElementsAre;

TEST(FairPool, RunsWhatWasTakenBeforeItEnds) {
  std::atomic<int> runs = 0;
  {
    FairPool pool(2, 1000, size_t{1} << 30);
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(pool.Run("a", 1, [&] { ++runs; }));
  }
  EXPECT_EQ(runs, 50);
}

// With one thread, that is busy until Go().
class BusyFairPool : public testing::Test {
 protected:
  BusyFairPool() {
    EXPECT_TRUE(pool_->Run("many", 1, [this] {
      begun_.set_value();
      go_on_.get_future().wait();
    }));
    begun_.get_future().wait();
  }
  bool Run(const std::string& who, size_t bytes = 1) {
    return pool_->Run(who, bytes, [this, who] { ran_.push_back(who); });
  }
  const std::vector<std::string>& Go() {
    go_on_.set_value();
    pool_.reset();
    return ran_;
  }

  std::promise<void> begun_, go_on_;
  std::vector<std::string> ran_;
  std::unique_ptr<FairPool> pool_ = std::make_unique<FairPool>(1, 16, 16 * FairPool::kLeastWeight);
};

TEST_F(BusyFairPool, LetsPartiesTakeTurns) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Run("many"));
  EXPECT_TRUE(Run("one"));
  EXPECT_THAT(Go(), ElementsAre("one", "many", "many", "many"));
}

TEST_F(BusyFairPool, RefusesWhoHasManyWaitingAndNobodyElse) {
  while (Run("many")) {
  }
  EXPECT_TRUE(Run("one"));
  EXPECT_TRUE(Run("other", 100 * FairPool::kLeastWeight)) << "nothing of it waits";
  EXPECT_FALSE(Run("other"));
  EXPECT_EQ(Go().size(), 4u + 2) << "a quarter of the weight, and these two";
}

}  // namespace
}  // namespace forewarn
