#include "collector/query_api/answer_json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace forewarn {
namespace {

std::string Written(std::string_view text) {
  std::string out;
  AppendString(text, out);
  return out;
}
std::string Written(double value) {
  std::string out;
  AppendNumber(value, out);
  return out;
}
std::string Written(Timestamp at) {
  std::string out;
  AppendTime(at, out);
  return out;
}
std::string Written(const promql::Value& value) {
  std::string out;
  EXPECT_TRUE(AppendValue(value, 1000, out));
  return out;
}

TEST(AnswerJson, EscapesWhatJsonDoesNotTake) {
  EXPECT_EQ(Written("plain €"), "\"plain €\"");
  EXPECT_EQ(Written("a\"b\\c\nd\te"), R"("a\"b\\c\nd\u0009e")");
  EXPECT_EQ(Written(std::string_view("\0x", 2)), R"("\u0000x")");
  EXPECT_EQ(Written("\xff\xc3(\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\"");
}

TEST(AnswerJson, WritesNumbersAsGoDoes) {
  EXPECT_EQ(Written(0.0), "\"0\"");
  EXPECT_EQ(Written(-0.0), "\"-0\"");
  EXPECT_EQ(Written(0.1), "\"0.1\"");
  EXPECT_EQ(Written(1e-6), "\"0.000001\"");
  EXPECT_EQ(Written(9.5e-7), "\"9.5e-07\"");
  EXPECT_EQ(Written(123456789012345680.0), "\"123456789012345680\"");
  EXPECT_EQ(Written(1e21), "\"1e+21\"");
  EXPECT_EQ(Written(std::numeric_limits<double>::infinity()), "\"+Inf\"");
  EXPECT_EQ(Written(-std::numeric_limits<double>::infinity()), "\"-Inf\"");
  EXPECT_EQ(Written(std::nan("")), "\"NaN\"");
}

TEST(AnswerJson, WritesTimesInSeconds) {
  EXPECT_EQ(Written(FromMillis(1'780'000'000'000)), "1780000000");
  EXPECT_EQ(Written(FromMillis(1'780'000'000'005)), "1780000000.005");
  EXPECT_EQ(Written(FromMillis(-1500)), "-1.500");
  EXPECT_EQ(Written(kTimeZero), "0");
}

TEST(AnswerJson, WritesEachKindOfValue) {
  const Timestamp at = FromMillis(1000);
  EXPECT_EQ(Written(promql::Scalar{at, 2}), R"({"resultType":"scalar","result":[1,"2"]})");
  EXPECT_EQ(Written(promql::Text{at, "a\"b"}), R"({"resultType":"string","result":[1,"a\"b"]})");
  EXPECT_EQ(Written(promql::Vector{}), R"({"resultType":"vector","result":[]})");
  EXPECT_EQ(Written(promql::Vector{{Labels{{"a", "1"}, {"b", "2"}}, at, 3}, {Labels(), at, 4}}),
            R"({"resultType":"vector","result":[{"metric":{"a":"1","b":"2"},"value":[1,"3"]},)"
            R"({"metric":{},"value":[1,"4"]}]})");
  EXPECT_EQ(
      Written(promql::Matrix{{Labels{{"a", "1"}}, {{at, 3}, {at + 1500ms, 4.5}}}}),
      R"({"resultType":"matrix","result":[{"metric":{"a":"1"},"values":[[1,"3"],[2.500,"4.5"]]}]})");
}

TEST(AnswerJson, GivesUpWhenItGrowsTooLong) {
  promql::Vector vector(20, {Labels{{"a", "1"}}, kTimeZero, 1});
  std::string out;
  EXPECT_FALSE(AppendValue(vector, 200, out));
  EXPECT_LT(out.size(), 300u);
}

TEST(AnswerJson, IsAnEnvelope) {
  EXPECT_EQ(Success("[]"), R"({"status":"success","data":[]})");
  EXPECT_EQ(Failed("bad_data", "no \"x\""),
            R"({"status":"error","errorType":"bad_data","error":"no \"x\""})");
}

}  // namespace
}  // namespace forewarn
