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

TEST(LocalLog, ACustomerWhoFloodsDelaysNoOther) {
  LocalLog log(4000);
  auto batch_of = [](const std::string& customer) {
    Batch batch;
    batch.source.customer = customer;
    return Submission{Entry{0, kTimeZero, customer, std::move(batch)}, nullptr};
  };
  size_t taken = 0;
  for (Submission next = batch_of("flood"); log.Submit(next); next = batch_of("flood")) ++taken;
  EXPECT_EQ(taken, 1000u) << "a quarter of what there is";
  for (const char* customer : {"b", "c"}) {
    Submission next = batch_of(customer);
    ASSERT_TRUE(log.Submit(next));
  }
  std::string order;
  for (int i = 0; i < 4; ++i) order += log.Next(0ms)->entry.actor + " ";
  EXPECT_EQ(order, "b c flood flood ");
}

TEST(LocalLog, BoundsTheBytesThatWait) {
  LocalLog log(4000, 400'000);
  size_t taken = 0;
  for (bool room = true; room;) {
    Batch batch;
    batch.source.customer = "a";
    batch.samples.refs.resize(1000);
    batch.samples.times.resize(1000);
    batch.samples.values.resize(1000);
    Submission next{Entry{0, kTimeZero, "p", std::move(batch)}, nullptr};
    room = log.Submit(next);
    if (room) ++taken;
  }
  EXPECT_EQ(taken, 5u) << "of 20 kB each: the last of them fills a quarter of 400 kB";
}

TEST(LocalLog, WeighsLabelsByWhatTheyTake) {
  LocalLog log(4000, 4 << 20);
  std::vector<Labels::Pair> pairs;
  for (char name = 'a'; name <= 'z'; ++name) pairs.emplace_back(std::string(1, name), "x");
  auto table = std::make_shared<SeriesTable>();
  table->series.resize(100, Labels(pairs));
  size_t bytes = 0;
  for (bool room = true; room;) {
    Batch batch;
    batch.source.customer = "a";
    batch.samples.table = table;
    Submission next{Entry{0, kTimeZero, "p", std::move(batch)}, nullptr};
    room = log.Submit(next);
    if (room) bytes += 100 * table->series[0].memory_bytes();
  }
  EXPECT_GT(bytes, 900u << 10) << "of a quarter of 4 MiB";
  EXPECT_LT(bytes, 1100u << 10);
}

TEST(LocalLog, TicksThatFollowEachOtherDoNotKeepALargeSenderWaiting) {
  LocalLog log(4000);
  std::vector<std::string> told;
  auto large = [] {
    Batch batch;
    batch.source.customer = "a";
    batch.samples.refs.resize(2000);
    return Submission{Entry{0, kTimeZero, "batch", std::move(batch)}, nullptr};
  };
  Submission first = large(), second = large();
  ASSERT_TRUE(log.Submit(first) && log.Submit(second));
  Submission tick = Make(told, "tick");
  ASSERT_TRUE(log.Submit(tick));
  std::string order;
  for (int i = 0; i < 4; ++i) {
    std::string actor = log.Next(0ms)->entry.actor;
    order += actor + " ";
    if (actor != "tick") continue;
    Submission next = Make(told, "tick");
    ASSERT_TRUE(log.Submit(next));
  }
  EXPECT_EQ(order, "tick batch batch tick ") << "40 kB weigh less than a tick";
}

TEST(LocalLog, WhatIsCheapToSendAndDearToFoldHasItsWeight) {
  auto taken_of = [](const Batch& batch) {
    LocalLog log(100'000, 4 << 20);
    size_t taken = 0;
    for (bool room = true; room;) {
      Submission next{Entry{0, kTimeZero, "p", batch}, nullptr};
      room = log.Submit(next);
      if (room) ++taken;
    }
    return taken;
  };
  Batch gaps;
  gaps.gaps.resize(1000);
  EXPECT_LT(taken_of(gaps), 20u) << "of 72 kB or more each in 1 MiB";
  Batch rounds;
  rounds.rounds.resize(100);
  EXPECT_LT(taken_of(rounds), 4u) << "of 400 kB each in 1 MiB";
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
