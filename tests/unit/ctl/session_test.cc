#include "ctl/session.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

TEST(ParseMoment, IsATimeOrHowLongAgo) {
  Timestamp now = FromMillis(1'777'629'600'000);
  EXPECT_EQ(*ParseMoment("now", now), now);
  EXPECT_EQ(*ParseMoment("90m", now), now - 90min);
  EXPECT_EQ(*ParseMoment("2026-05-01T09:00:00Z", now), now - 1h);
  for (const char* text : {"", "yesterday", "-90m", "90", "2026-05-01", "200y"}) {
    EXPECT_FALSE(ParseMoment(text, now).ok()) << text;
  }
}

}  // namespace
}  // namespace forewarn
