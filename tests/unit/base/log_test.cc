#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forewarn {
namespace {

class LogTest : public testing::Test {
 protected:
  ~LogTest() override { SetUpLog(LogLevel::kInfo); }

  // What Log() writes to standard error, without the time in front.
  static std::string Captured(LogLevel level, std::string_view event,
                              std::initializer_list<LogField> fields) {
    testing::internal::CaptureStderr();
    Log(level, event, fields);
    std::string line = testing::internal::GetCapturedStderr();
    EXPECT_THAT(line.substr(0, 25), testing::MatchesRegex("....-..-..T..:..:..\\....Z "));
    return line.substr(25);
  }
};

TEST_F(LogTest, WritesOneLineOfLogfmt) {
  EXPECT_EQ(Captured(LogLevel::kWarn, "ingest.rejected",
                     {{"customer", "acme"}, {"count", 3}, {"ratio", 0.5}, {"reason", "too large"}}),
            "warn ingest.rejected customer=acme count=3 ratio=0.5 reason=\"too large\"\n");
}

TEST_F(LogTest, AValueCannotForgeALineOrAField) {
  EXPECT_EQ(Captured(LogLevel::kError, "x.failed", {{"reason", "a\nb=\"c\"\\\x01"}, {"empty", ""}}),
            "error x.failed reason=\"a\\nb=\\\"c\\\"\\\\\\x01\" empty=\"\"\n");
}

TEST_F(LogTest, LinesBelowTheLevelAreNotEvenFormatted) {
  int evaluated = 0;
  SetUpLog(LogLevel::kWarn);
  testing::internal::CaptureStderr();
  FW_LOG(kInfo, "x.started", {{"evaluated", ++evaluated}});
  FW_LOG(kWarn, "x.degraded", {{"evaluated", ++evaluated}});
  std::string lines = testing::internal::GetCapturedStderr();
  EXPECT_EQ(evaluated, 1);
  EXPECT_THAT(lines, testing::EndsWith(" warn x.degraded evaluated=1\n"));
  EXPECT_THAT(lines, testing::Not(testing::HasSubstr("x.started")));
}

TEST_F(LogTest, LevelsHaveNames) {
  LogLevel level = LogLevel::kInfo;
  EXPECT_TRUE(ParseLogLevel("debug", level));
  EXPECT_EQ(level, LogLevel::kDebug);
  EXPECT_FALSE(ParseLogLevel("WARN", level));
  EXPECT_FALSE(ParseLogLevel("", level));
  EXPECT_EQ(level, LogLevel::kDebug);
}

}  // namespace
}  // namespace forewarn
