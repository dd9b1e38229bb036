#include "base/queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace forewarn {
namespace {

TEST(BoundedQueue, IsFirstInFirstOut) {
  BoundedQueue<int> queue(3);
  for (int i : {1, 2, 3}) EXPECT_TRUE(queue.TryPush(i));
  for (int i : {1, 2, 3}) EXPECT_EQ(queue.Pop(0ms), i);
  EXPECT_EQ(queue.Pop(0ms), std::nullopt);
}

TEST(BoundedQueue, AFullQueueLeavesTheItemWithTheCaller) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  EXPECT_TRUE(queue.TryPush(std::make_unique<int>(1)));
  auto second = std::make_unique<int>(2);
  EXPECT_FALSE(queue.TryPush(second));
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(*second, 2);
  EXPECT_EQ(queue.size(), 1u);
}

TEST(BoundedQueue, AClosedQueueTakesNothingAndGivesWhatItHas) {
  BoundedQueue<int> queue(4);
  EXPECT_TRUE(queue.TryPush(1));
  EXPECT_TRUE(queue.TryPush(2));
  queue.Close();
  EXPECT_FALSE(queue.TryPush(3));
  EXPECT_FALSE(queue.Push(4));
  EXPECT_EQ(queue.Pop(1h), 1);
  EXPECT_EQ(queue.PopAll(), std::deque<int>{2});
  EXPECT_EQ(queue.Pop(1h), std::nullopt) << "does not wait for what cannot come";
}

TEST(BoundedQueue, ClosingWakesThoseWhoWait) {
  BoundedQueue<int> full(1);
  EXPECT_TRUE(full.TryPush(1));
  BoundedQueue<int> empty(1);
  bool pushed = true;
  std::optional<int> popped = 1;
  std::thread pusher([&] { pushed = full.Push(2); });
  std::thread popper([&] { popped = empty.Pop(1h); });
  full.Close();
  empty.Close();
  pusher.join();
  popper.join();
  EXPECT_FALSE(pushed);
  EXPECT_EQ(popped, std::nullopt);
}

TEST(BoundedQueue, NothingIsLostOrDoubledBetweenThreads) {
  constexpr int kThreads = 4;
  constexpr int kItems = 2000;
  BoundedQueue<int> queue(7);
  std::vector<std::thread> pushers;
  for (int t = 0; t < kThreads; ++t) {
    pushers.emplace_back([&queue, t] {
      for (int i = 0; i < kItems; ++i) queue.Push(t * kItems + i);
    });
  }
  std::vector<std::vector<int>> got(kThreads);
  std::vector<std::thread> poppers;
  for (int t = 0; t < kThreads; ++t) {
    poppers.emplace_back([&queue, &mine = got[static_cast<size_t>(t)]] {
      while (auto item = queue.Pop(1h)) mine.push_back(*item);
    });
  }
  for (auto& thread : pushers) thread.join();
  queue.Close();
  for (auto& thread : poppers) thread.join();

  std::set<int> all;
  for (const auto& mine : got) {
    std::vector<int> last(kThreads, -1);
    for (int item : mine) {
      EXPECT_TRUE(all.insert(item).second) << item << " came twice";
      int& before = last[static_cast<size_t>(item / kItems)];
      EXPECT_LT(before, item) << "one pusher's items out of order";
      before = item;
    }
  }
  EXPECT_EQ(all.size(), static_cast<size_t>(kThreads * kItems));
}

}  // namespace
}  // namespace forewarn
