#include "store/chunk_appender.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

// That it gives back what it was told is in chunk_test.cc.
TEST(ChunkAppender, StaysSmallForARegularSeries) {
  ChunkAppender appender;
  for (int i = 0; i < 480; ++i) appender.Append(FromMillis(15'000 * i), 3);
  EXPECT_LT(appender.memory_bytes(), 400u);
}

}  // namespace
}  // namespace forewarn
