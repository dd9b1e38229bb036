#include "collector/local_log.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace forewarn {
namespace {

Submission Make(std::vector<std::string>& told, const std::string& actor) {
  return {Entry{0, kTimeZero, actor, Tick{}},
          [&told, actor](const Status& outcome, const std::string& reply) {
            told.push_back(actor + ":" + outcome.ToString() + ":" + reply);
          }};
}

TEST(LocalLog, TellsEachSenderAfterItsCommit) {
  LocalLog log(8);
  std::vector<std::string> told;
  for (const char* actor : {"a", "b"}) {
    Submission submission = Make(told, actor);
    ASSERT_TRUE(log.Submit(submission));
  }
  std::optional<EntrySource::Item> first = log.Next(0ms);
  std::optional<EntrySource::Item> second = log.Next(0ms);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->entry.actor, "a");
  EXPECT_LT(first->position, second->position);
  EXPECT_TRUE(told.empty());
  log.Committed(first->position, OkStatus(), "r");
  log.Committed(second->position, NotFound("x"), "");
  EXPECT_EQ(told, (std::vector<std::string>{"a:ok:r", "b:not_found: x:"}));
}

TEST(LocalLog, LeavesARefusedSubmissionAsItWas) {
  LocalLog log(1);
  std::vector<std::string> told;
  Submission first = Make(told, "a");
  Submission second = Make(told, "b");
  ASSERT_TRUE(log.Submit(first));
  ASSERT_FALSE(log.Submit(second));
  EXPECT_EQ(second.entry.actor, "b");
  ASSERT_TRUE(second.done);
  ASSERT_TRUE(log.Next(0ms));
  EXPECT_TRUE(log.Submit(second));
}

TEST(LocalLog, WakesWhoeverWaits) {
  LocalLog log(1);
  std::thread waker([&] { log.Wake(); });
  EXPECT_FALSE(log.Next(1h).has_value());
  waker.join();
}

TEST(LocalLog, HandsOutWhatIsInsideAfterClosing) {
  LocalLog log(4);
  std::vector<std::string> told;
  Submission first = Make(told, "a");
  Submission second = Make(told, "b");
  ASSERT_TRUE(log.Submit(first));
  log.Close();
  EXPECT_FALSE(log.Submit(second));
  EXPECT_TRUE(log.Next(1h).has_value());
  EXPECT_FALSE(log.Next(1h).has_value());
}

}  // namespace
}  // namespace forewarn
