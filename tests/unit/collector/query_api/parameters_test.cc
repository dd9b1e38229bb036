#include "collector/query_api/parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace forewarn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Parameters Read(std::string_view query, std::string_view form = "") {
  StatusOr<Parameters> parameters = Parameters::Read(query, form);
  EXPECT_TRUE(parameters.ok()) << parameters.status().ToString();
  return *parameters;
}

TEST(Parameters, AreReadFromTheAddressAndTheFormWhichComesFirst) {
  Parameters parameters = Read("query=up&a=1&match[]=x&match%5B%5D=y", "query=sum%28up%29+%3E+1");
  EXPECT_EQ(parameters.Get("query"), "sum(up) > 1");
  EXPECT_EQ(parameters.Get("a"), "1");
  EXPECT_EQ(parameters.Get("b"), "");
  EXPECT_THAT(parameters.All("match[]"), ElementsAre("x", "y"));
  EXPECT_THAT(parameters.All("b"), IsEmpty());
}

TEST(Parameters, MayBeEmptyAndHaveNoValue) {
  Parameters parameters = Read("&&a&b=&=c&d==e&");
  EXPECT_EQ(parameters.Get("a"), "");
  EXPECT_EQ(parameters.Get("b"), "");
  EXPECT_EQ(parameters.Get(""), "c");
  EXPECT_EQ(parameters.Get("d"), "=e");
}

TEST(Parameters, RefuseWhatIsNoEscape) {
  for (const char* text : {"a=%", "a=%1", "a=%zz", "%g0=1", "a=%4"}) {
    EXPECT_THAT(Parameters::Read(text, "").status().message(), HasSubstr("is no escape")) << text;
  }
  EXPECT_EQ(Read("a=%41%e2%82%AC").Get("a"), "A€");
}

TEST(Parameters, RefuseAThousandAndOne) {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "a=1&";
  EXPECT_TRUE(Parameters::Read(many, many).ok());
  EXPECT_THAT(Parameters::Read(many + "a=1", "").status().message(), HasSubstr("more than 1000"));
}

TEST(Parameters, ReadTimesAsSecondsAndAsDates) {
  EXPECT_EQ(*Read("t=1780000000.25").Time("t", kTimeZero), FromMillis(1'780'000'000'250));
  EXPECT_EQ(*Read("t=1.78e9").Time("t", kTimeZero), FromMillis(1'780'000'000'000));
  EXPECT_EQ(*Read("t=-1").Time("t", kTimeZero), FromMillis(-1000));
  EXPECT_EQ(*Read("t=2026-05-28T20:26:40Z").Time("t", kTimeZero), FromMillis(1'780'000'000'000));
  EXPECT_EQ(*Read("").Time("t", FromMillis(7)), FromMillis(7));
  for (const char* text : {"t=NaN", "t=Inf", "t=1e300", "t=soon", "t=1s"}) {
    EXPECT_THAT(Read(text).Time("t", kTimeZero).status().message(), HasSubstr("t: '")) << text;
  }
}

TEST(Parameters, ReadDurationsAsSecondsAndWithUnits) {
  EXPECT_EQ(*Read("d=15").Length("d"), Duration(15s));
  EXPECT_EQ(*Read("d=0.5").Length("d"), Duration(500ms));
  EXPECT_EQ(*Read("d=1m30s").Length("d"), Duration(90s));
  EXPECT_EQ(*Read("").Length("d"), std::nullopt);
  for (const char* text : {"d=NaN", "d=1e300", "d=long", "d=-Inf"}) {
    EXPECT_THAT(Read(text).Length("d").status().message(), HasSubstr("is no duration")) << text;
  }
}

TEST(Unescape, LeavesAPlusOfAPathAlone) {
  EXPECT_EQ(*Unescape("a+b%20c", true), "a+b c");
  EXPECT_EQ(*Unescape("a+b%20c", false), "a b c");
}

}  // namespace
}  // namespace forewarn
