#include "collector/calls.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace forewarn {
namespace {

TEST(Calls, RunWhatWasTakenBeforeTheyEnd) {
  std::atomic<int> runs = 0;
  {
    CallPool calls(2, 64);
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(calls.Run([&] { ++runs; }));
  }
  EXPECT_EQ(runs, 50);
}

TEST(Calls, RefuseWhatTheyHaveNoRoomFor) {
  std::promise<void> begun;
  std::promise<void> go_on;
  CallPool calls(1, 1);
  ASSERT_TRUE(calls.Run([&] {
    begun.set_value();
    go_on.get_future().wait();
  }));
  begun.get_future().wait();
  EXPECT_TRUE(calls.Run([] {}));
  EXPECT_FALSE(calls.Run([] {}));
  go_on.set_value();
}

}  // namespace
}  // namespace forewarn
