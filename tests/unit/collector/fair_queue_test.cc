#include "collector/fair_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace forewarn {
namespace {

using testing::ElementsAre;

bool Push(FairQueue<std::string>& queue, const std::string& name, std::string item,
          size_t weight = 1) {
  return queue.TryPush(name, weight, item);
}

std::vector<std::string> All(FairQueue<std::string>& queue) {
  std::vector<std::string> all;
  while (std::optional<std::string> item = queue.Pop(0ms)) all.push_back(*item);
  return all;
}

TEST(FairQueue, KeepsTheOrderOfALane) {
  FairQueue<std::string> queue(100, 100);
  for (const char* item : {"1", "2", "3"}) ASSERT_TRUE(Push(queue, "a", item));
  EXPECT_THAT(All(queue), ElementsAre("1", "2", "3"));
}

TEST(FairQueue, AFloodDelaysNobodyElse) {
  FairQueue<std::string> queue(4000, 4000);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(Push(queue, "flood", "f" + std::to_string(i)));
  EXPECT_EQ(*queue.Pop(0ms), "f0");
  EXPECT_EQ(*queue.Pop(0ms), "f1");
  ASSERT_TRUE(Push(queue, "b", "b0"));
  ASSERT_TRUE(Push(queue, "b", "b1"));
  EXPECT_THAT((std::vector{*queue.Pop(0ms), *queue.Pop(0ms), *queue.Pop(0ms), *queue.Pop(0ms)}),
              ElementsAre("b0", "b1", "f2", "f3"));
}

TEST(FairQueue, WhatBelongsTogetherGoesInWholeOrNotAtAll) {
  FairQueue<std::string> queue(8, 1000);
  auto push = [&](const std::string& name, std::vector<std::string> items) {
    std::vector<size_t> weights(items.size(), 1);
    bool taken = queue.TryPushAll(name, weights, items);
    if (!taken) {
      for (const std::string& item : items) EXPECT_NE(item, "") << "left as it was";
    }
    return taken;
  };
  EXPECT_TRUE(push("a", {"a1", "a2"}));
  EXPECT_FALSE(push("a", {"a3", "a4"})) << "a lane that holds a quarter takes nothing more";
  EXPECT_TRUE(push("b", {"b1", "b2", "b3", "b4"})) << "one push of each lane always finds room";
  EXPECT_EQ(queue.size(), 6u);
  EXPECT_THAT(All(queue), ElementsAre("a1", "b1", "a2", "b2", "b3", "b4"));
}

// Others of the lane's may keep it from ever being empty.
TEST(FairQueue, ALargePushFindsRoomWhereverASmallOneWould) {
  FairQueue<std::string> queue(8, 1000);
  std::vector<std::string> large(10, "large");
  std::vector<size_t> weights(large.size(), 100);
  ASSERT_TRUE(Push(queue, "a", "small"));
  EXPECT_TRUE(queue.TryPushAll("a", weights, large));
  EXPECT_FALSE(Push(queue, "a", "small"));
  EXPECT_EQ(queue.size(), 11u);
}

TEST(FairQueue, TurnsGoByWeight) {
  FairQueue<std::string> queue(100, 4000);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Push(queue, "large", "L", 10));
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(Push(queue, "small", "s", 2));
  std::string order;
  for (const std::string& item : All(queue)) order += item;
  EXPECT_EQ(order, "LsssssLsssssL");
}

TEST(FairQueue, WhoSendsOneAtATimeHasNoMoreThanTheirShare) {
  FairQueue<std::string> queue(100, 4000);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(Push(queue, "b", "b", 1));
  ASSERT_TRUE(Push(queue, "a", "a", 3));
  std::string order;
  for (int i = 0; i < 5; ++i) {
    order += *queue.Pop(0ms);
    // The lane is empty in between; what it had counts all the same.
    if (order == "a") {
      ASSERT_TRUE(Push(queue, "a", "a", 3));
    }
  }
  EXPECT_EQ(order, "abbba");
}

TEST(FairQueue, ALaneThatHoldsAQuarterTakesNothingMore) {
  FairQueue<std::string> items(8, 1000);
  EXPECT_TRUE(Push(items, "a", "1"));
  EXPECT_TRUE(Push(items, "a", "2"));
  std::string third = "3";
  EXPECT_FALSE(items.TryPush("a", 1, third));
  EXPECT_EQ(third, "3") << "left as it was";
  EXPECT_TRUE(Push(items, "b", "1"));

  FairQueue<std::string> weight(1000, 40);
  EXPECT_TRUE(Push(weight, "a", "1", 9));
  EXPECT_TRUE(Push(weight, "a", "2", 1));
  EXPECT_FALSE(Push(weight, "a", "3", 1));
  EXPECT_TRUE(Push(weight, "b", "1", 500)) << "one item of each always finds room";
  EXPECT_FALSE(Push(weight, "b", "2", 1));
}

TEST(FairQueue, AFullQueueStillTakesTheFirstOfWhoHasNothingInside) {
  FairQueue<std::string> queue(8, 1000);
  for (const char* name : {"a", "b", "c", "d"}) {
    ASSERT_TRUE(Push(queue, name, "1"));
    ASSERT_TRUE(Push(queue, name, "2"));
    ASSERT_FALSE(Push(queue, name, "3"));
  }
  EXPECT_TRUE(Push(queue, "e", "1"));
  EXPECT_FALSE(Push(queue, "e", "2"));
  EXPECT_EQ(queue.size(), 9u);
}

TEST(FairQueue, ManyNamesFillItToFourTimesItsWeightAndNoFurther) {
  FairQueue<std::string> queue(100, 10);
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(Push(queue, name, "1", 13));
  EXPECT_TRUE(Push(queue, "d", "1", 500));
  EXPECT_FALSE(Push(queue, "e", "1", 1));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(queue.Pop(0ms), "1");
    EXPECT_FALSE(Push(queue, "e", "1", 1));
  }
  EXPECT_EQ(queue.Pop(0ms), "1");
  EXPECT_TRUE(Push(queue, "e", "1", 1));
}

TEST(FairQueue, ForgetsLanesThatAreGone) {
  FairQueue<std::string> queue(8, 1000);
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(Push(queue, "lane " + std::to_string(i), "x"));
    ASSERT_EQ(*queue.Pop(0ms), "x");
  }
  EXPECT_EQ(queue.size(), 0u);
}

TEST(FairQueue, WakesWhoeverWaitsAndHandsOutWhatIsInsideAfterClosing) {
  FairQueue<std::string> queue(8, 1000);
  std::thread waker([&] { queue.Wake(); });
  EXPECT_FALSE(queue.Pop(1h).has_value());
  waker.join();
  std::thread pusher([&] { Push(queue, "a", "1"); });
  EXPECT_EQ(*queue.Pop(1h), "1");
  pusher.join();
  ASSERT_TRUE(Push(queue, "a", "2"));
  queue.Close();
  EXPECT_FALSE(Push(queue, "a", "3"));
  EXPECT_EQ(*queue.Pop(1h), "2");
  EXPECT_FALSE(queue.Pop(1h).has_value());
}

}  // namespace
}  // namespace forewarn
