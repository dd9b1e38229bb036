#include "collector/committer.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "collector/local_log.h"
#include "store/memory_store.h"

namespace forewarn {
namespace {

// A committer over a memory store, with what it said in the order it said it.
class CommitterTest : public testing::Test {
 protected:
  void Start() {
    committer_ = std::make_unique<Committer>(
        store_, clock_, CommitterOptions{},
        Committer::Hooks{
            [this](const Commit& commit) { Note("durable " + std::to_string(commit.sequence)); },
            [](const Committer::Group&) {},
            [this](const Status& status) { Note("fatal " + status.message()); }});
  }

  FinishedCommit Finished(uint64_t sequence, bool empty = false) {
    std::string name = std::to_string(sequence);
    Submission submission{
        Entry{0, kTimeZero, name, Tick{}},
        [this, name](const Status&, const std::string&) { Note("told " + name); }};
    EXPECT_TRUE(log_.Submit(submission));
    FinishedCommit finished;
    finished.source = &log_;
    finished.position = log_.Next(0ms)->position;
    finished.commit.partition = 0;
    finished.commit.sequence = sequence;
    finished.commit.entry = "entry";
    finished.commit.empty = empty;
    return finished;
  }

  void Note(std::string what) {
    std::lock_guard lock(mutex_);
    notes_.push_back(std::move(what));
  }

  MemoryStore store_;
  ManualClock clock_{FromMillis(1'780'000'000'000)};
  LocalLog log_{64};
  std::mutex mutex_;
  std::vector<std::string> notes_;  // guarded by mutex_ while the committer lives
  std::unique_ptr<Committer> committer_;
};

TEST_F(CommitterTest, TellsNobodyBeforeTheCommitIsDurable) {
  Start();
  ASSERT_TRUE(committer_->Push(Finished(1)));
  ASSERT_TRUE(committer_->Push(Finished(2)));
  committer_.reset();
  EXPECT_EQ(notes_, (std::vector<std::string>{"durable 1", "told 1", "durable 2", "told 2"}));
  EXPECT_EQ(*store_.LastSequence(0), 2u);
}

TEST_F(CommitterTest, KeepsTheOrderAlsoForWhatNeedsNoWriting) {
  Start();
  ASSERT_TRUE(committer_->Push(Finished(1)));
  ASSERT_TRUE(committer_->Push(Finished(2, /*empty=*/true)));
  ASSERT_TRUE(committer_->Push(Finished(2)));
  committer_.reset();
  EXPECT_EQ(notes_, (std::vector<std::string>{"durable 1", "told 1", "durable 2", "told 2",
                                              "durable 2", "told 2"}));
  EXPECT_EQ(*store_.LastSequence(0), 2u);
}

TEST_F(CommitterTest, AfterAFailedWriteNobodyIsToldAnything) {
  store_.FailNextCommit(ResourceExhausted("the disk is full"), /*written=*/false);
  Start();
  committer_->Push(Finished(1));
  committer_->Push(Finished(2));
  committer_.reset();
  EXPECT_EQ(notes_, (std::vector<std::string>{"fatal the disk is full"}));
  EXPECT_EQ(*store_.LastSequence(0), 0u);
}

TEST_F(CommitterTest, RunsATaskAfterWhatWasPushedBeforeIsDurable) {
  Start();
  ASSERT_TRUE(committer_->Push(Finished(1)));
  ASSERT_TRUE(
      committer_->Push([this] { Note("task " + std::to_string(*store_.LastSequence(0))); }));
  ASSERT_TRUE(committer_->Push(Finished(2)));
  committer_.reset();
  EXPECT_EQ(notes_,
            (std::vector<std::string>{"durable 1", "told 1", "task 1", "durable 2", "told 2"}));
}

}  // namespace
}  // namespace forewarn
