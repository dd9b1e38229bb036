#include "notifier/timezone.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/units.h"

namespace forewarn {
namespace {

using ::testing::HasSubstr;

// A version 2 file without transitions, whose only type is `offset`, with the given rule.
std::string FileWithRule(std::string_view rule, int32_t offset = 0) {
  Encoder out;
  for (int block = 0; block < 2; ++block) {
    out.Raw("TZif2");
    out.Raw(std::string(15, '\0'));
    for (uint32_t count : {0, 0, 0, 0, 1, 4}) out.Key32(count);
    out.Key32(static_cast<uint32_t>(offset));
    out.Raw(std::string_view("\0\0ABC\0", 6));
  }
  out.Raw("\n" + std::string(rule) + "\n");
  return out.Take();
}

int64_t MinutesAt(const TimeZone& zone, std::string_view at) {
  return zone.OffsetAt(*ParseTime(at)).count() / 60;
}

TimeZone Zone(const std::string& name) {
  StatusOr<TimeZone> zone = TimeZone::Load(name);
  EXPECT_TRUE(zone.ok()) << zone.status().ToString();
  return zone.ok() ? *zone : TimeZone();
}

TEST(TimeZone, WithoutAFileItIsUtc) {
  EXPECT_EQ(TimeZone().OffsetAt(FromMillis(1'777'629'600'000)).count(), 0);
  EXPECT_EQ(Zone("UTC").OffsetAt(FromMillis(0)).count(), 0);
}

TEST(TimeZone, ReadsTheSystemsFiles) {
  TimeZone berlin = Zone("Europe/Berlin");
  EXPECT_EQ(MinutesAt(berlin, "2026-01-15T12:00:00Z"), 60);
  EXPECT_EQ(MinutesAt(berlin, "2026-07-15T12:00:00Z"), 120);
  // The very seconds of both switches in 2026.
  EXPECT_EQ(MinutesAt(berlin, "2026-03-29T00:59:59Z"), 60);
  EXPECT_EQ(MinutesAt(berlin, "2026-03-29T01:00:00Z"), 120);
  EXPECT_EQ(MinutesAt(berlin, "2026-10-25T00:59:59Z"), 120);
  EXPECT_EQ(MinutesAt(berlin, "2026-10-25T01:00:00Z"), 60);
  EXPECT_EQ(MinutesAt(Zone("Asia/Shanghai"), "2026-07-15T12:00:00Z"), 480);
  EXPECT_EQ(MinutesAt(Zone("Asia/Kolkata"), "2026-07-15T12:00:00Z"), 330);
  EXPECT_EQ(MinutesAt(Zone("Australia/Lord_Howe"), "2026-01-15T12:00:00Z"), 660);
  EXPECT_EQ(MinutesAt(Zone("Australia/Lord_Howe"), "2026-07-15T12:00:00Z"), 630);
}

TEST(TimeZone, KnowsTimesBeyondTheFilesLastSwitchByItsRule) {
  TimeZone berlin = Zone("Europe/Berlin");
  EXPECT_EQ(MinutesAt(berlin, "2099-01-15T12:00:00Z"), 60);
  EXPECT_EQ(MinutesAt(berlin, "2099-07-15T12:00:00Z"), 120);
  // South of the equator daylight time spans the new year.
  TimeZone auckland = Zone("Pacific/Auckland");
  EXPECT_EQ(MinutesAt(auckland, "2099-01-15T12:00:00Z"), 780);
  EXPECT_EQ(MinutesAt(auckland, "2099-07-15T12:00:00Z"), 720);
}

TEST(TimeZone, UnderstandsEveryFormOfRule) {
  struct Case {
    std::string_view rule, at;
    int64_t minutes;
  };
  for (const Case& c : {Case{"UTC0", "2030-06-01T00:00:00Z", 0},
                        {"<+0330>-3:30", "2030-06-01T00:00:00Z", 210},
                        {"EST5EDT,M3.2.0,M11.1.0", "2030-03-10T06:59:59Z", -300},
                        {"EST5EDT,M3.2.0,M11.1.0", "2030-03-10T07:00:00Z", -240},
                        {"EST5EDT,M3.2.0,M11.1.0", "2030-11-03T05:59:59Z", -240},
                        {"EST5EDT,M3.2.0,M11.1.0", "2030-11-03T06:00:00Z", -300},
                        {"CET-1CEST,M3.5.0,M10.5.0/3", "2030-03-31T01:00:00Z", 120},
                        {"IST-1GMT0,M10.5.0,M3.5.0/1", "2030-01-15T00:00:00Z", 0},
                        {"AAA0BBB-2,J60,J300", "2028-02-29T12:00:00Z", 0},
                        {"AAA0BBB-2,J60,J300", "2028-03-01T02:00:00Z", 120},
                        {"AAA0BBB-2,59/0,300/0", "2028-02-29T00:00:00Z", 120},
                        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2030-03-31T00:59:59Z", -120},
                        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2030-03-31T01:00:00Z", -60}}) {
    StatusOr<TimeZone> zone = TimeZone::Parse(FileWithRule(c.rule));
    ASSERT_TRUE(zone.ok()) << c.rule;
    EXPECT_EQ(MinutesAt(*zone, c.at), c.minutes) << c.rule << " at " << c.at;
  }
}

TEST(TimeZone, RefusesRulesItCannotUnderstand) {
  for (std::string_view rule :
       {"X", "UTC", "UTC99", "UTC0DST", "UTC0DST,M3.2.0", "UTC0DST,M13.1.0,M10.1.0",
        "UTC0DST,M3.6.0,M10.1.0", "UTC0DST,M3.1.7,M10.1.0", "UTC0DST,J0,J5", "UTC0DST,J366,J5",
        "UTC0DST,M3.2.0/168,M11.1.0", "UTC0DST,M3.2.0,M11.1.0,x", "<+03-3", "UTC0:60"}) {
    EXPECT_FALSE(TimeZone::Parse(FileWithRule(rule)).ok()) << rule;
  }
}

TEST(TimeZone, AnEmptyRuleLeavesTheLastOffset) {
  StatusOr<TimeZone> zone = TimeZone::Parse(FileWithRule("", 5400));
  ASSERT_TRUE(zone.ok());
  EXPECT_EQ(MinutesAt(*zone, "2030-06-01T00:00:00Z"), 90);
}

TEST(TimeZone, RefusesWhatIsCutShortAtAnyByte) {
  std::string file = FileWithRule("CET-1CEST,M3.5.0,M10.5.0/3");
  ASSERT_TRUE(TimeZone::Parse(file).ok());
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_FALSE(TimeZone::Parse(std::string_view(file).substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(TimeZone::Parse(FileWithRule("UTC0", 27 * 3600)).ok());
}

TEST(TimeZone, RefusesNamesThatLeadElsewhere) {
  for (const char* name :
       {"", "/etc/passwd", "../../etc/passwd", "Europe/..", "a b", "Europe\nBerlin"}) {
    EXPECT_EQ(TimeZone::Load(name).status().code(), Code::kInvalidArgument) << name;
  }
  StatusOr<TimeZone> missing = TimeZone::Load("Europe/Atlantis");
  EXPECT_EQ(missing.status().code(), Code::kNotFound);
  EXPECT_THAT(missing.status().message(), HasSubstr("time zone Europe/Atlantis"));
  EXPECT_FALSE(TimeZone::Load("zone1970.tab").ok());
}

}  // namespace
}  // namespace forewarn
