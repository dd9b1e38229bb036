#include "base/units.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/rng.h"

namespace forewarn {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();

TEST(Durations, AreReadAndWrittenWithUnits) {
  struct Case {
    const char* text;
    Duration value;
  } cases[] = {{"0s", 0ms},
               {"250ms", 250ms},
               {"15s", 15s},
               {"1h30m", 90min},
               {"1d", 24h},
               {"10d", 240h},
               {"2w", 336h},
               {"1y", 365 * 24h},
               {"1d1ms", 24h + 1ms},
               {"1m30s", 90s},
               {"1h1m1s1ms", 1h + 1min + 1s + 1ms}};
  for (const Case& c : cases) {
    EXPECT_EQ(*ParseDuration(c.text), c.value) << c.text;
    EXPECT_EQ(FormatDuration(c.value), c.text);
  }
  EXPECT_EQ(*ParseDuration("90m"), 90min);
  EXPECT_EQ(*ParseDuration("0ms"), 0ms);
  EXPECT_EQ(FormatDuration(-1500ms), "-1s500ms");
}

TEST(Durations, AnythingElseIsRefused) {
  for (const char* text : {"",
                           "15",
                           "s",
                           "15 s",
                           " 15s",
                           "15s ",
                           "-15s",
                           "+15s",
                           "1.5h",
                           "015s",
                           "00s",
                           "1m1h",
                           "1h1h",
                           "1S",
                           "1H",
                           "5min",
                           "1sec",
                           "1s5",
                           "1ms1s",
                           "1e3s",
                           "99999999999999999999s",
                           "9223372036854775808ms",
                           "300000000y"}) {
    EXPECT_EQ(ParseDuration(text).status().code(), Code::kInvalidArgument) << "'" << text << "'";
  }
  EXPECT_EQ(ParseDuration("15").status().message(),
            "'15' is not a duration; write it with units, largest first, such as 1h30m or 250ms");
}

TEST(Durations, EveryValueSurvivesTheRoundTrip) {
  Rng rng(1);
  for (int i = 0; i < 2000; ++i) {
    Duration d(static_cast<int64_t>(rng.Next() >> (1 + rng.Below(63))));
    ASSERT_EQ(*ParseDuration(FormatDuration(d)), d) << FormatDuration(d);
  }
  EXPECT_EQ(*ParseDuration(FormatDuration(Duration(kMax))), Duration(kMax));
  EXPECT_EQ(FormatDuration(Duration(kMin)).front(), '-');
}

TEST(Sizes, AreReadAndWrittenWithUnits) {
  struct Case {
    const char* text;
    int64_t value;
  } cases[] = {{"0B", 0},
               {"512B", 512},
               {"4KiB", 4096},
               {"64MiB", 64 << 20},
               {"1GiB", 1 << 30},
               {"3TiB", 3ll << 40},
               {"5MB", 5'000'000},
               {"7kB", 7000},
               {"2GB", 2'000'000'000},
               {"1TB", 1'000'000'000'000}};
  for (const Case& c : cases) {
    EXPECT_EQ(*ParseSize(c.text), c.value) << c.text;
    EXPECT_EQ(FormatSize(c.value), c.text);
  }
  EXPECT_EQ(*ParseSize("1024KiB"), 1 << 20);
  EXPECT_EQ(FormatSize(1025), "1025B");
}

TEST(Sizes, AnythingElseIsRefused) {
  for (const char* text : {"", "64", "MiB", "64 MiB", "64mib", "64M", "64Mi", "64KB", "1.5GiB",
                           "-1B", "064MiB", "1GiB1MiB", "9223372036854775808B", "8388608TiB"}) {
    EXPECT_EQ(ParseSize(text).status().code(), Code::kInvalidArgument) << "'" << text << "'";
  }
}

TEST(Sizes, EveryValueSurvivesTheRoundTrip) {
  Rng rng(2);
  for (int i = 0; i < 2000; ++i) {
    int64_t size = static_cast<int64_t>(rng.Next() >> (1 + rng.Below(63)));
    ASSERT_EQ(*ParseSize(FormatSize(size)), size) << FormatSize(size);
  }
  EXPECT_EQ(FormatSize(kMin), "-8388608TiB");
}

TEST(Times, AreRfc3339) {
  EXPECT_EQ(ToMillis(*ParseTime("1970-01-01T00:00:00Z")), 0);
  EXPECT_EQ(ToMillis(*ParseTime("2026-05-01T10:00:00.250Z")), 1'777'629'600'250);
  EXPECT_EQ(*ParseTime("2026-05-01T12:00:00.25+02:00"), *ParseTime("2026-05-01T10:00:00.250Z"));
  EXPECT_EQ(*ParseTime("2026-05-01T00:30:00-09:30"), *ParseTime("2026-05-01T10:00:00Z"));
  EXPECT_EQ(*ParseTime("2026-05-01T10:00:00.123456789Z"), *ParseTime("2026-05-01T10:00:00.123Z"));
  EXPECT_EQ(FormatTime(FromMillis(1'777'629'600'250)), "2026-05-01T10:00:00.250Z");
  EXPECT_EQ(FormatTime(FromMillis(1'777'629'600'000)), "2026-05-01T10:00:00Z");
  EXPECT_EQ(FormatTime(FromMillis(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(Times, KnowTheCalendar) {
  EXPECT_TRUE(ParseTime("2024-02-29T00:00:00Z").ok());
  EXPECT_FALSE(ParseTime("2026-02-29T00:00:00Z").ok());
  EXPECT_FALSE(ParseTime("2100-02-29T00:00:00Z").ok());
  EXPECT_FALSE(ParseTime("2026-13-01T00:00:00Z").ok());
  EXPECT_FALSE(ParseTime("2026-00-01T00:00:00Z").ok());
}

TEST(Times, AnythingElseIsRefused) {
  for (const char* text :
       {"", "2026-05-01", "2026-05-01T10:00:00", "2026-05-01 10:00:00Z", "2026-05-01t10:00:00z",
        "2026-5-1T10:00:00Z", "2026-05-01T24:00:00Z", "2026-05-01T10:60:00Z",
        "2026-05-01T10:00:60Z", "2026-05-01T10:00:00.Z", "2026-05-01T10:00:00.1234567890Z",
        "2026-05-01T10:00:00+0200", "2026-05-01T10:00:00+24:00", "2026-05-01T10:00:00+02:60",
        "2026-05-01T10:00:00Z ", "1777629600", "+026-05-01T10:00:00Z"}) {
    EXPECT_EQ(ParseTime(text).status().code(), Code::kInvalidArgument) << "'" << text << "'";
  }
}

TEST(Times, EveryTimeOfFourDigitYearsSurvivesTheRoundTrip) {
  Rng rng(3);
  for (int i = 0; i < 2000; ++i) {
    Timestamp at =
        FromMillis(-62'167'219'200'000 + static_cast<int64_t>(rng.Below(315'569'520'000'000)));
    ASSERT_EQ(*ParseTime(FormatTime(at)), at) << FormatTime(at);
  }
  EXPECT_EQ(FormatTime(FromMillis(253'402'300'799'999)), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(FormatTime(FromMillis(253'402'300'800'000)), "@253402300800000ms");
  EXPECT_EQ(FormatTime(FromMillis(-62'167'219'200'001)), "@-62167219200001ms");
  EXPECT_EQ(FormatTime(FromMillis(kMin)), "@-9223372036854775808ms");
}

}  // namespace
}  // namespace forewarn
